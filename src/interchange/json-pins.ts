/** Reads what an object of a list says of the bytes of a file: digests under many keys, a size. */
import type { KnownPins } from "../manifest/same-bytes.js";
import { contradiction, type ListingBuilder, sizePin } from "./listing.js";
import { hashPin } from "./pooch.js";

/** The keys that scripts have for a digest. */
export const HASH_KEYS = ["sha256", "checksum", "hash", "digest", "sha512", "sha1", "md5", "gitBlob"] as const;
/** The keys that scripts have for a size in bytes. */
export const SIZE_KEYS = ["size", "size_bytes", "sizeBytes", "bytes"] as const;

/** Also one that is none, but should be. */
const HASH = /^(?:(?:[a-z0-9-]+:)?[0-9a-f]{32,128}$|(?:md5|sha-?\d{1,3}):)/i;

/** Whether a value looks like a hash of some length. */
export function isHash(value: unknown): boolean {
  return typeof value === "string" && HASH.test(value);
}

/** Everything that is said of the bytes; `fault`, behind the name of the file, where that cannot be. */
export function readPins(
  file: Readonly<Record<string, unknown>>,
  place: string,
  listing: ListingBuilder,
): { pins: KnownPins; unchecked: string[]; fault?: string } {
  const pins: KnownPins[] = [];
  const unchecked: string[] = [];
  for (const key of HASH_KEYS) {
    const hash = file[key];
    if (hash === undefined || hash === null || hash === "") continue;
    const pin = typeof hash === "string" ? hashPin(withName(key, hash.trim())) : { problem: `${key} is no text` };
    if (!("problem" in pin)) pins.push(pin);
    else if ("unchecked" in pin) unchecked.push(pin.problem);
    else return { pins: {}, unchecked, fault: `: ${pin.problem}` };
  }
  const size = SIZE_KEYS.map((key) => file[key]).find((one) => one !== undefined && one !== null);
  const sized = size === undefined ? {} : sizePin(String(size));
  if ("problem" in sized) listing.leave(place, sized.problem);
  else pins.push(sized);
  const all: KnownPins = Object.assign({}, ...pins);
  const differ = pins.some((pin) => contradiction(pin, all) !== undefined);
  return { pins: all, unchecked, ...(differ && { fault: " has two digests of a kind that differ" }) };
}

/** A hash with the name of its algorithm, which its key, itself or its length tells. */
function withName(key: string, hash: string): string {
  const [, named, digits = hash] = /^([A-Za-z0-9-]+)[:=](.*)$/s.exec(hash) ?? [];
  if (named !== undefined) return `${named}:${digits}`;
  if (["sha256", "sha512", "sha1", "md5", "gitBlob"].includes(key)) return `${key}:${digits}`;
  const algorithm = { 32: "md5", 40: "sha1", 128: "sha512" }[digits.length] ?? "sha256";
  return `${algorithm}:${digits}`;
}
