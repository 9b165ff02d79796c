/** Where `assets add` was fetching files from that no manifest named yet: `.assets/adding.json`, for when it is stopped. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { HOME_FOLDER, homeFolder } from "./home.js";
import { readWhole, replaceWhole } from "./whole-text.js";

interface Note {
  /** Milliseconds since the epoch. */
  at: number;
  /** Digest of the URL, which may hold what nobody else should read. */
  from: string;
}

const FILE = "adding.json";
const MOST_BYTES = 16 * 2 ** 20;
const MOST_NOTES = 10_000;
/** What a URL gave longer ago than this says nothing of what it gives now, in milliseconds. */
const FRESH_MS = 24 * 3_600_000;

/** Notes the URL that each path is about to be fetched from. Failing costs a later run a question, so it throws nothing. */
export async function noteAdding(root: string, files: readonly { path: string; url: string }[]): Promise<void> {
  const at = Date.now();
  const notes = await read(root);
  for (const { path, url } of files) notes.set(path, { at, from: keyOf(url) });
  await write(root, notes);
}

/** Forgets them, the manifest having them now. Throws nothing. */
export async function forgetAdding(root: string, paths: readonly string[]): Promise<void> {
  const notes = await read(root);
  const known = paths.filter((path) => notes.delete(path));
  if (known.length > 0) await write(root, notes);
}

/** Answers whether a path was lately being fetched from a URL. */
export async function recallAdding(root: string): Promise<(path: string, url: string) => boolean> {
  const notes = await read(root);
  return (path, url) => notes.get(path)?.from === keyOf(url);
}

function keyOf(url: string): string {
  return createHash("sha256").update(url).digest("hex").slice(0, 32);
}

/** A missing, damaged or foreign file has no notes. */
async function read(root: string): Promise<Map<string, Note>> {
  try {
    const bytes = await readWhole(join(root, HOME_FOLDER, FILE), MOST_BYTES);
    const parsed = Object.entries(JSON.parse(bytes?.toString("utf8") ?? "{}") as Record<string, Note>);
    const oldest = Date.now() - FRESH_MS;
    return new Map(parsed.filter(([, note]) => Number.isFinite(note?.at) && note.at > oldest));
  } catch {
    return new Map();
  }
}

async function write(root: string, notes: ReadonlyMap<string, Note>): Promise<void> {
  try {
    const text = JSON.stringify(Object.fromEntries([...notes].slice(-MOST_NOTES)));
    await replaceWhole(join(await homeFolder(root), FILE), `${text}\n`);
  } catch {
    // A read-only or full disk.
  }
}
