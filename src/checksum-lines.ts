/** Reads files such as SHA256SUMS: what `sha256sum` and its kin, BSD's `md5` and `openssl dgst` write. Pure. */
import { isUtf8 } from "node:buffer";
import { readDebian, readSize } from "./checksum-fields.js";
import { readChecksumText } from "./checksum-text.js";

/** How a digest is made. */
export interface SumAlgorithm {
  /** As people write it. */
  name: string;
  /** As Node names it. */
  hash: string;
  /** Hex digits of a digest. */
  digits: number;
  /** Files can be made that have the digest of another one: it finds accidents, and no forgery. */
  weak: boolean;
  /** Others that have as many digits, and are not computed here. */
  alike: string;
}

/** What `b2sum` writes: as many digits as SHA512 has, and no name beside them. */
export const BLAKE2B: SumAlgorithm = {
  name: "BLAKE2b",
  hash: "blake2b512",
  digits: 128,
  weak: false,
  alike: "SHA3-512",
};

/** Ordered so that the first of a length is the one meant where no name stands beside it. */
const ALGORITHMS: readonly SumAlgorithm[] = [
  { name: "MD5", hash: "md5", digits: 32, weak: true, alike: "BLAKE2b-128" },
  { name: "SHA1", hash: "sha1", digits: 40, weak: true, alike: "BLAKE2b-160 or RIPEMD-160" },
  { name: "SHA224", hash: "sha224", digits: 56, weak: false, alike: "BLAKE2b-224 or SHA3-224" },
  { name: "SHA256", hash: "sha256", digits: 64, weak: false, alike: "BLAKE2b-256, BLAKE3 or SHA3-256" },
  { name: "BLAKE2s", hash: "blake2s256", digits: 64, weak: false, alike: "BLAKE3 or SHA3-256" },
  { name: "SHA384", hash: "sha384", digits: 96, weak: false, alike: "BLAKE2b-384 or SHA3-384" },
  { name: "SHA512", hash: "sha512", digits: 128, weak: false, alike: "SHA3-512" },
  BLAKE2B,
];

/** One file that should have a digest. */
export interface SumLine {
  /** From 1 on. */
  line: number;
  /** As it is written, escapes undone. Where it is not UTF-8, `\xNN` stands for each byte that is not ASCII. */
  path: string;
  /** The very name, where it is not UTF-8. */
  bytes?: Buffer;
  algorithm: SumAlgorithm;
  /** Only the number of digits tells the algorithm. */
  guessed: boolean;
  /** Lower-case hex digits. */
  hex: string;
}

/** A line that says nothing. */
export interface BadLine {
  line: number;
  reason: string;
  /** The file whose digest it has, where its algorithm is the only thing that is not known. */
  path?: string;
}

/** `[\]<hex> <space or *><name>`; with a single space as `md5 -r` of the BSDs writes it. */
const GNU = /^(\\?)([0-9a-fA-F]+)[ \t](?:[ *](?=[\s\S]))?([\s\S]+)$/;
/** `[\]NAME (<name>) = <hex>`; openssl leaves some of the spaces out. */
const TAGGED = /^(\\?)([A-Za-z][A-Za-z0-9-]*) ?\(([\s\S]+)\)[ \t]*=[ \t]*([0-9a-fA-F]+|[0-9a-zA-Z+/]{22,86}={0,2})$/;

/** What a list says. */
export interface ChecksumList {
  sums: SumLine[];
  /** What it says of sizes, under the same paths. */
  sizes: { line: number; path: string; size: number }[];
  bad: BadLine[];
  /** A signature of OpenPGP stands under it, and was not checked. */
  signed: boolean;
}

/**
 * Every line that names a file, and every line that should. Comments (`#`), empty lines, spaces before a line and the
 * line ends of Windows are passed over, as GNU coreutils does (`digest.c`).
 */
