/** What is remembered of pieces of files that no file of pieces tells of: `.assets/pieces.ndjson`, an entry a line. */
import { constants } from "node:fs";
import { open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Pieces, toEntry } from "../manifest/pieces.js";
import { NO_LINK, NO_WAIT, renameOver } from "../platform.js";
import { HOME_FOLDER, homeFolder } from "./home.js";

/** The memory of one root. It helps to find damage and proves nothing, so it may be lost or wrong. */
export interface PieceMemory {
  /** The pieces of the file with this SHA-256, as far as they are remembered. Throws nothing. */
  recall(sha256: string): Promise<Pieces | undefined>;
  /** Remembers the pieces of a file that was just proven. Throws nothing. */
  remember(pieces: Pieces): Promise<void>;
}

/** A file of no more than this is not worth a line, in bytes. */
export const REMEMBERED_BYTES = 16 * 1024 * 1024;

const FILE = "pieces.ndjson";
/** When the memory is longer, its older half is forgotten, in bytes: a line has about 50 KB at most. */
const MOST_BYTES = 16 * 1024 * 1024;
const HEAD = '{"sha256":"';

/** Opens the memory of a root. Nothing is read or written before it is asked. */
export function openPieceMemory(root: string): PieceMemory {
  /** Notes are written one after another. */
  let last: Promise<void> = Promise.resolve();
  return {
    async recall(sha256) {
      await last;
      const line = (await readLines(root)).findLast((each) => isOf(each, sha256));
      if (line === undefined) return undefined;
      const { readEntry } = await import("../manifest/read-pieces.js");
      return readEntry(line);
    },
    remember(pieces) {
      // A read-only or full disk: a repair will fetch the whole file.
      last = last.then(() => note(root, pieces)).catch(() => {});
      return last;
    },
  };
}

async function note(root: string, pieces: Pieces): Promise<void> {
  const lines = await readLines(root);
  if (lines.some((line) => isOf(line, pieces.sha256))) return;
  const line = JSON.stringify(toEntry(pieces));
  const path = join(await homeFolder(root), FILE);
  const length = lines.reduce((sum, each) => sum + each.length + 1, line.length);
  if (length > MOST_BYTES) return rewrite(path, [...lines.slice(Math.ceil(lines.length / 2)), line]);
  const handle = await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | NO_LINK | NO_WAIT);
  try {
    // The first line feed ends a line that a killed run has torn.
    await handle.writeFile(`\n${line}\n`);
  } finally {
    await handle.close();
  }
}

async function rewrite(path: string, lines: readonly string[]): Promise<void> {
  const draft = `${path}.new`;
  await rm(draft, { force: true });
  await writeFile(draft, `${lines.join("\n")}\n`, { flag: "wx" });
  await renameOver(draft, path);
}

/** Whole lines, never through a link that may have come with the repository, nor of a memory that is not ours. */
async function readLines(root: string): Promise<string[]> {
  try {
    const handle = await open(join(root, HOME_FOLDER, FILE), constants.O_RDONLY | NO_LINK | NO_WAIT);
    try {
      const stat = await handle.stat();
      if (!stat.isFile() || stat.size > 2 * MOST_BYTES) return [];
      const text = await handle.readFile("utf8");
      return text.split("\n").filter((line) => line.startsWith(HEAD) && line.endsWith("}"));
    } finally {
      await handle.close();
    }
  } catch {
    return [];
  }
}

function isOf(line: string, sha256: string): boolean {
  return line.startsWith(sha256, HEAD.length);
}
