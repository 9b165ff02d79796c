/** Changes the text of a manifest: read anew, edited, proven to be one still, put in place in one step. */
import { realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { AssetsError } from "../errors.js";
import { formatIssues, formatUnplaced } from "../manifest/issues.js";
import { readManifest } from "../manifest/read.js";
import type { Asset, Manifest } from "../manifest/types.js";
import { type Held, lock } from "../store/lock.js";
import { createWhole, readWhole, removeDrafts, replaceWhole } from "../store/whole-text.js";

const MOST_BYTES = 64 * 2 ** 20;
/** Another run holds the manifest for no longer than it takes to write it. */
const WAIT_MS = 30_000;
const BROKEN_MEANWHILE = "The manifest has become invalid meanwhile; nothing was written.";

/** What became of a text. */
export interface Rewritten {
  /** Undefined where there was no file. */
  before: string | undefined;
  after: string;
  written: boolean;
}

/** How to write. */
export interface WriteOptions {
  /** Write nothing. Default false. */
  dryRun?: boolean | undefined;
  /** The text that is edited where there is no manifest yet. Default: there has to be one. */
  start?: string | undefined;
  signal: AbortSignal;
}

/** The text of a manifest as it stands now. Throws MANIFEST_NOT_FOUND, LOCAL_IO. */
export async function manifestText({ file }: Pick<Manifest, "file">): Promise<string> {
  const text = await textAt(file);
  if (text === undefined) throw new AssetsError("MANIFEST_NOT_FOUND", `There is no manifest ${file} any more.`);
  return text;
}

async function textAt(file: string): Promise<string | undefined> {
  return (await readWhole(file, MOST_BYTES))?.toString("utf8");
}

/** The manifest as it stands now, and what it says. Throws MANIFEST_NOT_FOUND, MANIFEST_INVALID, LOCAL_IO. */
export async function manifestNow(manifest: Pick<Manifest, "file" | "root">): Promise<{ text: string; now: Manifest }> {
  const text = await manifestText(manifest);
  return { text, now: checkText(text, manifest, BROKEN_MEANWHILE) };
}

/** What a text is as the manifest of that place. Throws MANIFEST_INVALID with every problem, `blame` before them. */
function checkText(text: string, manifest: Pick<Manifest, "file" | "root">, blame: string): Manifest {
  const { manifest: now, issues } = readManifest(text, manifest);
  if (now !== undefined) return now;
  throw new AssetsError("MANIFEST_INVALID", `${blame}\n${formatIssues(manifest.file, issues)}`);
}

/**
 * Throws MANIFEST_INVALID when one of these assets is no longer what it was. What is remembered here of a whole repository
 * stands in no text.
 */
export function refuseChanged(now: Manifest, before: Manifest, ids: Iterable<string>): void {
  const [is, was] = [now, before].map(({ assets }) => new Map(assets.map((asset) => [asset.id, asset])));
  const changed = [...new Set(ids)].find((id) => asWritten(is?.get(id)) !== asWritten(was?.get(id)));
  if (changed === undefined) return;
  throw new AssetsError(
    "MANIFEST_INVALID",
    `${changed} of ${before.file} has changed meanwhile; nothing was written.`,
    {
      hint: "Run the same command again: what was fetched is here.",
    },
  );
}

function asWritten(known: Asset | undefined): string {
  const { repository, ...asset } = known ?? { files: [] };
  if (repository === undefined) return JSON.stringify(asset);
  const { commit: _, ...wanted } = repository;
  return JSON.stringify({ ...asset, files: [], repository: wanted });
}

/** How the flaws of a text that nobody has seen yet are told: as which error, and what before all that is wrong. */
interface FlawWords {
  readonly blame: string;
  readonly code: "USAGE" | "UNSAFE_PATH" | "MANIFEST_INVALID";
}

/** What is wrong with this text as the manifest of that place. */
export function flawOf(
  text: string,
  manifest: Pick<Manifest, "file" | "root">,
  { blame, code }: FlawWords,
): AssetsError | undefined {
  const { manifest: now, issues } = readManifest(text, manifest);
  return now === undefined ? new AssetsError(code, `${blame}\n${formatUnplaced(issues)}`) : undefined;
}

/** Throws MANIFEST_INVALID when the manifest is none as it stands, else what {@link flawOf} answers for this text. */
export async function tryText(
  text: string,
  manifest: Pick<Manifest, "file" | "root">,
  words: FlawWords,
): Promise<void> {
  const flaw = flawOf(text, manifest, words);
  if (flaw === undefined) return;
  await manifestNow(manifest);
  throw flaw;
}

/**
 * Edits a manifest while no other run does. `edit` gets the text and what it means now, which may be more than was loaded
 * before; what it does beside, it does under the lock. Throws MANIFEST_INVALID when the text before or after is no
 * manifest, what `edit` throws, LOCAL_IO, DISK_FULL, LOCKED, the signal's reason.
 */
export async function rewriteManifest(
  manifest: Pick<Manifest, "file" | "root">,
  edit: (text: string, now: Manifest) => string | Promise<string>,
  { dryRun = false, start, signal }: WriteOptions,
): Promise<Rewritten> {
  const { file } = manifest;
  const held = dryRun ? undefined : await lockManifest(file, signal);
  try {
    if (held?.doubtful === false) await removeDrafts(file);
    const before = start === undefined ? await manifestText(manifest) : await textAt(file);
    const text = before ?? start ?? "";
    const now = checkText(text, manifest, BROKEN_MEANWHILE);
    const after = await edit(text, now);
    if (after === text) return { before, after, written: false };
    checkText(after, manifest, "This would not be a valid manifest; nothing was written.");
    if (dryRun) return { before, after, written: false };
    if (before !== undefined) await replaceWhole(file, after);
    else if (!(await createWhole(file, after))) {
      throw new AssetsError("MANIFEST_INVALID", `${file} has come to be meanwhile; nothing was written.`, {
        hint: "Run the same command again.",
      });
    }
    return { before, after, written: true };
  } finally {
    await held?.release();
  }
}

/**
 * By the file that is meant and in its own folder: runs that take another way to it, or have another root, wait for each
 * other. Undefined where no lock can be made: two runs at once are somebody's own affair there.
 */
async function lockManifest(file: string, signal: AbortSignal): Promise<Held | undefined> {
  const real = await realpath(file).catch(() => file);
  try {
    return await lock(dirname(real), basename(real), { timeoutMs: WAIT_MS, signal });
  } catch (error) {
    if (error instanceof AssetsError && error.code === "LOCAL_IO") return undefined;
    throw error;
  }
}
