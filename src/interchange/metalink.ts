/** Metalink files, version 4 (RFC 5854) and version 3: files with their sizes, digests and mirrors. */
import { parser, type QualifiedTag } from "sax";
import type { ExportedFile, Written } from "./exported.js";
import {
  contradiction,
  createListing,
  digestPin,
  type Listed,
  type Listing,
  type ListingBuilder,
  shown,
  sizePin,
} from "./listing.js";
import { isWeb } from "./place.js";

/** Mirrors of one file that are taken over: after so many, another one helps nobody. */
const MOST_MIRRORS = 20;
const MOST_DEPTH = 32;
/** The rank of those that state none (RFC 5854, section 4.1.2.12). */
const LAST = 1_000_000;
const MOST_TEXT = 1 << 16;

interface Mirror {
  url: string;
  /** The least is asked first. */
  rank: number;
}

interface Draft {
  name: string;
  place: string;
  pins: Partial<Listed>;
  mirrors: Mirror[];
  others: number;
  /** Why the file cannot be taken over. */
  fault?: string;
  unchecked: string[];
}

/**
 * Reads a Metalink file. What a document type declares is not looked at: an entity of its own is an error, so that none
 * can grow.
 */
export function readMetalink(text: string, { baseUrl }: { baseUrl: string | undefined }): Listing {
  const listing = createListing();
  const xml = parser(true, { xmlns: true });
  const way: QualifiedTag[] = [];
  let file: Draft | undefined;
  let words = "";
  let isMetalink = false;
  let failed = false;
  const fail = (message: string) => {
    if (!failed) listing.refuse(`line ${xml.line + 1}`, message);
    failed = true;
  };
  xml.onerror = (error) => {
    fail(`this is not XML: ${shown(error.message.split("\n")[0] ?? "")}`);
    xml.error = null as unknown as Error;
  };
  xml.onopentag = (tag) => {
    if (failed) return;
    way.push(tag as QualifiedTag);
    words = "";
    if (way.length > MOST_DEPTH) return fail("elements stand in each other too deep");
    const { local } = tag as QualifiedTag;
    if (way.length === 1) {
      isMetalink = local === "metalink";
      if (!isMetalink) fail(`the document is ${shown(local)}, not metalink`);
    } else if (local === "file" && file === undefined) {
      file = {
        name: attribute(tag as QualifiedTag, "name") ?? "",
        place: `line ${xml.line + 1}`,
        pins: {},
        mirrors: [],
        others: 0,
        unchecked: [],
      };
    }
  };
  xml.ontext = xml.oncdata = (more) => {
    if (words.length < MOST_TEXT) words += more;
  };
  xml.onclosetag = () => {
    const tag = way.pop();
    if (failed || tag === undefined) return;
    if (file !== undefined) {
      if (tag.local === "file") {
        addFile(file, listing);
        file = undefined;
      } else readPart(file, tag, way.at(-1)?.local ?? "", words.trim(), baseUrl);
    }
    words = "";
  };
  xml.write(text).close();
  if (!failed && !isMetalink) listing.refuse("line 1", "there is no metalink in it");
  return listing.done();
}

function readPart(file: Draft, tag: QualifiedTag, parent: string, words: string, baseUrl: string | undefined) {
  const takeDigest = (pin: ReturnType<typeof digestPin>) => {
    if (!("problem" in pin)) {
      const other = contradiction(file.pins, pin);
      if (other === undefined) file.pins = { ...pin, ...file.pins };
      else file.fault ??= `it has two digests of a kind that differ (${other})`;
    } else if (pin.unchecked) file.unchecked.push(pin.problem);
    else file.fault ??= pin.problem;
  };
  // The digests of pieces stand in elements of the same name.
  if (tag.local === "hash" && parent !== "pieces") takeDigest(digestPin(attribute(tag, "type") ?? "", words));
  else if (tag.local === "size" && parent === "file") {
    const size = sizePin(words);
    if ("problem" in size) file.fault ??= size.problem;
    else file.pins = { ...size, ...file.pins };
  } else if (tag.local === "url") {
    const url = URL.canParse(words, baseUrl) ? new URL(words, baseUrl).href : words;
    const type = attribute(tag, "type")?.toLowerCase() ?? "";
    if (!isWeb(url) || (type !== "" && !/^https?$/.test(type))) file.others++;
    // An address is kept as it is written, where it is whole.
    else file.mirrors.push({ url: isWeb(words) ? words : url, rank: rankOf(tag) });
  }
}

/** Version 3 has preferences up to 100, the highest of which comes first; version 4 priorities from 1 on. */
function rankOf(tag: QualifiedTag): number {
  const [priority, preference] = ["priority", "preference"].map((name) => attribute(tag, name) ?? "");
  if (/^[1-9]\d{0,5}$/.test(priority ?? "")) return Number(priority);
  return /^\d{1,3}$/.test(preference ?? "") ? LAST - Number(preference) : LAST;
}

function addFile({ name, place, pins, mirrors, others, fault, unchecked }: Draft, listing: ListingBuilder) {
  if (name === "") return listing.refuse(place, "a file has no name");
  if (fault !== undefined) return listing.refuse(place, `${shown(name)}: ${fault}`);
  const urls = [...new Set(mirrors.toSorted((a, b) => a.rank - b.rank).map(({ url }) => url))];
  if (urls.length === 0) {
    return listing.refuse(
      place,
      `${shown(name)} has no http: or https: URL${others > 0 ? `, but ${others} of other kinds` : ""}`,
    );
  }
  if (urls.length > MOST_MIRRORS) {
    listing.leave(place, `${shown(name)} has ${urls.length} mirrors, of which the first ${MOST_MIRRORS} are taken`);
  }
  listing.add({ path: name, urls: urls.slice(0, MOST_MIRRORS), place, ...pins }, unchecked);
}

function attribute({ attributes }: QualifiedTag, name: string): string | undefined {
  return attributes[name]?.value;
}

/** Hash types of Metalink 4, as IANA registers them. */
const TYPES = [
  ["sha-256", "sha256"],
  ["sha-512", "sha512"],
  ["sha-1", "sha1"],
  ["md5", "md5"],
] as const;

/** Writes Metalink 4. */
export function writeMetalink(files: readonly ExportedFile[]): Written {
  const left: { path: string; reason: string }[] = [];
  const elements = files.flatMap((file) => {
    const web = file.urls.filter(isWeb);
    if (web.length === 0) {
      left.push({ path: file.path, reason: "it has no http: or https: URL" });
      return [];
    }
    return [
      `  <file name="${escaped(file.path)}">`,
      ...(file.size === undefined ? [] : [`    <size>${file.size}</size>`]),
      ...TYPES.flatMap(([type, key]) =>
        file[key] === undefined ? [] : [`    <hash type="${type}">${file[key]}</hash>`],
      ),
      ...web.map((url, index) => `    <url priority="${index + 1}">${escaped(url)}</url>`),
      "  </file>",
    ];
  });
  const head = ['<?xml version="1.0" encoding="UTF-8"?>', '<metalink xmlns="urn:ietf:params:xml:ns:metalink">'];
  return { text: `${[...head, ...elements, "</metalink>"].join("\n")}\n`, left };
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
}
