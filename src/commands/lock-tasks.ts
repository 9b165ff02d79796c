/** What `assets lock` knows of a file on its way to being locked: what it needs, and what was stated of its URLs. */
import { AssetsError, errorInfo } from "../errors.js";
import type { ErrorInfo } from "../events.js";
import { type FileInText, readText } from "../manifest/files-in-text.js";
import type { JsonPath } from "../manifest/issues.js";
import { movingReference } from "../manifest/moving.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { resolveUrl } from "../manifest/urls.js";
import type { LockNeed } from "./author-reports.js";
import type { Answer } from "./describe-urls.js";
import { type Bytes, type Settled, type Statement, settlePins } from "./settle-pins.js";

/** A URL of a file as it stands in the text. */
export interface Place {
  /** Leads from the object of the file to it. */
  below: JsonPath;
  url: string;
  resolved: string;
  reference: string | undefined;
}

/** A file on its way to being locked. */
export interface LockTask {
  file: AssetFile;
  places: Place[];
  needs: LockNeed[];
  statements: (Statement & { place: Place })[];
  settled: Settled;
  bytes?: Bytes;
  /** Why somebody could not be asked who may know the size. */
  unasked?: ErrorInfo;
  error?: ErrorInfo;
}

/** Whether a SHA-256 is pinned, and its size is still to be found out. */
export function isSizeless({ file, settled: { pins } }: LockTask): boolean {
  return file.sha256 !== undefined && pins.size === undefined;
}

/** A task for each file that the text has a place for. */
export function tasksOf(files: readonly AssetFile[], { base }: Manifest, text: string): LockTask[] {
  const inText = filesIn(text, base);
  return files.flatMap((file): LockTask[] => {
    const content = inText.get(file.path)?.content;
    if (content === undefined) return [];
    const others = (content.fallbackUrls ?? []).map((url, index) => ({ url, below: ["fallbackUrls", index] }));
    const places = [{ url: content.url, below: ["url"] }, ...others].map(({ url, below }) => {
      const moving = movingReference(url);
      return { below, url, resolved: resolveUrl(url, base), reference: moving?.told ? moving.reference : undefined };
    });
    const needs: LockNeed[] = [];
    if (file.sha256 === undefined) needs.push(file.stated === undefined ? "unpinned" : "weak");
    if (places.some(({ reference }) => reference !== undefined)) needs.push("moving");
    if (file.sha256 !== undefined && file.size === undefined) needs.push("size");
    return [{ file, places, needs, statements: [], settled: settlePins(file, []) }];
  });
}

/** The files of a text, by their paths from the root. */
export function filesIn(text: string, base: string): Map<string, FileInText> {
  return new Map(readText(text, base).assets.flatMap((asset) => asset.files.map((file) => [file.path, file])));
}

/** Takes what was stated about the URLs of a file. */
export function learn(task: LockTask, asked: readonly Place[], answers: readonly Answer[]): void {
  const failures: ErrorInfo[] = [];
  for (const [index, place] of asked.entries()) {
    const answer = answers[index];
    if (answer === undefined) continue;
    if ("error" in answer) failures.push(answer.error);
    else if (answer.described !== undefined) {
      const primary = place === task.places[0];
      task.statements.push({ url: place.url, described: answer.described, primary, place });
    }
  }
  try {
    task.settled = settlePins(task.file, task.statements);
  } catch (error) {
    if (!(error instanceof AssetsError)) throw error;
    task.error = errorInfo(error);
    return;
  }
  const isStuck = task.needs.includes("moving") && task.statements.every(({ described }) => !described.moved);
  if (failures[0] === undefined) return;
  if (isStuck) task.error = failures[0];
  else if (isSizeless(task)) task.unasked = failures[0];
}

/** The file as the transfers take it, each URL standing for what it stood for when it was described. */
export function measurable({ file, places, statements, settled: { open } }: LockTask): AssetFile {
  const { stated: _, ...rest } = file;
  const urls = places.map((place) => {
    const { described } = statements.find((statement) => statement.place === place) ?? {};
    return described?.moved === undefined ? place.resolved : described.url;
  });
  // A SHA-256 that is only stated is held against the bytes like all else that is, before they get their name.
  const declared = file.sha256 === undefined ? open?.sha256 : undefined;
  const sum = declared === undefined ? [] : [{ algorithm: "sha256", hex: declared } as const];
  const stated = [...(open?.stated ?? []), ...sum];
  return { ...rest, urls, ...(stated.length > 0 && { stated }) };
}
