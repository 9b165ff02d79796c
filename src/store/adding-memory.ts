/** Where `assets add` was fetching files from that no manifest named yet: `.assets/adding.json`, for when it is stopped. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { HOME_FOLDER, homeFolder } from "./home.js";
import { lock } from "./lock.js";
import { readWhole, removeDrafts, replaceWhole } from "./whole-text.js";

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
/** Nobody holds the notes for longer than it takes to write them. */
const WAIT_MS = 2_000;

/** Notes the URL that each path is about to be fetched from. Failing costs a later run a question, so it throws nothing. */
export async function noteAdding(root: string, files: readonly { path: string; url: string }[]): Promise<void> {
  const at = Date.now();
  await change(root, (notes) => {
    for (const { path, url } of files) notes.set(path, { at, from: keyOf(url) });
    return true;
  });
}

/** Forgets them, the manifest having them now. Throws nothing. */
export async function forgetAdding(root: string, paths: readonly string[]): Promise<void> {
  const notes = await read(root);
  if (!paths.some((path) => notes.has(path))) return;
  await change(root, (now) => paths.filter((path) => now.delete(path)).length > 0);
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
    const bytes = await readWhole(join(root, HOME_FOLDER, FILE), MOST_BYTES, "replace");
    const parsed = Object.entries(JSON.parse(bytes?.toString("utf8") ?? "{}") as Record<string, Note>);
    const oldest = Date.now() - FRESH_MS;
    return new Map(parsed.filter(([, note]) => Number.isFinite(note?.at) && note.at > oldest));
  } catch {
    return new Map();
  }
}

/** Writes the notes anew where `edit` answers that it changed them, and sweeps what a killed run left of doing so. */
async function change(root: string, edit: (notes: Map<string, Note>) => boolean): Promise<void> {
  try {
    const file = join(await homeFolder(root), FILE);
    // Without a lock, of two runs at once one may lose its notes.
    const held = await lock(root, file, { timeoutMs: WAIT_MS, signal: new AbortController().signal }).catch(() => {});
    try {
      if (held?.doubtful === false) await removeDrafts(file, undefined, "replace");
      const notes = await read(root);
      if (!edit(notes)) return;
      const text = `${JSON.stringify(Object.fromEntries([...notes].slice(-MOST_NOTES)))}\n`;
      await replaceWhole(file, text, "replace");
    } finally {
      await held?.release();
    }
  } catch {
    // A read-only or full disk.
  }
}
