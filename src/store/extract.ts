/** Takes wanted members out of an archive on disk. */
import { constants } from "node:fs";
import { copyFile, open, rm } from "node:fs/promises";
import { AssetsError, abortError, visibleLine } from "../errors.js";
import { nearestFew } from "../manifest/suggest.js";
import { type ArchiveEntry, badArchive, LOOKS_GZIPPED, LOOKS_ZIPPED, looksLike, type ReadArchive } from "./archive.js";
import { diskError, errnoOf } from "./disk-error.js";
import { tooLarge, writeMemberFile } from "./member-file.js";

/** What to take out of which archive. */
export interface ExtractOptions {
  /** Path of the archive. */
  archive: string;
  /** A tar archive may be gzipped or not: its bytes tell. */
  format: "tar" | "zip";
  /** Leading path segments of every entry to drop before comparing. */
  strip: 0 | 1;
  /** Absolute destination file of every wanted member path; its folder exists. */
  wanted: ReadonlyMap<string, string>;
  signal: AbortSignal;
  /** Size of a member in bytes beyond which it is given up as SIZE_MISMATCH. */
  maxBytes?: ReadonlyMap<string, number>;
}

/** What became of a wanted member. `size` in bytes. */
export type ExtractResult =
  | {
      size: number;
      /** Set when the archive proved damaged: only a digest of the member itself can vouch for it now. */
      fault?: AssetsError;
    }
  | { error: AssetsError; fault?: AssetsError };

/** Names kept to suggest one in place of a member that is missing. */
const MOST_NAMES = 10_000;
const LONGEST_NAME = 300;

/**
 * Reads an archive once from front to back (again only where a wanted member is a hard link to one that is not), and
 * writes the wanted members. Of several entries with one path the last counts, as when the archive is unpacked. Answers
 * one result for each wanted member, and leaves no file for one that failed. Throws ABORTED, or the signal's own
 * AssetsError, and DISK_FULL; everything else is the result of a member.
 */
export async function extractMembers(options: ExtractOptions): Promise<Map<string, ExtractResult>> {
  if (options.wanted.size === 0) return new Map();
  const pass = await readOnce(options);
  if (pass.links.size > 0) await followLinks(options, pass);
  const results = new Map<string, ExtractResult>();
  for (const member of options.wanted.keys()) {
    const result = pass.results.get(member) ?? { error: pass.fault ?? missing(member, pass.names) };
    results.set(member, pass.fault ? { ...result, fault: pass.fault } : result);
  }
  return results;
}

/** What one reading of the archive brought. */
interface Pass {
  results: Map<string, ExtractResult>;
  /** Wanted members that are hard links, and the path each leads to. */
  links: Map<string, string>;
  /** Some of the regular files in the archive. */
  names: Set<string>;
  /** Why the archive could not be read to its end. */
  fault?: AssetsError;
}

async function readOnce({ archive, format, strip, wanted, signal, maxBytes }: ExtractOptions): Promise<Pass> {
  const pass: Pass = { results: new Map(), links: new Map(), names: new Set() };
  let entries = 0;
  const seen = (path: string, regular: boolean) => {
    entries += 1;
    if (regular && pass.names.size < MOST_NAMES && path.length <= LONGEST_NAME) pass.names.add(path);
    return wanted.has(path);
  };
  const read = await reader(format);
  try {
    for await (const entry of read(archive, { strip, seen, signal })) {
      const destination = wanted.get(entry.path);
      if (destination === undefined) continue;
      // What an earlier entry of the same path brought counts no more.
      pass.results.delete(entry.path);
      pass.links.delete(entry.path);
      await rm(destination, { force: true }).catch(() => {});
      if (entry.linkTo === undefined) {
        pass.results.set(entry.path, await take(entry, destination, maxBytes?.get(entry.path), signal));
      } else {
        pass.links.set(entry.path, entry.linkTo);
      }
    }
    if (entries === 0) pass.fault = badArchive("The archive is empty.");
  } catch (error) {
    throwIfPointless(error, signal);
    pass.fault = await archiveFault(error, archive, format, entries);
  }
  return pass;
}

async function reader(format: ExtractOptions["format"]): Promise<ReadArchive> {
  return format === "tar" ? (await import("./tar.js")).readTar : (await import("./zip.js")).readZip;
}