export function readChecksums(bytes: Uint8Array): ChecksumList {
  const { lines, zero, signed } = readChecksumText(bytes);
  const debian = readDebian(lines);
  const sums: SumLine[] = [];
  const sized = debian?.sizes ?? [];
  const bad: BadLine[] = [];
  for (const each of debian?.lines ?? lines) {
    const { line, text, reason } = each;
    const size = reason === undefined ? readSize(each) : undefined;
    if (size !== undefined && size !== "nothing") sized.push(size);
    const trimmed = text.replace(/^[ \t]+/, "");
    if (size !== undefined || trimmed === "" || text.startsWith("#")) continue;
    const read = reason === undefined ? readLine(trimmed, zero) : { reason };
    if ("reason" in read) bad.push({ line, ...read });
    else sums.push({ line, ...read });
  }
  return { sums, sizes: sized.map(({ line, name, size }) => ({ line, path: nameOf(name).path, size })), bad, signed };
}

/** `plain`: no name in it is escaped. */
function readLine(line: string, plain: boolean): Omit<SumLine, "line"> | Omit<BadLine, "line"> {
  const [tagged, tagEscaped, tag = "", tagName = "", tagDigest = ""] = TAGGED.exec(line) ?? [];
  const [untagged, escaped, plainHex = "", plainName = ""] = (tagged === undefined && GNU.exec(line)) || [];
  if (tagged === undefined && untagged === undefined) return { reason: "it is no line of checksums" };
  const algorithm = tagged === undefined ? ALGORITHMS.find(({ digits }) => digits === plainHex.length) : named(tag);
  const name = tagged === undefined ? plainName : tagName;
  const isEscaped = !plain && (tagEscaped ?? escaped) === "\\";
  const path = isEscaped ? unescaped(name) : name;
  if (algorithm === undefined) {
    if (tagged === undefined) return { reason: `no algorithm has ${plainHex.length} hexadecimal digits` };
    return { reason: `${tag} is not supported`, ...(path !== undefined && { path: nameOf(path).path }) };
  }
  const hex = tagged === undefined ? plainHex.toLowerCase() : hexOf(tagDigest, algorithm);
  if (algorithm.digits !== hex.length || !/^[0-9a-f]+$/.test(hex)) {
    return { reason: `${algorithm.name} has ${algorithm.digits} digits, not ${hex.length}` };
  }
  if (path === undefined || path.includes("\0")) return { reason: "the name of its file cannot be read" };
  return { ...nameOf(path), algorithm, hex, guessed: tagged === undefined };
}

/** OpenBSD writes digests in base64 in the `distinfo` of its ports. */
function hexOf(digest: string, { digits }: SumAlgorithm): string {
  const base64 = Math.ceil(digits / 6) * 4;
  return digest.length === base64 && digest.endsWith("=")
    ? Buffer.from(digest, "base64").toString("hex")
    : digest.toLowerCase();
}

/** Also as OpenSSL 3 writes it: `SHA2-256`. */
function named(tag: string): SumAlgorithm | undefined {
  const plain = tag
    .toLowerCase()
    .replace(/^sha2-/, "sha")
    .replace(/^sha-/, "sha")
    .replace(/^blake2b-?512$/, "blake2b");
  return ALGORITHMS.find(({ name }) => name.toLowerCase() === plain);
}

/** A name in a line that begins with a backslash; undefined where the escapes are none. */
function unescaped(name: string): string | undefined {
  if (!/^(?:[^\\]|\\[nr\\])*$/.test(name)) return undefined;
  return name.replace(/\\([nr\\])/g, (_, sign: string) => ({ n: "\n", r: "\r" })[sign] ?? "\\");
}

/** Of a name that has a character for each byte. */
function nameOf(name: string): Pick<SumLine, "path" | "bytes"> {
  const bytes = Buffer.from(name, "latin1");
  if (isUtf8(bytes)) return { path: bytes.toString() };
  const hex = (sign: string) => `\\x${sign.charCodeAt(0).toString(16)}`;
  return { path: name.replace(/[\x80-\xff]/g, hex), bytes };
}
