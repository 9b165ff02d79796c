/** Reads files such as SHA256SUMS: what `sha256sum` and its kin, BSD's `md5` and `openssl dgst` write. Pure. */

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
}

/** Ordered so that the first of a length is the one meant where no name stands beside it. */
const ALGORITHMS: readonly SumAlgorithm[] = [
  { name: "MD5", hash: "md5", digits: 32, weak: true },
  { name: "SHA1", hash: "sha1", digits: 40, weak: true },
  { name: "SHA224", hash: "sha224", digits: 56, weak: false },
  { name: "SHA256", hash: "sha256", digits: 64, weak: false },
  { name: "SHA384", hash: "sha384", digits: 96, weak: false },
  { name: "SHA512", hash: "sha512", digits: 128, weak: false },
  { name: "BLAKE2b", hash: "blake2b512", digits: 128, weak: false },
];

/** One file that should have a digest. */
export interface SumLine {
  /** From 1 on. */
  line: number;
  /** As it is written, escapes undone. */
  path: string;
  algorithm: SumAlgorithm;
  /** Lower-case hex digits. */
  hex: string;
}

/** A line that says nothing. */
export interface BadLine {
  line: number;
  reason: string;
}

/** `[\]<hex> <space or *><name>`; with a single space as `md5 -r` of the BSDs writes it. */
const GNU = /^(\\?)([0-9a-fA-F]+)[ \t](?:[ *](?=[\s\S]))?([\s\S]+)$/;
/** `[\]NAME (<name>) = <hex>`; openssl leaves some of the spaces out. */
const TAGGED = /^(\\?)([A-Za-z][A-Za-z0-9-]*) ?\(([\s\S]+)\)[ \t]*=[ \t]*([0-9a-fA-F]+)$/;

/**
 * Every line that names a file, and every line that should. Comments (`#`), empty lines, spaces before a line and the
 * line ends of Windows are passed over, as GNU coreutils does (`digest.c`).
 */
export function readChecksums(bytes: Uint8Array): { sums: SumLine[]; bad: BadLine[] } {
  // Byte by byte, so that a name that is not UTF-8 spoils nothing but its own line.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString("latin1")
    .replace(/^\u00ef\u00bb\u00bf/, "");
  const sums: SumLine[] = [];
  const bad: BadLine[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.replace(/\r$/, "").replace(/^[ \t]+/, "");
    if (line === "" || raw.startsWith("#")) continue;
    const read = readLine(line);
    if (typeof read === "string") bad.push({ line: index + 1, reason: read });
    else sums.push({ line: index + 1, ...read });
  }
  return { sums, bad };
}

function readLine(line: string): Omit<SumLine, "line"> | string {
  const [tagged, tagEscaped, tag = "", tagName = "", tagHex = ""] = TAGGED.exec(line) ?? [];
  const [plain, escaped, plainHex = "", plainName = ""] = (tagged === undefined && GNU.exec(line)) || [];
  if (tagged === undefined && plain === undefined) return "it is no line of checksums";
  const hex = (tagged === undefined ? plainHex : tagHex).toLowerCase();
  const algorithm = tagged === undefined ? ALGORITHMS.find(({ digits }) => digits === hex.length) : named(tag);
  if (algorithm === undefined) {
    return tagged === undefined ? `no algorithm has ${hex.length} hexadecimal digits` : `${tag} is not supported`;
  }
  if (algorithm.digits !== hex.length) return `${algorithm.name} has ${algorithm.digits} digits, not ${hex.length}`;
  const name = tagged === undefined ? plainName : tagName;
  const path = utf8((tagEscaped ?? escaped) === "\\" ? unescaped(name) : name);
  if (path === undefined) return "the name of its file cannot be read";
  return { path, algorithm, hex };
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

function utf8(name: string | undefined): string | undefined {
  if (name === undefined || name.includes("\0")) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(name, "latin1"));
  } catch {
    return undefined;
  }
}