async function take(
  entry: ArchiveEntry,
  destination: string,
  maxBytes: number | undefined,
  signal: AbortSignal,
): Promise<ExtractResult> {
  const what = `Member "${visibleLine(entry.path)}" of the archive`;
  try {
    if (entry.irregular !== undefined) throw badArchive(`${what} is ${entry.irregular}.`);
    if (maxBytes !== undefined && entry.size > maxBytes) throw tooLarge(what, maxBytes);
    return { size: await writeMemberFile(destination, entry.body(), { what, maxBytes, signal }) };
  } catch (error) {
    throwIfPointless(error, signal);
    const told = error instanceof AssetsError;
    return { error: told ? error : badArchive(`${what} is damaged: ${reasonOf(error)}.`, undefined, error) };
  }
}

/** Gives members that are hard links the content of what they lead to; once, since a link to a link is no file. */
async function followLinks(options: ExtractOptions, pass: Pass): Promise<void> {
  const { wanted, maxBytes } = options;
  const further = new Map<string, string>();
  const limits = new Map<string, number>();
  for (const [member, target] of pass.links) {
    const destination = wanted.get(member);
    if (destination === undefined || wanted.has(target) || further.has(target)) continue;
    further.set(target, destination);
    const limit = maxBytes?.get(member);
    if (limit !== undefined) limits.set(target, limit);
  }
  const second = further.size === 0 ? undefined : await readOnce({ ...options, wanted: further, maxBytes: limits });
  pass.fault ??= second?.fault;
  for (const [member, target] of pass.links) {
    const result = pass.results.get(target) ?? second?.results.get(target);
    const from = wanted.get(target) ?? further.get(target);
    const to = wanted.get(member);
    if (from !== undefined && to !== undefined && result !== undefined && "size" in result) {
      pass.results.set(member, from === to ? result : await copy(from, to, result.size, options.signal));
    } else {
      const why = `Member "${visibleLine(member)}" of the archive is a hard link to "${visibleLine(target)}"`;
      pass.results.set(member, { error: badArchive(`${why}, which is not a file that can be read.`) });
    }
  }
}

async function copy(from: string, to: string, size: number, signal: AbortSignal): Promise<ExtractResult> {
  try {
    await rm(to, { force: true });
    await copyFile(from, to, constants.COPYFILE_EXCL);
    return { size };
  } catch (error) {
    const failure = diskError(error, "write", to);
    await rm(to, { force: true }).catch(() => {});
    throwIfPointless(failure, signal);
    return { error: failure };
  }
}

/** What ends the run is thrown on; what concerns a member or the archive is not. */
function throwIfPointless(error: unknown, signal: AbortSignal): void {
  if (signal.aborted) throw signal.reason instanceof AssetsError ? signal.reason : abortError();
  if (error instanceof AssetsError && error.code === "DISK_FULL") throw error;
}

/** Why an archive cannot be read. One in which no entry was found may be something else altogether. */
async function archiveFault(
  error: unknown,
  archive: string,
  format: ExtractOptions["format"],
  entries: number,
): Promise<AssetsError> {
  if (error instanceof Error && "syscall" in error) return diskError(error, "read", archive);
  const reason = reasonOf(error);
  const looks = looksLike(await firstBytes(archive));
  const own = format === "zip" ? LOOKS_ZIPPED : LOOKS_GZIPPED;
  const begun = entries > 0 || errnoOf(error).startsWith("Z_") || (format === "zip" && looks === own);
  if (begun) return badArchive(`The archive is damaged: ${reason}.`, undefined, error);
  const instead = looks === undefined || looks === own ? reason : `it looks like ${looks} (${reason})`;
  return badArchive(`This is not a ${format} archive: ${instead}.`, undefined, error);
}

async function firstBytes(archive: string): Promise<Uint8Array> {
  try {
    const handle = await open(archive);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw diskError(error, "read", archive);
  }
}

/** The first sentence of a library's message, to stand inside another. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return visibleLine(message.split(/[.?!](?:\s|$)/, 1)[0] ?? message);
}

function missing(member: string, names: ReadonlySet<string>): AssetsError {
  const base = baseOf(member);
  const sameBase = [...names].filter((name) => baseOf(name) === base);
  const near = new Set([...nearestFew(member, sameBase, 3), ...sameBase, ...nearestFew(member, names, 3)]);
  const shown = [...near].slice(0, 3).map((name) => `"${visibleLine(name)}"`);
  return badArchive(
    `The archive has no member "${visibleLine(member)}".`,
    shown.length === 0 ? undefined : `It has ${shown.join(", ")}: correct the path in the manifest.`,
  );
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
