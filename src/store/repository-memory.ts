/** What whole repositories held when they were last asked: `.assets/repositories/`, a file for each. */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { NO_LINK, NO_WAIT } from "../platform.js";
import { HOME_FOLDER, homeFolder } from "./home.js";
import { replaceWhole } from "./whole-text.js";

/** One file that was listed. */
export interface RememberedFile {
  readonly path: string;
  readonly size: number;
  readonly sha256?: string;
  readonly gitBlob?: string;
}

/** A repository at a commit. */
export interface RememberedRepository {
  /** As the manifest names it. */
  readonly url: string;
  readonly commit: string;
  readonly files: readonly RememberedFile[];
}

const FOLDER = "repositories";
const MOST_BYTES = 128 * 1024 * 1024;

/** What is remembered of a repository; undefined where nothing usable is. Throws nothing. */
export async function recallRepository(root: string, url: string): Promise<RememberedRepository | undefined> {
  try {
    // A link may have come with the repository, and is not followed.
    const handle = await open(join(root, HOME_FOLDER, FOLDER, nameOf(url)), constants.O_RDONLY | NO_LINK | NO_WAIT);
    try {
      const stat = await handle.stat();
      if (!stat.isFile() || stat.size > MOST_BYTES) return undefined;
      const value = JSON.parse(await handle.readFile("utf8")) as RememberedRepository;
      const isRight = value.url === url && /^[0-9a-f]{40}$/.test(value.commit) && value.files.every(isFile);
      return isRight ? value : undefined;
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}

/** Remembers a repository. Throws UNSAFE_PATH, LOCAL_IO, DISK_FULL. */
export async function rememberRepository(root: string, { url, commit, files }: RememberedRepository): Promise<void> {
  const file = join(await homeFolder(root, FOLDER), nameOf(url));
  await replaceWhole(file, `${JSON.stringify({ url, commit, files })}\n`, "replace");
}

function nameOf(url: string): string {
  return `${createHash("sha256").update(url).digest("hex").slice(0, 24)}.json`;
}

function isFile({ path, size, sha256, gitBlob }: RememberedFile): boolean {
  return (
    typeof path === "string" &&
    Number.isSafeInteger(size) &&
    size >= 0 &&
    (sha256 === undefined || /^[0-9a-f]{64}$/.test(sha256)) &&
    (gitBlob === undefined || /^[0-9a-f]{40}$/.test(gitBlob))
  );
}
