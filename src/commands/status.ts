/** `assets status`: whether all is well here, told at a glance; nothing is hashed. */
import { type Selection, select } from "../manifest/select.js";
import type { Manifest } from "../manifest/types.js";
import { fileReport } from "./file-report.js";
import type { StatusReport } from "./reports.js";
import { openWorkspace } from "./workspace.js";

export interface StatusOptions {
  manifest: Manifest;
  /** Default: every file. */
  selection?: Selection;
  signal?: AbortSignal;
}

/** Looks at the selected files. Throws UNKNOWN_ID, NOTHING_SELECTED, USAGE, ABORTED. */
export async function status({ manifest, selection = {}, signal }: StatusOptions): Promise<StatusReport> {
  const files = select(manifest, selection);
  const workspace = await openWorkspace(manifest);
  try {
    const found = await workspace.lookAll(files, { recall: true, hash: false, ...(signal && { signal }) });
    const totals = { files: files.length, valid: 0, unpinned: 0, unproven: 0, missing: 0, damaged: 0 };
    for (const { status: how } of found.map(fileReport)) {
      if (how === "valid" || how === "unpinned" || how === "missing") totals[how]++;
      else if (how === "unverified") totals.unproven++;
      else totals.damaged++;
    }
    const ok = totals.valid + totals.unpinned === totals.files;
    return { manifest: manifest.file, root: manifest.root, ok, totals };
  } finally {
    await workspace.close();
  }
}
