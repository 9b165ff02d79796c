/** Changes the text of a manifest: read anew, edited, proven to be one still, put in place in one step. */
import { AssetsError } from "../errors.js";
import { formatIssues, formatUnplaced } from "../manifest/issues.js";
import { readManifest } from "../manifest/read.js";
import type { Manifest } from "../manifest/types.js";
import { lock } from "../store/lock.js";
import { readWhole, removeDrafts, replaceWhole } from "../store/whole-text.js";

const MOST_BYTES = 64 * 2 ** 20;
/** Another run holds the manifest for no longer than it takes to write it. */
const WAIT_MS = 30_000;

/** What became of a text. */
export interface Rewritten {
  before: string;
  after: string;
  written: boolean;
}

/** How to write. */
export interface WriteOptions {
  /** Write nothing. Default false. */
  dryRun?: boolean | undefined;
  signal: AbortSignal;
}

/** The text of a manifest as it stands now. Throws MANIFEST_NOT_FOUND, LOCAL_IO. */
export async function manifestText({ file }: Pick<Manifest, "file">): Promise<string> {
  const bytes = await readWhole(file, MOST_BYTES);
  if (bytes === undefined) throw new AssetsError("MANIFEST_NOT_FOUND", `There is no manifest ${file} any more.`);
  return bytes.toString("utf8");
}

/** What a text is as the manifest of that place. Throws MANIFEST_INVALID with every problem, `blame` before them. */
function checkText(text: string, manifest: Pick<Manifest, "file" | "root">, blame: string): Manifest {
  const { manifest: now, issues } = readManifest(text, manifest);
  if (now !== undefined) return now;
  throw new AssetsError("MANIFEST_INVALID", `${blame}\n${formatIssues(manifest.file, issues)}`);
}

/**
 * What the manifest would be with this text, which nobody has seen yet. Throws MANIFEST_INVALID when it is none as it
 * stands, else `code` with all that is wrong with what is new, `blame` before it.
 */
export async function tryText(
  text: string,
  manifest: Pick<Manifest, "file" | "root">,
  { blame, code }: { blame: string; code: "USAGE" | "UNSAFE_PATH" },
): Promise<Manifest> {
  const { manifest: now, issues } = readManifest(text, manifest);
  if (now !== undefined) return now;
  checkText(await manifestText(manifest), manifest, "The manifest has become invalid meanwhile; nothing was written.");
  throw new AssetsError(code, `${blame}\n${formatUnplaced(issues)}`);
}

/**
 * Edits a manifest while no other run does. `edit` gets the text and what it means now, which may be more than was loaded
 * before. Throws MANIFEST_INVALID when the text before or after is no manifest, what `edit` throws, LOCAL_IO, DISK_FULL,
 * the signal's reason.
 */
export async function rewriteManifest(
  manifest: Manifest,
  edit: (text: string, now: Manifest) => string,
  { dryRun = false, signal }: WriteOptions,
): Promise<Rewritten> {
  // Where no lock can be made, two runs at once are somebody's own affair.
  const held = dryRun
    ? undefined
    : await lock(manifest.root, manifest.file, { timeoutMs: WAIT_MS, signal }).catch((error) => {
        if (error instanceof AssetsError && error.code === "LOCAL_IO") return undefined;
        throw error;
      });
  try {
    if (held?.doubtful === false) await removeDrafts(manifest.file);
    const before = await manifestText(manifest);
    const now = checkText(before, manifest, "The manifest has become invalid meanwhile; nothing was written.");
    const after = edit(before, now);
    if (after === before) return { before, after, written: false };
    checkText(after, manifest, "This would not be a valid manifest; nothing was written.");
    if (!dryRun) await replaceWhole(manifest.file, after);
    return { before, after, written: !dryRun };
  } finally {
    await held?.release();
  }
}
