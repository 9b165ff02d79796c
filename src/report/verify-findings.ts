/** The answer of `assets verify` as findings. */
import type { FileReport, VerifyReport } from "../commands/reports.js";
import { shellWord } from "../shell-word.js";
import type { Check, FindingPlace, Findings, Rule } from "./findings.js";
import { fixOf } from "./fixes.js";
import { formatExactBytes } from "./format.js";
import { summarise } from "./verify.js";

const FETCH = "Fetch it: assets download ID.";
const REPAIR = "If the pin is right, put the pinned bytes there: assets repair ID.";

const RULES: readonly Rule[] = [
  { id: "missing", summary: "A file that the manifest pins is not there.", help: FETCH },
  { id: "size-mismatch", summary: "A file has another size than the manifest pins.", help: REPAIR },
  { id: "digest-mismatch", summary: "A file has another SHA-256 than the manifest pins.", help: REPAIR },
  { id: "lfs-pointer", summary: "A Git LFS pointer stands in the place of the content.", help: FETCH },
  {
    id: "unreadable",
    summary: "A file cannot be read.",
    help: "Look at what stands in its place, and who may read it.",
  },
  { id: "unverified", summary: "A file was not hashed.", help: "Prove it: assets verify." },
  { id: "unpinned", summary: "The manifest pins no SHA-256, so nothing can prove the file.", help: "Pin its SHA-256." },
  {
    id: "required-missing",
    summary: "No file of the manifest matches a pattern of required files.",
    help: "Name the files in the manifest, or correct the pattern.",
  },
  {
    id: "extra-file",
    summary: "A file in the folder of an asset belongs to no asset.",
    help: "Remove it, name it in the manifest, or leave it out: assets verify --extra --exclude GLOB.",
  },
  {
    id: "leftover",
    summary: "An unfinished download is left that no pin goes on with.",
    help: "Remove it if you do not need it.",
  },
];

/** Where things stand, for findings that point there. */
export interface VerifyPlaces {
  /** The manifest as a whole, with the line where a file of it is named if that is known. */
  inManifest(path?: string): FindingPlace;
  /** A file under the root. */
  onDisk(path: string): FindingPlace;
}

/** `program`: how the program is called in the commands that are told. */
export function verifyFindings(
  report: VerifyReport,
  { places, startedAt, program = "assets" }: { places: VerifyPlaces; startedAt: Date; program?: string },
): Findings {
  const { files, unmatched = [], extra = [], leftovers = [], durationMs } = report;
  const checks: Check[] = files.map((file) => {
    const check = { group: file.asset, name: file.path };
    return file.status === "valid"
      ? check
      : { ...check, problem: problemOf(file, places.inManifest(file.path), program) };
  });
  for (const pattern of unmatched) {
    const message = `No file of the manifest matches the required pattern ${pattern}.`;
    const place = places.inManifest();
    checks.push({
      group: "--require",
      name: pattern,
      problem: { rule: "required-missing", level: "error", message, place },
    });
  }
  for (const { path, reason } of extra) {
    const message = `${path} belongs to no asset${reason === undefined ? "" : ` (${reason})`}.`;
    const problem = { rule: "extra-file", level: "error" as const, message, place: places.onDisk(path) };
    checks.push({ group: "--extra", name: path, problem });
  }
  for (const { path } of leftovers) {
    const message = `${path} is left of a download that no pin goes on with.`;
    const problem = { rule: "leftover", level: "note" as const, message, place: places.onDisk(path) };
    checks.push({ group: "--extra", name: path, problem });
  }
  return { command: "verify", rules: RULES, checks, summary: summarise(report), startedAt, durationMs };
}

function problemOf(file: FileReport, place: FindingPlace, program: string): NonNullable<Check["problem"]> {
  const fix = fixOf(file.status, shellWord(file.asset), program);
  return {
    rule: file.status,
    level: file.finding ? "error" : "warning",
    message: `${file.path} (asset ${file.asset}) ${saysOf(file)}.`,
    ...(fix !== undefined && { fix: fix.command }),
    place,
  };
}

function saysOf({ status, expected, actual, reason }: FileReport): string {
  switch (status) {
    case "missing":
      return "is missing";
    case "size-mismatch":
      return `has ${bytes(actual?.size)}, and the manifest pins ${bytes(expected?.size)}`;
    case "digest-mismatch":
      return `has the SHA-256 ${actual?.sha256 ?? "?"}, and the manifest pins ${expected?.sha256 ?? "?"}`;
    case "lfs-pointer":
      return `is not the content: ${reason ?? "a Git LFS pointer stands there"}`;
    case "unpinned":
      return "has no pinned SHA-256, so nothing can prove it";
    case "unverified":
      return "was not hashed";
    default:
      return `cannot be read: ${reason ?? "unknown"}`;
  }
}

function bytes(size: number | undefined): string {
  return size === undefined ? "another size" : formatExactBytes(size);
}
