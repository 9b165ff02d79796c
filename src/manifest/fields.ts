/** What the single texts of an asset must look like: ids, types, digests, names. */
import { firstUnsafe, firstUnsafeInProse, isPlaceholder } from "./characters.js";
import type { Problem } from "./issues.js";
import { nearest } from "./suggest.js";

/** SHA-256 of no bytes at all. */
export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Where a pin came from: stated by the publisher, or taken of the bytes that came first. */
export const PIN_ORIGINS = ["declared", "measured"] as const;

const MAX_ID_LENGTH = 200;
const MAX_PATTERN_LENGTH = 4096;
// What nearly every id is made of, since matching all scripts takes large tables.
const PLAIN_ID = /^[A-Za-z0-9](?:[\w\-/@+:]|\.(?!\.))*$/;
// Marks are part of the letters of many scripts.
const ID = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._\-/@+:]*$/u;
const TYPE = /^[a-z][a-z0-9-]*$/;
const SHA256 = /^[0-9a-f]{64}$/i;
const LEAVE_OUT = "Leave the key out until it is known.";
const HASH_LENGTHS: Readonly<Record<number, string>> = { 32: "MD5", 40: "SHA-1", 96: "SHA-384", 128: "SHA-512" };

/** What is wrong with the id of an asset. */
export function checkId(id: string): Problem | undefined {
  const message = faultOfId(id);
  return message === undefined ? undefined : { message, suggestion: `Write ${JSON.stringify(slugOf(id))}.` };
}

function faultOfId(id: string): string | undefined {
  if (id === "") return "the id is empty";
  if (id.length > MAX_ID_LENGTH) return `the id is longer than ${MAX_ID_LENGTH} characters`;
  if (PLAIN_ID.test(id)) return undefined;
  if (!ID.test(id)) return "an id is a letter or digit, then letters, digits and . _ - / @ + :";
  return id.includes("..") ? 'an id has no ".." in it' : undefined;
}

/** What is wrong with the type of an asset. */
export function checkType(type: string): Problem | undefined {
  if (TYPE.test(type)) return undefined;
  const word =
    nearest(type, ["model", "dataset"]) ??
    slugOf(type)
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-");
  const suggestion = `Write ${JSON.stringify(TYPE.test(word) ? word : "model")}.`;
  return { message: "a type is one word in small letters", suggestion };
}

/** What is wrong with a tag. */
export function checkTag(tag: string): Problem | undefined {
  return tag.trim() === "" ? { message: "the tag is empty", suggestion: "Leave it out." } : checkLine(tag);
}

/** What is wrong with a text of one line. */
export function checkLine(text: string): Problem | undefined {
  return unsafe(firstUnsafe(text));
}

/** What is wrong with a text that may have several lines. */
export function checkProse(text: string): Problem | undefined {
  return unsafe(firstUnsafeInProse(text));
}

/** What is wrong with the address of a web page. */
export function checkHomepage(url: string): Problem | undefined {
  if (isPlaceholder(url)) return { message: "the address is still missing", suggestion: LEAVE_OUT };
  if (/^https?:\/\/[^\s/]/i.test(url) && URL.canParse(url)) return checkLine(url);
  return { message: "this is no address of a web page", suggestion: "Write https://<host>/<path>." };
}

/** What is wrong with a SHA-256 in hexadecimal digits. */
export function checkSha256(digest: string): Problem | undefined {
  if (SHA256.test(digest) && !/^0+$/.test(digest)) return undefined;
  if (isPlaceholder(digest) || /^0+$/.test(digest)) {
    return { message: "this is no digest but its placeholder", suggestion: LEAVE_OUT };
  }
  const other = /^[0-9a-f]+$/i.test(digest) ? HASH_LENGTHS[digest.length] : undefined;
  if (other !== undefined) return otherAlgorithm(other);
  const bare = digest.trim().replace(/^sha-?256[:=-]/i, "");
  return {
    message: "a SHA-256 has 64 hexadecimal digits",
    suggestion: SHA256.test(bare) ? `Write "${bare.toLowerCase()}".` : "Write the digits that sha256sum prints.",
  };
}

/** What is wrong with a `checksum`: a SHA-256 in hexadecimal digits, with or without `sha256:` before it. */
export function checkChecksum(checksum: string): Problem | undefined {
  const algorithm = /^([a-z][a-z0-9-]*)[:=]/i.exec(checksum)?.[1];
  if (algorithm !== undefined && !/^sha-?256$/i.test(algorithm)) return otherAlgorithm(algorithm);
  return checkSha256(digestOf(checksum));
}

/** What is wrong with the digest of the file of pieces. */
export function checkPieces(digest: string): Problem | undefined {
  if (/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
  const suggestion = "Leave it out, or have it written: assets lock --pieces.";
  return { message: "this is no sha256: with 64 hexadecimal digits in small letters", suggestion };
}

/** Examines a pattern of paths. */
export function checkPattern(pattern: string): Problem | undefined {
  const problem = checkLine(pattern);
  if (problem !== undefined) return problem;
  if (pattern.trim() !== "" && pattern.length <= MAX_PATTERN_LENGTH) return undefined;
  const suggestion = 'Write a pattern such as "*.safetensors" or "onnx/**".';
  return { message: `a pattern has from 1 to ${MAX_PATTERN_LENGTH} characters`, suggestion };
}

/** The keys of digests that are checked while a file is fetched, and their hexadecimal digits. */
export const STATED_DIGITS = { sha512: 128, sha1: 40, gitBlob: 40, md5: 32 } as const;

/** Examines a digest of so many hexadecimal digits that stands under a key of {@link STATED_DIGITS}. */
export function checkStated(digits: number): (digest: string) => Problem | undefined {
  return (digest) => {
    if (digest.length === digits && /^[0-9a-f]+$/i.test(digest) && !/^0+$/.test(digest)) return undefined;
    return { message: `this digest has ${digits} hexadecimal digits`, suggestion: LEAVE_OUT };
  };
}

/** The digits of a `sha256` or `checksum`, in small letters. */
export function digestOf(checksum: string): string {
  return checksum.replace(/^sha256:/i, "").toLowerCase();
}

/** The id that a bad one was probably meant to be. */
export function slugOf(id: string): string {
  const slug = id
    .slice(0, MAX_ID_LENGTH * 2)
    .normalize("NFC")
    .replace(/[^\p{L}\p{N}\p{M}._\-/@+:]+/gu, "-")
    .replace(/\.{2,}/g, ".")
    .replace(/^[^\p{L}\p{N}]+|-+$/gu, "");
  return slug.slice(0, MAX_ID_LENGTH) || "my-model";
}

function otherAlgorithm(name: string): Problem {
  const key = name.toLowerCase().replace("-", "");
  if (key in STATED_DIGITS) {
    const message = `${name} pins nothing`;
    return { message, suggestion: `Write it under the key "${key}", which is checked while the file is fetched.` };
  }
  return {
    message: `${name} is not checked by assets`,
    suggestion: 'Write the file\'s "sha256" (the digits that sha256sum prints), or leave the key out.',
  };
}

function unsafe(character: string | undefined): Problem | undefined {
  if (character === undefined) return undefined;
  return { message: `the text has the character ${character}`, suggestion: "Leave it out." };
}
