/** Judges zip archives: their first entry, and the directory at their end, which a cut one has lost. */
import { begins, type Judge, uint64 } from "./probe.js";

const END = 22;
const MOST_COMMENT = 65_535;
/** The end record, and what stands before it in an archive that needs 64 bits. */
const LOCATOR = 20;
const IN_64_BITS = 0xffff_ffff;

/** See https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.7 to 4.3.16. */
export const zip: Judge = ({ size, head, tail }) => {
  if (!BEGINNINGS.some((text) => begins(head, text))) return "it does not begin like a zip archive";
  const wanted = Math.min(size, END + MOST_COMMENT + LOCATOR);
  const at = endRecord(tail);
  if (at === undefined)
    return tail.length < wanted ? { tail: wanted } : "it has no directory at its end: it is cut off";
  const [length, start] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  if (start === IN_64_BITS || length === IN_64_BITS) {
    if (at < LOCATOR) return tail.length < wanted ? { tail: wanted } : NO_64;
    if (!begins(tail, "PK\x06\x07", at - LOCATOR)) return NO_64;
    return uint64(tail, at - LOCATOR + 8) > size ? NO_64 : undefined;
  }
  return start + length > size - tail.length + at ? "its directory does not fit into it" : undefined;
};

/** An entry, the end of an archive without one, and the programs in front of one that unpacks or runs itself. */
const BEGINNINGS = ["PK\x03\x04", "PK\x05\x06", "MZ", "\x7fELF", "#!"];
const NO_64 = "the place of its directory cannot be read";

/** Where the end record stands: the last one whose comment ends where the file does. */
function endRecord(tail: Buffer): number | undefined {
  for (let at = tail.length - END; at >= 0; at--) {
    if (tail.readUInt32LE(at) === 0x06054b50 && at + END + tail.readUInt16LE(at + 20) === tail.length) return at;
  }
  return undefined;
}
