/** Small files of a repository that are read and replaced as a whole. */
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access, copyFile, link, lstat, mkdir, open, readdir, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AssetsError } from "../errors.js";
import { renameOver, setMode } from "../platform.js";
import { readRegular } from "../read-regular.js";
import { diskError, errnoOf } from "./disk-error.js";

/** How file systems say that they have no hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);
/** What a draft has behind the name of the file that it is for. */
const DRAFT = /^[0-9a-f]{8}\.new$/;

/** Small files are written in less, in milliseconds: a draft that is older was given up. */
const ABANDONED_MS = 60_000;

/**
 * What becomes of a symbolic link in a file's place: a user's own leads to the file; one in the tool's folder may have come
 * with the repository, and is never read or written through, but replaced.
 */
export type Links = "follow" | "replace";

/** The bytes of a regular file; undefined when there is none. Throws LOCAL_IO, also for one of more than `mostBytes`. */
export async function readWhole(path: string, mostBytes: number, links: Links = "follow"): Promise<Buffer | undefined> {
  try {
    return await readRegular(path, { mostBytes, followLinks: links === "follow" });
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw diskError(error, "read", path);
  }
}

/** Throws LOCAL_IO for a file that is there and that its owner has kept from being written. */
export async function refuseReadOnly(path: string): Promise<void> {
  const { mode } = (await stat(path).catch(() => undefined)) ?? {};
  if (mode === undefined) return;
  // Who may do anything is told otherwise by the permissions only; others may lack them although they are there.
  const isKept = (mode & 0o222) === 0 || (await access(path, constants.W_OK).catch(() => "kept")) !== undefined;
  if (!isKept) return;
  throw new AssetsError("LOCAL_IO", `Cannot write ${path}: it is read-only.`, {
    hint: "Nothing was written. If it is to be changed, make it writable first.",
  });
}

/**
 * Removes what killed processes left of replacing a file. `olderThanMs`: how long a draft has to lie there; without it for
 * who knows that no other process replaces the file now.
 */
export async function removeDrafts(path: string, olderThanMs?: number, links: Links = "follow"): Promise<void> {
  const target = await targetOf(path, links);
  const [folder, start] = [dirname(target), `${basename(target)}.`];
  const names = await readdir(folder).catch(() => []);
  const drafts = names.filter((name) => name.startsWith(start) && DRAFT.test(name.slice(start.length)));
  for (const draft of drafts.map((name) => join(folder, name))) {
    const written = olderThanMs === undefined ? undefined : await lstat(draft).catch(() => undefined);
    if (written !== undefined && Date.now() - written.mtimeMs < (olderThanMs ?? 0)) continue;
    await rm(draft, { force: true }).catch(() => {});
  }
}

/**
 * Writes a file in one step, in place of what was there, whose permissions it takes over. Throws DISK_FULL, LOCAL_IO, also
 * for a file that is read-only.
 */
export async function replaceWhole(path: string, text: string | Uint8Array, links: Links = "follow"): Promise<void> {
  const target = await targetOf(path, links);
  const isLink = (await lstat(target).catch(() => undefined))?.isSymbolicLink() ?? false;
  if (!isLink) await refuseReadOnly(target);
  const draft = `${target}.${randomUUID().slice(0, 8)}.new`;
  try {
    const before = isLink ? undefined : await stat(target).catch(() => undefined);
    await writeDraft(draft, text);
    if (before !== undefined) await setMode(draft, before.mode & 0o777);
    await renameOver(draft, target);
    await removeDrafts(target, ABANDONED_MS, "replace");
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw diskError(error, "write", path);
  }
}

/**
 * Writes a file in one step where nothing stands, and the folders it needs; false where something does, a link to nothing
 * too. Throws DISK_FULL, LOCAL_IO.
 */
export async function createWhole(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${randomUUID().slice(0, 8)}.new`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeDraft(draft, text);
    await link(draft, path).catch((error) => {
      if (!NO_LINKS.has(errnoOf(error))) throw error;
      return copyFile(draft, path, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw diskError(error, "write", path);
  } finally {
    await rm(draft, { force: true }).catch(() => {});
  }
}

/** The file that is meant by a path. */
async function targetOf(path: string, links: Links): Promise<string> {
  return links === "follow" ? realpath(path).catch(() => path) : path;
}

async function writeDraft(draft: string, text: string | Uint8Array): Promise<void> {
  const handle = await open(draft, "wx");
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}
