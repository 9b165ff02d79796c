/** `assets import`: merges what another tool's list names into the manifest. */
import { basename } from "node:path";
import { AssetsError } from "../errors.js";
import { type ImportWishes, toAssets } from "../interchange/assets.js";
import { keptApart } from "../interchange/list-id.js";
import type { Listing, Remark } from "../interchange/listing.js";
import { type MergeConflict, type Merged, type MergedFile, mergeEntries } from "../manifest/merge.js";
import type { Manifest } from "../manifest/types.js";
import { rewriteManifest } from "./write-manifest.js";

export interface ImportOptions {
  listing: Listing;
  wishes: ImportWishes;
  /** The id that nobody asked for, and what the files of that asset lie below: it is shared with no files from elsewhere. */
  unasked?: { readonly id: string; readonly base?: string | undefined } | undefined;
  /** Absolute path of the manifest's file, be it there or not. */
  file: string;
  /** Absolute path of the folder that its paths are relative to. */
  root: string;
  /** Say what would be written, and write nothing. Default false. */
  dryRun?: boolean;
  signal?: AbortSignal;
}

/** Answer of `assets import`. Paths are relative to the root. */
export interface ImportReport {
  /** Absolute path of the manifest's file. */
  manifest: string;
  /** The file was not there. */
  created: boolean;
  dryRun: boolean;
  /** Nothing was refused, and nothing contradicts the manifest. */
  ok: boolean;
  written: boolean;
  added: readonly MergedFile[];
  /** Files that were there and have a digest or size now that they had not. */
  filled: readonly MergedFile[];
  /** Files that were there just so. */
  same: readonly MergedFile[];
  conflicts: readonly MergeConflict[];
  /** Ids of assets of the manifest of which every file is in conflict: nothing else is lost with them. */
  replaceable: readonly string[];
  /** What should have been a file and is none. */
  refused: readonly Remark[];
  /** What was left out of files that are taken over. */
  notes: readonly Remark[];
  /** Bytes of the files that were added, as far as their sizes are known. */
  bytes: number;
  /** Files that were added without a SHA-256. */
  unpinned: number;
  /** What there is to do next where the list comes from, as whole sentences. */
  next: readonly string[];
  /** The change of the manifest's text, as `diff -u` has it. */
  diff: string;
}

/** Remarks that say why there is nothing. */
const MOST_HINTS = 3;
const LONGEST_DIFF_MS = 10_000;
const EMPTY = '{\n  "version": 1,\n  "assets": []\n}\n';

/**
 * Adds the files of a listing to the manifest. What is pinned there stays as it is. Throws NOTHING_SELECTED for an empty
 * listing, MANIFEST_INVALID when the manifest would be none, LOCKED, LOCAL_IO, DISK_FULL, the signal's reason.
 */
export async function importListing(options: ImportOptions): Promise<ImportReport> {
  const { listing, wishes, unasked, file, root, dryRun = false, signal = new AbortController().signal } = options;
  if (listing.files.length + listing.refused.length === 0) {
    const known = listing.notes.slice(0, MOST_HINTS).map(({ place, message }) => `${place}: ${message}.`);
    throw new AssetsError("NOTHING_SELECTED", "There is nothing in it to import.", {
      ...(known.length > 0 && { hint: known.join("\n") }),
    });
  }
  const { assets, refused, notes } = toAssets(listing, wishes);
  let merged: Merged = { text: "", added: [], filled: [], same: [], conflicts: [], replaceable: [] };
  const edit = (text: string, now: Manifest) => {
    const apart = unasked === undefined ? assets : keptApart(assets, unasked, now);
    merged = mergeEntries(text, apart, { file, root });
    return merged.text;
  };
  const { before, after, written } = await rewriteManifest({ file, root }, edit, { dryRun, start: EMPTY, signal });
  const { added, filled, same, conflicts, replaceable } = merged;
  const changes = added.length + filled.length > 0;
  const all = assets.flatMap((asset) =>
    asset.files.map((one) => ({ ...one, whole: asset.path ? `${asset.path}/${one.path}` : one.path })),
  );
  const fresh = new Set(added.map(({ path }) => path));
  const news = all.filter(({ whole }) => fresh.has(whole));
  return {
    manifest: file,
    created: before === undefined && changes,
    dryRun,
    ok: refused.length + conflicts.length === 0,
    written,
    added,
    filled,
    same,
    conflicts,
    replaceable,
    refused,
    notes,
    bytes: news.reduce((sum, { size = 0 }) => sum + size, 0),
    unpinned: news.filter(({ sha256 }) => sha256 === undefined).length,
    next: listing.next ?? [],
    diff: changes ? await diffOf(basename(file), before ?? "", after) : "",
  };
}

async function diffOf(name: string, before: string, after: string): Promise<string> {
  const { createTwoFilesPatch } = await import("diff");
  const patch = createTwoFilesPatch(`a/${name}`, `b/${name}`, before, after, undefined, undefined, {
    context: 3,
    timeout: LONGEST_DIFF_MS,
  });
  return (patch ?? "").replace(/^={3,}\n/, "");
}
