/** Holds what is pinned of a file, what is stated of its URLs and what was measured against each other: pure. */
import { AssetsError } from "../errors.js";
import { EMPTY_SHA256 } from "../manifest/fields.js";
import type { Pins } from "../manifest/new-entry.js";
import type { AssetFile, StatedDigest } from "../manifest/types.js";
import { type Described, lengthOf } from "../source/described.js";

/** What is stated about one URL of a file. */
export interface Statement {
  /** As the manifest has it. */
  readonly url: string;
  readonly described: Described;
  /** The URL stands first among those of the file. */
  readonly primary: boolean;
}

/** Bytes that were held against every digest of {@link Settled.open}. */
export interface Bytes {
  readonly size: number;
  readonly sha256: string;
  /** The URL that they came from; undefined for a file that was here. */
  readonly from?: string | undefined;
}

/** A digest that bytes were held against, and had. */
export interface CheckedBy {
  algorithm: StatedDigest["algorithm"];
  /** As it reads after "stated by"; left out for the manifest. */
  statedBy?: string;
}

/** What can be written. */
export interface Settled {
  /** What is known; without a SHA-256 as long as only the bytes can tell it. */
  readonly pins: Pins;
  /** Who stated the SHA-256, as it reads after "stated by". */
  readonly statedBy?: string;
  /** Digests of other kinds that the measured bytes have, as they should; none where nobody states one. */
  readonly checkedBy?: readonly CheckedBy[];
  /** The URLs whose commit or version of today has the bytes that the manifest pins, or is to pin. */
  readonly fixed: readonly Statement[];
  /** Only the bytes can tell the rest: what they are to be held against. */
  readonly open?: { readonly sha256?: string; readonly stated: readonly StatedDigest[] };
}

const IN_MANIFEST = "the manifest pins";
/** Kinds of digests as people call them. */
export const DIGEST_NAMES = {
  sha256: "SHA-256",
  sha512: "SHA-512",
  sha1: "SHA-1",
  md5: "MD5",
  "git-blob": "git blob id",
} as const;

/**
 * What follows for a file. `pinning`: who says what is pinned of it, as it reads before that. Throws DIGEST_MISMATCH,
 * SIZE_MISMATCH when two of them are of different bytes.
 */
export function settlePins(
  file: AssetFile,
  statements: readonly Statement[],
  bytes?: Bytes,
  pinning = IN_MANIFEST,
): Settled {
  refuseQuarrels(file, statements, pinning);
  const isPinned = file.sha256 !== undefined;
  const declared = statements.find(({ described }) => described.digest?.algorithm === "sha256")?.described;
  const sha256 = file.sha256 ?? declared?.digest?.hex;
  const weak = statements.flatMap(({ described }) => weakOf(described));
  const stated = isPinned ? weak : [...(file.stated ?? []), ...weak];
  const { statedBy } = isPinned && file.size !== undefined ? {} : (declared ?? {});
  const told = {
    ...(statedBy !== undefined && { statedBy }),
    fixed: statements.filter((statement) => isProven(statement, isPinned, bytes)),
  };
  if (bytes !== undefined) {
    refuseBytes(file, statements, bytes, { sha256, statedBy, pinning });
    const pinnedAs = isPinned ? file.pinnedAs : declared === undefined ? "measured" : "declared";
    const checkedBy = pinnedAs === "measured" && !isPinned ? checksOf(file, statements) : [];
    return {
      pins: { size: bytes.size, sha256: bytes.sha256, ...(pinnedAs && { pinnedAs }) },
      ...told,
      ...(checkedBy.length > 0 && { checkedBy }),
    };
  }
  // Beside a SHA-256, nothing but the same one says that what is stated is said of the same bytes.
  const isSame = ({ described: { digest, size } }: Statement) => digest?.hex === sha256 && size !== undefined;
  const stating = statements.find(sha256 === undefined ? isFirm : isSame)?.described.size;
  const size = file.size ?? stating ?? (sha256 === EMPTY_SHA256 ? 0 : undefined);
  const known = size === undefined ? {} : { size };
  if (sha256 === undefined || stated.length > 0) {
    const pins = isPinned ? { ...known, ...pinOf(file) } : known;
    return { pins, ...told, open: { ...(sha256 !== undefined && { sha256 }), stated } };
  }
  return { pins: { ...known, ...(isPinned ? pinOf(file) : { sha256, pinnedAs: "declared" }) }, ...told };
}

/** Digests of other kinds than SHA-256. */
function weakOf({ digest }: Described): StatedDigest[] {
  return digest === undefined || digest.algorithm === "sha256" ? [] : [digest];
}

/** The digests of other kinds that are stated, each kind once, by whoever publishes the file before the manifest. */
function checksOf(file: AssetFile, statements: readonly Statement[]): CheckedBy[] {
  const theirs = statements.flatMap(({ described }) =>
    weakOf(described).map(({ algorithm }) => {
      const { statedBy } = described;
      return { algorithm, ...(statedBy !== undefined && { statedBy }) };
    }),
  );
  const all = [...theirs, ...(file.stated ?? []).map(({ algorithm }): CheckedBy => ({ algorithm }))];
  return [...new Map(all.reverse().map((each) => [each.algorithm, each])).values()].reverse();
}

function pinOf({ sha256, pinnedAs }: AssetFile): Pins {
  return { ...(sha256 !== undefined && { sha256 }), ...(pinnedAs !== undefined && { pinnedAs }) };
}

