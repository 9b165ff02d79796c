/** Reads what stands beside the checksums in a list: sizes of BSD's ports and of Fedora, the fields of Debian. Pure. */
import type { ChecksumLine } from "./checksum-text.js";

/** The size that a line says a file has. */
export interface SizeLine {
  /** From 1 on. */
  line: number;
  /** As the line has it. */
  name: string;
  /** In bytes. */
  size: number;
}

/** `SIZE (f) = 5` of FreeBSD and OpenBSD, `Size (f) = 5 bytes` of NetBSD. */
const TAGGED_SIZE = /^SIZE ?\(([\s\S]+)\)[ \t]*=[ \t]*(\d{1,15})(?: bytes)?[ \t]*$/i;
/** `# f: 5 bytes` of Fedora. */
const COMMENTED_SIZE = /^# ([\s\S]+): (\d{1,15}) bytes[ \t]*$/;
/** Lines of `distinfo` files that say nothing of a file. */
const OF_PORTS = /^(?:TIMESTAMP[ \t]*=[ \t]*\d+|\$(?:NetBSD|OpenBSD|FreeBSD)(?::[^$]*)?\$)[ \t]*$/;

/** The size in a line, or whether the line may be passed over. */
export function readSize({ line, text }: ChecksumLine): SizeLine | "nothing" | undefined {
  const [, name, digits] = TAGGED_SIZE.exec(text) ?? COMMENTED_SIZE.exec(text) ?? [];
  if (name !== undefined) return { line, name, size: Number(digits) };
  return OF_PORTS.test(text) ? "nothing" : undefined;
}

/** Fields of a `Release`, `.dsc` or `.changes` of Debian that list files. */
const LISTING = /^(?:MD5Sum|SHA1|SHA256|SHA512|Files|Checksums-Sha1|Checksums-Sha256|Checksums-Sha512):[ \t]*$/i;
/** A digest, a size, in a `.changes` the section and the priority, and a name, which has no blanks. */
const LISTED = /^[ \t]+([0-9a-fA-F]{32,128})[ \t]+(\d{1,15})(?:[ \t]+\S+[ \t]+\S+)?[ \t]+(\S+)[ \t]*$/;

/**
 * The lines of a control file of Debian's as `sha256sum` would write them, and the sizes that they state beside; undefined
 * where the list is none. All other fields are passed over.
 */
export function readDebian(lines: readonly ChecksumLine[]): { lines: ChecksumLine[]; sizes: SizeLine[] } | undefined {
  if (!lines.some(({ text }) => LISTING.test(text))) return undefined;
  const found: ChecksumLine[] = [];
  const sizes: SizeLine[] = [];
  let isListing = false;
  for (const each of lines) {
    const { line, text, reason } = each;
    if (reason !== undefined) found.push(each);
    else if (/^\S/.test(text)) isListing = LISTING.test(text);
    else if (isListing && text.trim() !== "") {
      const [, hex, size, name] = LISTED.exec(text) ?? [];
      found.push(name === undefined ? each : { line, text: `${hex}  ${name}` });
      if (name !== undefined) sizes.push({ line, name, size: Number(size) });
    }
  }
  return { lines: found, sizes };
}
