/** Decides what is to be done about each file, from how it was found: pure. */
import { visibleLine } from "./errors.js";
import type { PlannedAction } from "./events.js";
import type { AssetFile } from "./manifest/types.js";
import type { FileState } from "./store/inspect.js";

/** A file of the manifest, where it goes and how it was found. */
export interface FoundFile {
  readonly file: AssetFile;
  /** Absolute path. */
  readonly target: string;
  readonly state: FileState;
  /** The SHA-256 that was last proven to stand there: that content came from an earlier pin and can be given up. */
  readonly earlierPin?: string | undefined;
  /** What stands there is no more than a power cut left of a file that was put there. */
  readonly remnant?: boolean | undefined;
}

/** What the user allows. */
export interface PlanPolicy {
  /** Replace what differs from its pin whatever it is, and fetch unpinned files anew. */
  readonly force: boolean;
}

/** What was decided for one file. */
export interface PlanItem extends FoundFile {
  readonly action: PlannedAction;
  /** Why a conflict is one: reads after the path and a colon. */
  readonly reason?: string;
  /** What to do about a conflict, where it is not to say `--force`. */
  readonly hint?: string;
}

/** Decides for one file. A file that may hold a user's changes is a conflict unless `force` is given. */
export function planFile(found: FoundFile, { force }: PlanPolicy): PlanItem {
  const { state } = found;
  switch (state.kind) {
    case "missing":
      return { ...found, action: "download" };
    case "valid":
    case "unverified":
      return { ...found, action: "keep" };
    case "unpinned":
      return { ...found, action: force ? "replace" : "keep" };
    case "lfs-pointer":
      return { ...found, action: "replace" };
    case "size-mismatch":
    case "digest-mismatch": {
      const ours = found.remnant || (state.sha256 !== undefined && state.sha256 === found.earlierPin);
      return force || ours ? { ...found, action: "replace" } : { ...found, action: "conflict", reason: differs(found) };
    }
    case "unreadable":
      return force && state.folder !== true
        ? { ...found, action: "replace" }
        : { ...found, action: "conflict", reason: visibleLine(state.reason) };
  }
}

/** Whether a plan item brings bytes. */
export function isFetch(item: PlanItem): boolean {
  return item.action === "download" || item.action === "replace";
}

function differs({ file, state }: FoundFile): string {
  if (state.kind === "size-mismatch") {
    return `a local file of ${state.size} bytes stands there, the manifest pins ${file.size}`;
  }
  const found = state.kind === "digest-mismatch" ? state.sha256.slice(0, 12) : "?";
  return `a local file with SHA-256 ${found}… stands there, the manifest pins ${file.sha256?.slice(0, 12)}…`;
}
