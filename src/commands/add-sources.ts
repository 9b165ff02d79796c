/** Reads what `assets add` is given: URLs, short forms and files of this machine. */
import { stat } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { AssetsError, redact, visibleLine } from "../errors.js";
import type { ErrorInfo } from "../events.js";
import { POINTER_SIZE_LIMIT, parsePointer } from "../lfs-pointer.js";
import type { Pins } from "../manifest/new-entry.js";
import { checkPublic } from "../manifest/public-urls.js";
import type { Manifest } from "../manifest/types.js";
import { checkUrl, resolveUrl } from "../manifest/urls.js";
import { parseRaw, rawUrl } from "../raw-files.js";
import { shellWord } from "../shell-word.js";
import type { Described } from "../source/described.js";
import { readWhole } from "../store/whole-text.js";

/** Something to add. */
export interface AddSource {
  /** As the manifest would have it. */
  url: string;
  /** As the sources open it. */
  resolved: string;
  /** Where it lies already, relative to the root. */
  inPlace?: string;
  /** What a Git LFS pointer in its place says of it. */
  pointer?: Pins;
  /** What is stated of it, where that is known already. */
  described?: Described;
  /** The repository that was named as a whole, the asset that it becomes, and the path in it. */
  repository?: { words: string; id: string; type: string; below: string };
  /** Why there is nothing to add. */
  error?: ErrorInfo;
}

/** Reads one argument. `from`: where a file that lies in its place comes from. Throws USAGE. */
export async function readAddSource(
  words: string,
  { base, root }: Manifest,
  { cwd, from }: { cwd: string; from: string | undefined },
): Promise<AddSource> {
  if (/^[a-z][a-z0-9+.-]+:/i.test(words)) {
    if (from !== undefined) {
      throw new AssetsError("USAGE", "--url says where a file of this machine comes from: name the file.", {
        hint: "Another place with the same bytes: --fallback URL",
      });
    }
    return urlSource(words, base);
  }
  const file = resolve(cwd, words);
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw noFile(words);
  if (!found.isFile()) {
    throw new AssetsError("USAGE", `${visibleLine(words)} is not a regular file.`, {
      hint: "Name its files one by one.",
    });
  }
  const inPlace = within(root, file);
  if (inPlace === undefined) {
    if (from !== undefined) {
      throw new AssetsError(
        "USAGE",
        `${visibleLine(words)} lies outside of ${visibleLine(root)}, where no asset can be.`,
        {
          hint: "Move it there first, or leave it out: assets add URL",
        },
      );
    }
    const way = within(base, file);
    return urlSource(way === undefined ? pathToFileURL(file).href : way, base);
  }
  if (from === undefined) {
    throw new AssetsError("USAGE", `${inPlace} lies in its place already, and nothing says where others get it from.`, {
      hint: `Say where: assets add ${shellWord(words)} --url URL`,
    });
  }
  const pointer = await pointerAt(file, found.size);
  return { ...urlSource(from, base), inPlace, ...(pointer && { pointer }) };
}

/** A URL that a manifest may have. Throws USAGE. */
export function urlSource(url: string, base: string): AddSource {
  const file = rawLink(url);
  if (file !== undefined) return urlSource(file, base);
  const problem = checkUrl(url) ?? checkPublic(url);
  if (problem !== undefined) {
    const { message, suggestion } = problem;
    throw new AssetsError("USAGE", `${redact(url)}: ${message}.`, suggestion === undefined ? {} : { hint: suggestion });
  }
  return { url, resolved: resolveUrl(url, base) };
}

/** The raw address of the file that a page or a link of GitHub stands for. */
function rawLink(url: string): string | undefined {
  const file = /^https:\/\/github\.com\//i.test(url) ? parseRaw(url) : undefined;
  return file && rawUrl(file);
}

/** The path of a file below a folder, `/`-separated; undefined for one that lies elsewhere. */
function within(folder: string, file: string): string | undefined {
  const way = relative(folder, file);
  return way === "" || isAbsolute(way) || way.split(sep)[0] === ".." ? undefined : way.split(sep).join("/");
}

async function pointerAt(file: string, size: number): Promise<Pins | undefined> {
  if (size >= POINTER_SIZE_LIMIT) return undefined;
  const bytes = await readWhole(file, POINTER_SIZE_LIMIT);
  const pointer = bytes && parsePointer(bytes);
  if (pointer?.kind !== "pointer" && pointer?.kind !== "non-canonical") return undefined;
  if (pointer.extensions.length > 0) return undefined;
  return { size: pointer.size, sha256: pointer.oid, pinnedAs: "declared" };
}

function noFile(words: string): AssetsError {
  const problem = checkUrl(words);
  const hint = problem?.suggestion ?? "A URL begins with its scheme: https:, hf:, github:, zenodo:, npm:, file:.";
  return new AssetsError("USAGE", `There is no file ${visibleLine(words)}.`, { hint });
}
