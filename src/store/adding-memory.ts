/** Where `assets add` was fetching files from that no manifest named yet: `.assets/adding.json`, for when it is stopped. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { HOME_FOLDER, homeFolder } from "./home.js";
import { lock } from "./lock.js";
import { readWhole, replaceWhole } from "./whole-text.js";

interface Note {
  /** Milliseconds since the epoch. */
  at: number;
  /** Digest of the URL, which may hold what nobody else should read. */
  from: string;
}

const FILE = "adding.json";
/** Notes are written in less, in milliseconds. */
const WAIT_MS = 5_000;
const MOST_BYTES = 16 * 2 ** 20;
const MOST_NOTES = 10_000;
/** What a URL gave longer ago than this says nothing of what it gives now, in milliseconds. */
const FRESH_MS = 24 * 3_600_000;

/** Notes the URL that each path is about to be fetched from. Failing costs a later run a question, so it throws nothing. */
export async function noteAdding(root: string, files: readonly { path: string; url: string }[]): Promise<void> {
  const at = Date.now();
  await alone(root, async () => {
    const notes = await read(root);
    for (const { path, url } of files) notes.set(path, { at, from: keyOf(url) });
    await write(root, notes);
  });
}

/** Forgets them, the manifest having them now. Throws nothing. */
export async function forgetAdding(root: string, paths: readonly string[]): Promise<void> {
  const before = await read(root);
  if (!paths.some((path) => before.has(path))) return;
  await alone(root, async () => {
    const notes = await read(root);
    for (const path of paths) notes.delete(path);
    await write(root, notes);
  });
}

/** Keeps the notes of runs at the same time apart; where no lock can be had, they are somebody's own affair. */
async function alone(root: string, change: () => Promise<void>): Promise<void> {
  const { signal } = new AbortController();
  const held = await lock(root, `${HOME_FOLDER}/${FILE}`, { timeoutMs: WAIT_MS, signal }).catch(() => undefined);
  try {
    await change();
  } finally {
    await held?.release();
  }
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
