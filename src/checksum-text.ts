/** The lines of a list of checksums, whatever they are wrapped in: UTF-16, NULs, a signed message of OpenPGP. Pure. */

/** One line. */
export interface ChecksumLine {
  /** From 1 on. */
  line: number;
  /** A character for each byte, so that a name that is not UTF-8 spoils nothing but its own line. */
  text: string;
  /** Why nothing in it counts. */
  reason?: string;
}

/** A list, unwrapped. */
export interface ChecksumText {
  lines: ChecksumLine[];
  /** Lines end with NUL, as `sha256sum -z` writes them: names stand in them as they are, line feeds and all. */
  zero: boolean;
  /** It is a clear-signed message: somebody's signature, which nobody has checked, stands under it. */
  signed: boolean;
}

const BEGIN = /^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*$/;
const BEGIN_SIGNATURE = /^-----BEGIN PGP SIGNATURE-----[ \t]*$/;
const END_SIGNATURE = /^-----END PGP SIGNATURE-----[ \t]*$/;
const HEADER = /^[A-Za-z][A-Za-z0-9-]*: /;
/** What a signature is written in. */
const ARMOUR = /^[A-Za-z0-9+/=]*[ \t]*$/;
const OUTSIDE = "it stands outside what is signed";

/** Takes a list apart. The line ends of Windows are taken off. */
export function readChecksumText(bytes: Uint8Array): ChecksumText {
  const text = unmarked(bytes).toString("latin1");
  if (text.endsWith("\0")) return { lines: numbered(text.slice(0, -1).split("\0")), zero: true, signed: false };
  const lines = numbered(text.split("\n").map((line) => line.replace(/\r$/, "")));
  const signed = lines.some((line) => BEGIN.test(line.text));
  return { lines: signed ? messageOf(lines) : lines, zero: false, signed };
}

function numbered(texts: readonly string[]): ChecksumLine[] {
  return texts.map((text, index) => ({ line: index + 1, text }));
}

/** Without the mark of UTF-8, and as UTF-8 where the mark is one of UTF-16, as Windows PowerShell's `>` writes. */
function unmarked(bytes: Uint8Array): Buffer {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const mark = buffer.subarray(0, 3).toString("hex");
  if (mark === "efbbbf") return buffer.subarray(3);
  if (!/^(?:fffe|feff)/.test(mark)) return buffer;
  // A byte that is left over is half a character.
  const units = Buffer.from(buffer.subarray(2, buffer.length - (buffer.length % 2)));
  return Buffer.from((mark.startsWith("feff") ? units.swap16() : units).toString("utf16le"));
}

/**
 * What is signed of a cleartext signature (RFC 9580, 7): its dashes unescaped, its headers and the signature left out.
 * What stands outside is told, as whoever checks the signature believes that it is of the whole list.
 */
function messageOf(lines: readonly ChecksumLine[]): ChecksumLine[] {
  const found: ChecksumLine[] = [];
  let part: "outside" | "headers" | "message" | "signature" = "outside";
  for (const each of lines) {
    const { text } = each;
    if (part !== "message" && BEGIN.test(text)) part = "headers";
    else if (part === "headers" && text.trim() === "") part = "message";
    else if (part === "message" && BEGIN_SIGNATURE.test(text)) part = "signature";
    else if (part === "signature" && END_SIGNATURE.test(text)) part = "outside";
    else if (part === "message") found.push({ ...each, text: text.replace(/^- /, "") });
    else if (part === "outside" || !(HEADER.test(text) || (part === "signature" && ARMOUR.test(text)))) {
      found.push({ ...each, reason: OUTSIDE });
    }
  }
  return found;
}
