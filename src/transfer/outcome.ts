/** What is told of a file in the end. */
import { AssetsError, errorInfo } from "../errors.js";
import type { Outcome } from "../events.js";
import type { PlanItem } from "../plan.js";

/** The error of a file that was left alone. */
export function conflictError({ file, state, reason = "", hint }: PlanItem): AssetsError {
  const folder = state.kind === "unreadable" && state.folder === true;
  return new AssetsError("CONFLICT", `${file.path}: ${reason}.`, {
    hint: folder
      ? "Move the folder away, then run the same command again."
      : (hint ?? "It was left alone. To replace it, run the same command with --force."),
  });
}

/** The outcome of a file that stands right, or was put there. */
export function settled({ file, state }: PlanItem, status: "present" | "downloaded" | "reused"): Outcome {
  const size = "size" in state ? state.size : 0;
  const verified = file.sha256 !== undefined;
  return { asset: file.asset, path: file.path, status, size, received: 0, verified, attempts: 0, tried: [] };
}

/** The outcome of a file that could not be put in its place; an aborted one counts as skipped. */
export function failed(
  { file }: PlanItem,
  error: AssetsError,
  { received, attempts, tried }: Pick<Outcome, "received" | "attempts" | "tried"> = {
    received: 0,
    attempts: 0,
    tried: [],
  },
): Outcome {
  const status = error.code === "ABORTED" ? "skipped" : "failed";
  const { asset, path } = file;
  return { asset, path, status, size: 0, received, verified: false, attempts, tried, error: errorInfo(error) };
}
