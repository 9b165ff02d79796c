/** What keeps files from being locked, and what was stated about them: decided without asking anybody. */
import { AssetsError, errorInfo } from "../errors.js";
import type { ErrorInfo } from "../events.js";
import type { Edit } from "../manifest/edit.js";
import { type FileInText, readText } from "../manifest/files-in-text.js";
import type { JsonPath } from "../manifest/issues.js";
import { movingReference } from "../manifest/moving.js";
import type { Pins } from "../manifest/new-entry.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { resolveUrl } from "../manifest/urls.js";
import type { Described } from "../source/described.js";
import type { LockNeed, PinnedFile } from "./author-reports.js";
import { type Answer, declaredPins, weakDigests } from "./describe-urls.js";

/** A URL of a file as it stands in the text. */
export interface UrlInText {
  at: JsonPath;
  resolved: string;
  reference: string | undefined;
}

/** A file on its way to being locked. */
export interface LockTask {
  file: AssetFile;
  text: FileInText;
  urls: UrlInText[];
  needs: LockNeed[];
  pins: Pins;
  statedBy?: string | undefined;
  weak: AssetFile["stated"];
  moved: PinnedFile["moved"];
  edits: Edit[];
  /** Why somebody could not be asked who may know the size. */
  unasked?: ErrorInfo;
  error?: ErrorInfo;
}

/** Whether a SHA-256 is pinned. */
export function isPinned({ file }: Pick<LockTask, "file">): boolean {
  return file.sha256 !== undefined;
}

/** Whether a SHA-256 is pinned, and its size is still to be found out. */
export function isSizeless({ file, pins }: Pick<LockTask, "file" | "pins">): boolean {
  return file.sha256 !== undefined && pins.size === undefined;
}

/** A task for each file that the text has a place for. */
export function tasksOf(files: readonly AssetFile[], { base }: Manifest, text: string): LockTask[] {
  const places = new Map(readText(text, base).assets.flatMap((asset) => asset.files.map((file) => [file.path, file])));
  return files.flatMap((file): LockTask[] => {
    const place = places.get(file.path);
    if (place === undefined) return [];
    const { at, content } = place;
    const others = (content.fallbackUrls ?? []).map((url, index) => ({ url, at: [...at, "fallbackUrls", index] }));
    const urls = [{ url: content.url, at: [...at, "url"] }, ...others].map(({ url, at: there }) => {
      const moving = movingReference(url);
      return { at: there, resolved: resolveUrl(url, base), reference: moving?.told ? moving.reference : undefined };
    });
    const needs: LockNeed[] = [];
    if (file.sha256 === undefined) needs.push(file.stated === undefined ? "unpinned" : "weak");
    if (urls.some(({ reference }) => reference !== undefined)) needs.push("moving");
    const { size, sha256, pinnedAs } = file;
    if (sha256 !== undefined && size === undefined) needs.push("size");
    const pins = {
      ...(size !== undefined && { size }),
      ...(sha256 !== undefined && { sha256, ...(pinnedAs && { pinnedAs }) }),
    };
    return [{ file, text: place, urls, needs, pins, weak: undefined, moved: [], edits: [] }];
  });
}

/** Takes what was stated about the URLs of a file. */
export function learn(task: LockTask, asked: readonly UrlInText[], answers: readonly Answer[]): void {
  let failure: ErrorInfo | undefined;
  const weak = [];
  for (const [index, place] of asked.entries()) {
    const answer = answers[index];
    if (answer === undefined) continue;
    if ("error" in answer) {
      failure ??= answer.error;
      continue;
    }
    const { described } = answer;
    if (described === undefined) continue;
    const contradiction = contradictionOf(task, described);
    if (contradiction !== undefined) {
      task.error = contradiction;
      return;
    }
    const declared = declaredPins(described);
    if (task.pins.sha256 === undefined && declared.sha256 !== undefined) {
      task.statedBy = described.statedBy;
      task.pins = { ...task.pins, ...declared };
    } else if (declared.size !== undefined && isSizeless(task) && declared.sha256 === task.pins.sha256) {
      task.statedBy = described.statedBy;
      task.pins = { size: declared.size, ...task.pins };
    }
    weak.push(...weakDigests(described));
    if (place.reference !== undefined && described.moved !== undefined) {
      task.moved.push({ from: place.resolved, to: described.url, reference: described.moved });
      task.edits.push({ do: "replace", at: place.at, value: described.url });
      place.resolved = described.url;
    }
  }
  if (weak.length > 0) task.weak = weak;
  const isStuck = task.needs.includes("moving") && task.moved.length === 0;
  if (failure === undefined) return;
  if (isStuck) task.error = failure;
  else if (isSizeless(task)) task.unasked = failure;
}

/** Where the reference has moved on to other bytes than are pinned, its commit of today is of no use. */
function contradictionOf({ file, pins, text }: LockTask, described: Described): ErrorInfo | undefined {
  const declared = declaredPins(described);
  const isOther = declared.sha256 !== undefined && pins.sha256 !== undefined && declared.sha256 !== pins.sha256;
  const isOtherSize =
    described.digest !== undefined &&
    declared.size !== undefined &&
    file.size !== undefined &&
    declared.size !== file.size;
  if (!isOther && !isOtherSize) return undefined;
  const [what, stated, pinned] = isOther
    ? ["SHA-256", declared.sha256, pins.sha256]
    : ["size", declared.size, file.size];
  const message = `${file.path}: ${text.content.url} has the ${what} ${stated} by now, and the manifest pins ${pinned}.`;
  return errorInfo(
    new AssetsError(isOther ? "DIGEST_MISMATCH" : "SIZE_MISMATCH", message, {
      hint: "Name the commit that has the pinned bytes, or take size and sha256 out of the manifest and lock again.",
    }),
  );
}
