/** Turns how a file was found into what reports say of it. */
import { visibleLine } from "../errors.js";
import type { FoundFile } from "../plan.js";
import type { FileReport } from "./reports.js";

/** The report of one file. */
export function fileReport({ file, state }: FoundFile): FileReport {
  const { asset, path, size, sha256 } = file;
  const found = "size" in state ? state.size : undefined;
  const known = size ?? found ?? file.sizeHint;
  const report: FileReport = { asset, path, status: state.kind, ...(known !== undefined && { size: known }) };
  switch (state.kind) {
    case "size-mismatch":
      return { ...report, expected: pin(size, sha256), actual: pin(found, state.sha256) };
    case "digest-mismatch":
      return { ...report, expected: pin(size, sha256), actual: pin(found, state.sha256) };
    case "lfs-pointer":
      return {
        ...report,
        expected: pin(size, sha256),
        actual: pin(found, undefined),
        reason: `a Git LFS pointer to ${state.pointerSize} bytes with SHA-256 ${state.oid} stands there`,
      };
    case "unreadable":
      return { ...report, reason: visibleLine(state.reason) };
    case "valid":
      return { ...report, actual: pin(found, sha256), proof: state.proof };
    case "unpinned":
      return { ...report, actual: pin(found, state.sha256) };
    default:
      return report;
  }
}

function pin(size: number | undefined, sha256: string | undefined): { size?: number; sha256?: string } {
  return { ...(size !== undefined && { size }), ...(sha256 !== undefined && { sha256 }) };
}
