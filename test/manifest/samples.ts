/** Manifests for the tests of this folder. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { AssetsError } from "../../src/errors.js";
import { readFlawless } from "../../src/manifest/flawless.js";
import type { ManifestIssue } from "../../src/manifest/issues.js";
import { loadManifest } from "../../src/manifest/load.js";
import { type ReadResult, readManifest as readCarefully } from "../../src/manifest/read.js";
import type { Manifest } from "../../src/manifest/types.js";

export const PIN = "74a4da8c9fdbcd15bd1f6d01d621410d31c6fc00986f5eb687824e7b93d7a9db";
export const OTHER_PIN = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";
export const FILE = resolve("/repo/assets.manifest.json");

/** A manifest of the given assets as text, everything on one line. */
export function document(assets: unknown, rest: object = {}): string {
  return JSON.stringify({ version: 1, ...rest, assets });
}

/** The shorthand for one file; later keys replace, and `undefined` removes. */
export function shorthand(rest: object = {}): object {
  return { id: "a", type: "model", url: "https://example.com/a.bin", localPath: "models/a.bin", ...rest };
}

/** The canonical form with one file. */
export function canonical(file: object = {}, rest: object = {}): object {
  return { id: "a", type: "model", files: [{ path: "a.bin", url: "https://example.com/a.bin", ...file }], ...rest };
}

/** Reads a text in both ways, which may not contradict each other. */
export function readManifest(text: string, options: { file: string; root?: string }): ReadResult {
  const result = readCarefully(text, options);
  const flawless = readFlawless(text, options);
  if (flawless === undefined) return result;
  const read = { manifest: flawless, issues: [] };
  // The matcher, which tells what differs, takes seconds for manifests of a hundred thousand files.
  if (!isDeepStrictEqual(read, result)) expect(read).toEqual(result);
  return result;
}

/** The manifest of a text that must be valid. */
export function valid(text: string, options: { file?: string; root?: string } = {}): Manifest {
  const { manifest, issues } = readManifest(text, { file: FILE, ...options });
  if (manifest === undefined) throw new Error(issues.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  return manifest;
}

/** The issues of a text. */
export function issuesOf(text: string, options: { file?: string; root?: string } = {}): ManifestIssue[] {
  return readManifest(text, { file: FILE, ...options }).issues;
}

/** Runs with an empty folder that is removed afterwards. */
export async function withFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "assets-manifest-"));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes a manifest into a folder. */
export async function writeManifest(folder: string, content: string | Uint8Array): Promise<string> {
  const file = join(folder, "assets.manifest.json");
  await writeFile(file, content);
  return file;
}

/** A manifest that must be refused: a title, its bytes, and what the message must say. */
export type Hostile = readonly [title: string, content: string | Uint8Array, message: RegExp];

/** Loads a hostile manifest from disk, and expects one error that is clear, placed, safe to show and of sane length. */
export async function expectRefused(...[_title, content, message]: Hostile): Promise<void> {
  await withFolder(async (folder) => {
    await writeManifest(folder, content);
    const error = await loadManifest({ cwd: folder }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof AssetsError)) throw new Error(`expected an AssetsError, got ${error}`);
    expect(error.code).toBe("MANIFEST_INVALID");
    expect(error.exitCode).toBe(3);
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/assets\.manifest\.json:\d+:\d+ {2}/);
    expect(error.message).not.toMatch(/\n\s+at |RangeError|TypeError|undefined|\[object/);
    expect(error.message.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Surrogate}\u202e]/u);
    expect(error.message.length).toBeLessThan(10_000);
  });
}
