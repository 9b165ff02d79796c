/** Loads the manifest that a command works on. */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { AssetsError, visibleLine } from "../errors.js";
import { wayInto } from "../ways.js";
import { decodeText } from "./decode.js";
import { findManifest, HOW_TO_WRITE } from "./find.js";
import { readFlawless } from "./flawless.js";
import { formatIssues, type ManifestIssue } from "./issues.js";
import type { Manifest } from "./types.js";

/** Which manifest to load. */
export interface LoadOptions {
  /** The manifest file, absolute or relative to `cwd`. Default: the nearest one in `cwd` and the folders above. */
  file?: string;
  /** Folder that file paths are relative to, absolute or relative to `cwd`. Default: what the manifest says. */
  root?: string;
  /** Absolute folder that the run starts in. */
  cwd: string;
}

const MAX_MEGABYTES = 64;

/** A manifest as it was read. */
export interface ManifestSource {
  /** Absolute. */
  readonly file: string;
  /** The same, for messages. */
  readonly shown: string;
  readonly bytes: Uint8Array;
}

/** Finds and reads a manifest. Throws MANIFEST_NOT_FOUND, and MANIFEST_INVALID for what cannot be read. */
export function readSource({ file, cwd }: LoadOptions): ManifestSource {
  const path = file === undefined ? findManifest(cwd) : resolve(cwd, file);
  const shown = shownPath(path, cwd);
  return { file: path, shown, bytes: readBytes(path, shown) };
}

/** Checks and normalises a manifest. Throws like {@link readSource}, and MANIFEST_INVALID with every problem. */
export async function loadManifest(options: LoadOptions, source = readSource(options)): Promise<Manifest> {
  const { file, shown, bytes } = source;
  const decoded = decodeText(bytes);
  if ("issue" in decoded) throw invalid(shown, [decoded.issue]);
  const { root, cwd } = options;
  const places = { file, ...(root !== undefined && { root: resolve(cwd, root) }) };
  const flawless = readFlawless(decoded.text, places);
  if (flawless !== undefined) return flawless;
  // The schemas and the parser that knows every line are loaded only for what needs them.
  const { readManifest } = await import("./read.js");
  const { manifest, issues } = readManifest(decoded.text, places);
  if (manifest === undefined) throw invalid(shown, issues);
  return manifest;
}

/** At once: the way through Node's thread pool, piece by piece, takes several times as long as the reading. */
function readBytes(path: string, shown: string): Uint8Array {
  const refuse = (why: string, hint: string) =>
    new AssetsError("MANIFEST_INVALID", `The manifest ${visibleLine(shown)} ${why}.`, { hint });
  try {
    const info = statSync(path);
    if (info.isDirectory()) throw refuse("is a folder", "Name the file in it: --manifest FILE");
    // Opening a named pipe or a device might wait for ever.
    if (!info.isFile()) throw refuse("is not a regular file", "Name another one: --manifest FILE");
    if (info.size > MAX_MEGABYTES * 2 ** 20) {
      const size = `${Math.ceil(info.size / 2 ** 20)} MiB`;
      throw refuse(`has ${size}, more than the ${MAX_MEGABYTES} MiB that are read`, "Split it into several manifests.");
    }
    return readFileSync(path);
  } catch (error) {
    if (error instanceof AssetsError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") {
      const message = `There is no manifest ${visibleLine(shown)}.`;
      throw new AssetsError("MANIFEST_NOT_FOUND", message, { hint: HOW_TO_WRITE, cause: error });
    }
    throw refuse(`cannot be read (${code ?? "unknown error"})`, "Check the path and your permissions.");
  }
}

function invalid(shown: string, issues: readonly ManifestIssue[]): AssetsError {
  return new AssetsError("MANIFEST_INVALID", formatIssues(shown, issues), {
    hint: 'Correct these lines and run the command again. The README explains every key under "Manifest reference".',
  });
}

/** As short as a person would write it. */
function shownPath(path: string, cwd: string): string {
  const way = wayInto(cwd, path) ?? path;
  return way === "" ? "." : way;
}
