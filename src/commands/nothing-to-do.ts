/** Answers `assets download --all` from memory where nothing is to be done, without taking a long manifest apart. */
import { baseOf } from "../manifest/bases.js";
import type { ManifestSource } from "../manifest/load.js";
import type { Manifest } from "../manifest/types.js";
import { recallPresent, rememberPresent } from "../store/present-memory.js";
import { totalsOf } from "./download-report.js";
import type { DownloadReport } from "./reports.js";

/** The answer, in which no file is told by itself; undefined where it has to be found out. Throws ABORTED. */
export async function recallDownload(
  { file, bytes }: ManifestSource,
  signal: AbortSignal,
): Promise<DownloadReport | undefined> {
  const started = performance.now();
  const root = baseOf(file);
  const present = await recallPresent({ root, bytes }, signal);
  if (present === undefined) return undefined;
  return {
    manifest: file,
    root,
    dryRun: false,
    ok: true,
    exitCode: 0,
    outcomes: [],
    totals: { ...totalsOf([], 0), files: present, present },
    keptPartialBytes: 0,
    durationMs: performance.now() - started,
  };
}

/** Remembers the answer of a download of everything that had nothing to do, if it can be told anew by a look. Throws ABORTED. */
export async function rememberDownload(
  { file, bytes }: ManifestSource,
  manifest: Manifest,
  { totals }: DownloadReport,
  signal: AbortSignal,
): Promise<void> {
  const root = baseOf(file);
  // The files of a whole repository are not all in the manifest.
  const isOwn = manifest.root === root && manifest.assets.every(({ repository }) => repository === undefined);
  if (!isOwn || totals.present < totals.files) return;
  const files = manifest.assets.flatMap(({ files }) => files);
  await rememberPresent({ root, bytes }, files, signal);
}
