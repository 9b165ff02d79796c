/** Tells which format a list is in, when the reader of another one finds no file in it: pure. */
import { decodeList } from "./decode-list.js";
import type { Listing } from "./listing.js";

/** What is looked at, in characters. */
const HEAD = 64 * 1024;
const HEX = String.raw`\\?[0-9a-f]{32,128}`;
const SUMS = new RegExp(String.raw`^(?:${HEX}[ \t]+\*?\S|\\?(?:MD5|SHA|BLAKE)[0-9a-z-]* ?\(.+\)[ \t]*= )`, "i");
const POOCH = /^\S+[ \t]+(?:[a-z0-9]+:)?[0-9a-f]{32,128}(?:[ \t]+\S+)?$/i;

/** The format, and what it is called; undefined where nothing speaks for one. */
function formatOf(text: string): [format: string, name: string] | undefined {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const words = lines.filter((line) => line !== "" && !line.startsWith("#"));
  const most = (pattern: RegExp) => words.filter((line) => pattern.test(line)).length > words.length / 2;
  if (/^\s*</.test(text) && /<(?:\w+:)?metalink\b/i.test(text)) return ["metalink", "Metalink"];
  if (/^\s*[[{]/.test(text) || /^\w+(?:: ?[^=\n]+)? = [[{(]/m.test(text)) return ["json", "JSON or Python"];
  if (most(SUMS)) return ["sums", "a list of checksums"];
  if (most(POOCH)) return ["pooch", "a registry of pooch"];
  return /^(?:https?|ftp):\/\/\S+$/i.test(words[0] ?? "") ? ["aria2", "an input file of aria2"] : undefined;
}

/** The listing; of one that has no files, one remark in the place of many where the list is of another format. */
export function orOtherFormat(listing: Listing, bytes: Uint8Array, format: string): Listing {
  if (listing.files.length > 0 || listing.refused.length === 0) return listing;
  const decoded = decodeList(bytes);
  const [other, name] = ("text" in decoded ? formatOf(decoded.text.slice(0, HEAD)) : undefined) ?? [format];
  if (other === format) return listing;
  return { ...listing, refused: [{ place: "the list", message: `this looks like ${name}: assets import ${other}` }] };
}
