/** Registry files of pooch: `name [algorithm:]hash [url]`, with the quotes of a shell. */
import type { KnownPins } from "../manifest/same-bytes.js";
import type { ExportedFile, Written } from "./exported.js";
import { createListing, type DigestFault, digestPin, type Listing, shown } from "./listing.js";
import { below, isWeb, withoutDoi } from "./place.js";

/** Reads a registry; files without a URL of their own lie below `baseUrl`. */
export function readPooch(text: string, { baseUrl }: { baseUrl: string | undefined }): Listing {
  const listing = createListing({ baseUrl });
  for (const [index, raw] of text.split(/\r\n|[\n\r]/).entries()) {
    const place = `line ${index + 1}`;
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const words = shellSplit(line);
    const [path, hash, url] = words ?? [];
    if (words === undefined) listing.refuse(place, "a quote is not closed");
    else if (path === undefined || hash === undefined || words.length > 3) {
      listing.refuse(place, `a line has a name, a hash and perhaps a URL, not ${words.length} words`);
    } else {
      // pooch puts the name behind its base as it stands, and so a name may have escapes in it.
      const source = url ?? (baseUrl === undefined ? undefined : below(baseUrl, path, { isEncoded: true }));
      const file = { path, urls: source === undefined ? [] : [withoutDoi(source)], place };
      // What pooch is told not to check, in a registry that a script wrote.
      const pin = hash === "None" ? {} : hashPin(hash);
      if (!("problem" in pin)) listing.add({ ...file, ...pin });
      else if (pin.unchecked) listing.add(file, [pin.problem]);
      else listing.refuse(place, `${shown(path)}: ${pin.problem}`);
    }
  }
  return listing.done();
}

/** A hash as pooch writes it: SHA-256, or another one with its name before it. */
export function hashPin(hash: string): KnownPins | DigestFault {
  const [, algorithm = "sha256", digits = ""] = /^(?:([A-Za-z0-9_-]+):)?([\s\S]*)$/.exec(hash) ?? [];
  return digestPin(algorithm, digits);
}

/** Writes a registry, with the first web address of each file. */
export function writePooch(files: readonly ExportedFile[]): Written {
  const left: { path: string; reason: string }[] = [];
  let isQuoted = false;
  const lines = files.flatMap(({ path, sha256, sha512, sha1, md5, urls }) => {
    const hash = sha256 ?? (sha512 && `sha512:${sha512}`) ?? (sha1 && `sha1:${sha1}`) ?? (md5 && `md5:${md5}`);
    if (hash === undefined) {
      left.push({ path, reason: "it has no digest" });
      return [];
    }
    const url = urls.find(isWeb);
    const words = [path, ...(url === undefined ? [] : [url])].map(quoted);
    isQuoted ||= words[0] !== path || words[1] !== url;
    return `${[words[0], hash, ...words.slice(1)].join(" ")}\n`;
  });
  const notes = isQuoted
    ? ["names with blanks, quotes or backslashes stand in quotes, which pooch reads from 1.7 on"]
    : [];
  return { text: lines.join(""), left, notes };
}

/** The words of a line as Python's `shlex.split` tells them; undefined where a quote or an escape does not end. */
function shellSplit(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const sign = line[at] as string;
    if (sign === "'" || sign === '"') {
      word ??= "";
      for (at++; line[at] !== sign; at++) {
        if (at >= line.length) return undefined;
        // In double quotes a backslash keeps its place before all but these two.
        if (sign === '"' && line[at] === "\\" && /["\\]/.test(line[at + 1] ?? "")) at++;
        word += line[at];
      }
    } else if (sign === "\\") {
      at++;
      if (at >= line.length) return undefined;
      word = (word ?? "") + line[at];
    } else if (/[ \t]/.test(sign)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + sign;
  }
  return word === undefined ? words : [...words, word];
}

/**
 * A word that `shlex.split` reads back, and that begins no comment. What needs no quotes has none: before 1.7, pooch splits
 * lines at blanks, and takes quotes for a part of the name.
 */
function quoted(word: string): string {
  return word !== "" && !/[\s'"\\]|^#/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}