/** Whether a reference that moved is known to stand for the bytes of the pin by now. */
function isProven({ described }: Statement, isPinned: boolean, bytes: Bytes | undefined): boolean {
  const { moved, digest } = described;
  if (moved === undefined) return false;
  if (!isPinned || digest?.algorithm === "sha256") return true;
  return bytes !== undefined && digest !== undefined;
}

/** Whether the size is of these very bytes: what a server names beside no digest may be that of another form of them. */
function isFirm({ described: { size, digest, moved } }: Statement): boolean {
  return size !== undefined && (digest !== undefined || moved !== undefined);
}

/** Throws when what is stated of a URL contradicts the manifest, or what is stated of another one. */
function refuseQuarrels(file: AssetFile, statements: readonly Statement[], pinning: string): void {
  for (const statement of statements) refuseByPin(file, statement, pinning);
  for (const [index, one] of statements.entries()) {
    for (const other of statements.slice(index + 1)) {
      const [a, b] = [one.described, other.described];
      if (a.digest?.algorithm === b.digest?.algorithm && a.digest?.hex !== b.digest?.hex) {
        throw quarrel(file, "DIGEST_MISMATCH", [one, wordsOf(a.digest)], [other, wordsOf(b.digest)]);
      }
      // Of a file that is still to be pinned, even a length beside no digest speaks against its being the same.
      const isComparable = file.sha256 === undefined || (isFirm(one) && isFirm(other));
      const [own, its] = [lengthOf(a), lengthOf(b)];
      if (isComparable && own !== undefined && its !== undefined && own !== its) {
        throw quarrel(file, "SIZE_MISMATCH", [one, `${own} bytes`], [other, `${its} bytes`]);
      }
    }
  }
}

function refuseByPin(file: AssetFile, statement: Statement, pinning: string): void {
  const { url, described } = statement;
  const { digest, size } = described;
  const pinned: StatedDigest[] =
    file.sha256 === undefined ? [...(file.stated ?? [])] : [{ algorithm: "sha256", hex: file.sha256 }];
  const same = pinned.find(({ algorithm }) => algorithm === digest?.algorithm);
  const isOther = same !== undefined && same.hex !== digest?.hex;
  const isOtherSize = isFirm(statement) && file.size !== undefined && size !== file.size;
  if (!isOther && !isOtherSize) return;
  const [has, pins] = isOther ? [wordsOf(digest), same.hex] : [`the size ${size}`, file.size];
  const isWritten = pinning === IN_MANIFEST;
  const message = `${file.path}: ${url} has ${has}${isWritten ? " by now" : ""}, and ${pinning} ${pins}.`;
  const keys = file.sha256 === undefined ? "what is pinned" : "size and sha256";
  throw new AssetsError(isOther ? "DIGEST_MISMATCH" : "SIZE_MISMATCH", message, {
    hint: isWritten
      ? `Name the commit that has the pinned bytes, or take ${keys} out of the manifest and lock again.`
      : "One of the two is of another version of the file: find out which is meant.",
  });
}

type Side = readonly [Statement, string];

function quarrel(file: AssetFile, code: "DIGEST_MISMATCH" | "SIZE_MISMATCH", [one, has]: Side, [other, wants]: Side) {
  const where = file.path === one.url ? "" : `${file.path}: `;
  return new AssetsError(code, `${where}${one.url} is stated to have ${has}, and ${other.url} ${wants}.`, {
    hint: "They are no two places of the same bytes: leave out the one that is not meant.",
  });
}

function wordsOf(digest: Described["digest"]): string {
  return digest === undefined ? "" : `the ${DIGEST_NAMES[digest.algorithm]} ${digest.hex}`;
}

/** Throws when the bytes are not those that are pinned, or that were stated. */
function refuseBytes(
  { path, size, sha256: pinned }: AssetFile,
  statements: readonly Statement[],
  bytes: Bytes,
  { sha256, statedBy, pinning }: { sha256: string | undefined; statedBy: string | undefined; pinning: string },
): void {
  const where = bytes.from === undefined ? `${path}, which is here,` : `${path}, as it comes from ${bytes.from},`;
  const hint =
    bytes.from === undefined
      ? "It may be incomplete, changed, or of another version. Move it away and run the same command again: it is fetched."
      : "What is stated is of another version of the file: find out which is meant.";
  if (sha256 !== undefined && bytes.sha256 !== sha256) {
    const by = pinned === undefined ? `stated${statedBy === undefined ? "" : ` by ${statedBy}`} is` : pinning;
    throw new AssetsError("DIGEST_MISMATCH", `${where} has the SHA-256 ${bytes.sha256}, and ${by} ${sha256}.`, {
      hint,
    });
  }
  if (size !== undefined && bytes.size !== size) {
    throw new AssetsError("SIZE_MISMATCH", `${where} has ${bytes.size} bytes, and ${pinning} ${size}.`, { hint });
  }
  const other = statements.find((statement) => {
    const stated = lengthOf(statement.described);
    // A length beside no digest says nothing against what was sent just now, which had it or had not.
    return (bytes.from === undefined || isFirm(statement)) && stated !== undefined && stated !== bytes.size;
  });
  if (other === undefined) return;
  const length = lengthOf(other.described);
  if (pinned !== undefined) {
    const message = `${path}: ${other.url} has the size ${length} by now, and the pinned file ${bytes.size}.`;
    throw new AssetsError("SIZE_MISMATCH", message, { hint: "Name the commit that has the pinned bytes." });
  }
  const stated = `${other.url} is stated to have ${length}`;
  throw new AssetsError("SIZE_MISMATCH", `${where} has ${bytes.size} bytes, and ${stated}.`, { hint });
}
