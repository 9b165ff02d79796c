/** What is remembered of pieces of files that no file of pieces tells of: `.assets/pieces.ndjson`, an entry a line. */
import { constants } from "node:fs";
import { open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cutting, type Pieces, pieceBytesFor, toEntry } from "../manifest/pieces.js";
import { NO_LINK, NO_WAIT, renameOver } from "../platform.js";
import { HOME_FOLDER, homeFolder } from "./home.js";

/** The memory of one root. It helps to find damage and proves nothing, so it may be lost or wrong. */
export interface PieceMemory {
  /** The pieces of the file with this SHA-256, as far as they are remembered. Throws nothing. */
  recall(sha256: string): Promise<Pieces | undefined>;
  /** Remembers the pieces of a file that was just proven, cut as {@link rememberedCutting} says. Throws nothing. */
  remember(pieces: Pieces): Promise<void>;
}

/** A file of less than this is not worth a line, in bytes. */
const REMEMBERED_BYTES = 16 * 1024 * 1024;

const FILE = "pieces.ndjson";
/** When the memory is longer, its older half is forgotten, in bytes: a line has about 7 KB at most. */
const MOST_BYTES = 4 * 1024 * 1024;
const HEAD = '{"sha256":"';

/**
 * How the pieces are cut that are remembered of a file of this size; undefined for one that is not worth a line. Memory
 * blames nobody, so a checksum will do, which costs the download next to nothing.
 */
export function rememberedCutting(size: number): Cutting | undefined {
  const pieceBytes = size < REMEMBERED_BYTES ? undefined : pieceBytesFor(size);
  return pieceBytes === undefined ? undefined : { pieceBytes, algorithm: "crc32" };
}

/** Opens the memory of a root. Nothing is read or written before it is asked; then it is read once. */
export function openPieceMemory(root: string): PieceMemory {
  let known: Promise<Map<string, string>> | undefined;
  const lines = () => {
    known ??= readLines(root);
    return known;
  };
  /** Notes are written one after another. */
  let last: Promise<void> = Promise.resolve();
  return {
    async recall(sha256) {
      await last;
      const line = (await lines()).get(sha256);
      if (line === undefined) return undefined;
      const { readEntry } = await import("../manifest/read-pieces.js");
      return readEntry(line);
    },
    remember(pieces) {
      // A read-only or full disk: a repair will fetch the whole file.
      last = last.then(async () => note(root, pieces, await lines())).catch(() => {});
      return last;
    },
  };
}

async function note(root: string, pieces: Pieces, lines: Map<string, string>): Promise<void> {
  if (lines.has(pieces.sha256)) return;
  const line = JSON.stringify(toEntry(pieces));
  const path = join(await homeFolder(root), FILE);
  lines.set(pieces.sha256, line);
  let length = 0;
  for (const each of lines.values()) length += each.length + 1;
  if (length > MOST_BYTES) {
    for (const sha256 of [...lines.keys()].slice(0, Math.ceil(lines.size / 2))) lines.delete(sha256);
    return rewrite(path, [...lines.values()]);
  }
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

/** The last line of each file, never through a link that may have come with the repository, nor of a memory that is not ours. */
async function readLines(root: string): Promise<Map<string, string>> {
  const lines = new Map<string, string>();
  try {
    const handle = await open(join(root, HOME_FOLDER, FILE), constants.O_RDONLY | NO_LINK | NO_WAIT);
    try {
      const stat = await handle.stat();
      if (!stat.isFile() || stat.size > 2 * MOST_BYTES) return lines;
      for (const line of (await handle.readFile("utf8")).split("\n")) {
        if (line.startsWith(HEAD) && line.endsWith("}")) lines.set(line.slice(HEAD.length, HEAD.length + 64), line);
      }
    } finally {
      await handle.close();
    }
  } catch {
    // There is none, or none that can be read.
  }
  return lines;
}
