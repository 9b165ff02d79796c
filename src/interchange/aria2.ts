/** Input files of aria2 (`aria2c -i`): a line of URIs, then its options, each on an indented line. */
import { posix } from "node:path";
import type { ExportedFile, Written } from "./exported.js";
import { createListing, digestPin, type Listing, type ListingBuilder, shown } from "./listing.js";
import { isWeb, nameIn } from "./place.js";

interface Block {
  place: string;
  urls: string[];
  options: Map<string, string>;
}

/** Reads an input file. */
export function readAria2(text: string): Listing {
  const listing = createListing();
  const blocks: Block[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const place = `line ${index + 1}`;
    if (line.trim() === "" || line.startsWith("#")) continue;
    const option = /^[ \t]+(?:--)?([^=\s]+)(?:=(.*))?$/.exec(line);
    const block = blocks.at(-1);
    if (/^[ \t]/.test(line)) {
      if (option?.[1] === undefined || block === undefined) listing.refuse(place, "it is no option of a download");
      else block.options.set(option[1].toLowerCase(), (option[2] ?? "").replace(/[ \t]+$/, ""));
    } else
      blocks.push({
        place,
        urls: line
          .split("\t")
          .map((url) => url.trim())
          .filter(Boolean),
        options: new Map(),
      });
  }
  for (const block of blocks) readBlock(block, listing);
  return listing.done();
}

function readBlock({ place, urls, options }: Block, listing: ListingBuilder) {
  const { out, dir = "", checksum, ...others } = Object.fromEntries(options);
  const web = urls.filter(isWeb);
  if (web.length < urls.length)
    listing.leave(place, `${urls.length - web.length} addresses are neither http: nor https:`);
  if (web.length === 0) return listing.refuse(place, `no address that assets can fetch: ${shown(urls[0] ?? "")}`);
  const name = out || nameIn(web[0] ?? "");
  if (name === undefined)
    return listing.refuse(place, `${shown(web[0] ?? "")} gives the file no name, and there is no out=`);
  // Folders of another machine mean nothing here.
  const isHere = dir !== "" && !/^(?:[/\\~]|[A-Za-z]:)/.test(dir);
  if (dir !== "" && !isHere) listing.leave(place, `dir=${shown(dir)} is absolute`);
  const [algorithm = "", digits = ""] = (checksum ?? "").split("=");
  const pin = checksum === undefined ? {} : digestPin(algorithm, digits);
  if ("problem" in pin && !pin.unchecked) return listing.refuse(place, `${shown(name)}: ${pin.problem}`);
  const left = Object.keys(others);
  if (left.length > 0) listing.leave(place, left.map(shown).join(", "));
  const path = posix.normalize(isHere ? `${dir}/${name}` : name);
  if ("problem" in pin) listing.add({ path, urls: web, place }, [pin.problem]);
  else listing.add({ path, urls: web, place, ...pin });
}

/** Writes an input file for `aria2c -i`, run in the root. */
export function writeAria2(files: readonly ExportedFile[]): Written {
  const left: { path: string; reason: string }[] = [];
  const blocks = files.flatMap(({ path, urls, sha256, sha512, sha1, md5 }) => {
    const web = urls.filter(isWeb);
    if (web.length === 0) {
      left.push({ path, reason: "it has no http: or https: URL" });
      return [];
    }
    const [algorithm, hex] =
      Object.entries({ "sha-256": sha256, "sha-512": sha512, "sha-1": sha1, md5 }).find(([, digits]) => digits) ?? [];
    const checksum = hex === undefined ? "" : `  checksum=${algorithm}=${hex}\n`;
    return `${web.join("\t")}\n  out=${path}\n${checksum}`;
  });
  return { text: blocks.join(""), left };
}
