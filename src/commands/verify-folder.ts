/** `assets verify FOLDER`: looks, without a manifest, for files that are probably not what their names say. */
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { AssetsError, abortError, visibleLine } from "../errors.js";
import { judgeOf } from "../formats/index.js";
import { leftover } from "../formats/leftover.js";
import type { Judge } from "../formats/probe.js";
import { webPage } from "../formats/web-page.js";
import { POINTER_SIZE_LIMIT, parsePointer } from "../lfs-pointer.js";
import { errnoOf } from "../store/disk-error.js";
import { realPlace } from "../store/find-small-files.js";
import { HOME_FOLDER } from "../store/home.js";
import { plainSize, probeFile } from "../store/probe-file.js";
import { reasonOf, walkFiles } from "../store/walk-files.js";
import { pathFrom } from "../ways.js";
import type { SuspectReport, SuspectsReport } from "./loose-reports.js";

export interface VerifyFolderOptions {
  /** Folders or files to search, absolute. */
  paths: readonly string[];
  /** Absolute path of the folder that paths are reported relative to. */
  cwd: string;
  signal?: AbortSignal;
}

/** Files that are empty for a reason. */
const EMPTY_BY_DESIGN = /^(?:\..*|__init__\.py|py\.typed)$/;

/**
 * Looks at the name, the size and the two ends of every file. Links are not followed, and `.git` and the tool's own folders
 * not entered. Throws USAGE for a path that is not there, ABORTED.
 */
export async function verifyFolder({ paths, cwd, signal }: VerifyFolderOptions): Promise<SuspectsReport> {
  const started = performance.now();
  const suspects = new Map<string, SuspectReport>();
  const unreadable = new Map<string, string>();
  let files = 0;
  const places = await Promise.all(paths.map((path) => placeOf(path, cwd)));
  for (const place of new Set(places)) {
    const tell = (path: string) => pathFrom(cwd, join(place, path));
    const onUnreadable = (path: string, reason: string) => void unreadable.set(tell(path), visibleLine(reason));
    const examine = async (path: string) => {
      try {
        const suspect = await suspicion(join(place, path));
        files += 1;
        if (suspect) suspects.set(tell(path), { path: tell(path), ...suspect });
      } catch (error) {
        if (errnoOf(error) === "") throw error;
        const reason = reasonOf(error, path);
        if (reason !== undefined) onUnreadable(path, reason);
      }
    };
    if ((await stat(place)).isDirectory()) {
      await walkFiles({ place, skip: [".git", HOME_FOLDER], onUnreadable, signal }, examine);
    } else await examine("");
    if (signal?.aborted) throw abortError();
  }
  const sorted = [...suspects.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    searched: [...new Set(places)],
    ok: sorted.length === 0,
    suspects: sorted,
    unreadable: [...unreadable].map(([path, reason]) => ({ path, reason })),
    totals: { files, suspects: sorted.length },
    durationMs: performance.now() - started,
  };
}

async function placeOf(path: string, cwd: string): Promise<string> {
  const place = await realPlace(path);
  if (place === undefined) throw new AssetsError("USAGE", `${pathFrom(cwd, path)} is not there.`);
  return place;
}

async function suspicion(path: string): Promise<Omit<SuspectReport, "path"> | undefined> {
  const size = await plainSize(path);
  if (size === undefined) return undefined;
  const name = basename(path);
  const left = leftover(name);
  if (left !== undefined) return { kind: "leftover", size, reason: left };
  if (size === 0) return EMPTY_BY_DESIGN.test(name) ? undefined : { kind: "empty", size, reason: "it is empty" };
  const judge = judgeOf(name);
  if (judge === undefined && size >= POINTER_SIZE_LIMIT) return undefined;
  let kind: SuspectReport["kind"] = "format";
  const ask: Judge = (probe) => {
    const pointer = size < POINTER_SIZE_LIMIT ? pointerIn(probe.head) : undefined;
    const page = pointer ?? (judge && webPage(probe.head));
    if (page !== undefined) kind = pointer === undefined ? "page" : "pointer";
    return page ?? judge?.(probe);
  };
  const reason = await probeFile(path, ask);
  return reason === undefined ? undefined : { kind, size, reason: visibleLine(reason) };
}

function pointerIn(bytes: Uint8Array): string | undefined {
  const pointer = parsePointer(bytes);
  if (pointer.kind === "none") return undefined;
  if (pointer.kind === "malformed") return `a Git LFS pointer that cannot be read: ${pointer.problem}`;
  return `a Git LFS pointer to ${pointer.size} bytes`;
}
