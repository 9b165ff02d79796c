/** Sorts pointers by the tree that they lie in, and plans what is to be put in the place of each. */
import type { BigIntStats } from "node:fs";
import { lstat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { AssetsError, errorInfo } from "../errors.js";
import type { Outcome } from "../events.js";
import { type Repository, repositoryFinder } from "../git/repository.js";
import { contentDigest, POINTER_SIZE_LIMIT, type Pointer, parsePointer } from "../lfs-pointer.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import type { PlanItem } from "../plan.js";
import { readRegular } from "../read-regular.js";
import { realPlace } from "../store/find-small-files.js";
import { runPool } from "../transfer/pool.js";
import { pathFrom, wayInto } from "../ways.js";
import type { Found } from "./pointers.js";

/** Pointers of one tree. */
export interface Group {
  /** Absolute, real: what the files' paths are relative to. */
  readonly root: string;
  /** The manifest whose root this is. */
  readonly manifest: Manifest | undefined;
  /** The repository whose objects these are; undefined where they are of none. */
  readonly repository: Repository | undefined;
  /** Whether users know it by another path, which a link leads from. */
  readonly linked: boolean;
  readonly items: PlanItem[];
  /** A path below the root as users know it. */
  shown(path: string): string;
}

/** A pointer that cannot be turned into its file. */
export interface Stuck {
  readonly outcome: Outcome;
}

/** Pointers that are looked at side by side. */
const FILES = 32;
/** What stands for the asset of a file that no asset names. */
const NO_ASSET = "git-lfs";

/** Pointers that cannot be read are stuck; what is not what was found there any more is left out. */
export async function groupPointers(
  found: readonly Found[],
  { cwd, manifest }: { cwd: string; manifest: Manifest | undefined },
): Promise<{ groups: Group[]; stuck: Stuck[] }> {
  const groups = new Map<string, Group>();
  const stuck: Stuck[] = [];
  const pins = pinsOf(manifest?.assets.flatMap((asset) => asset.files) ?? []);
  const manifestRoot = manifest && (await realPlace(manifest.root));
  const repositoryOf = repositoryFinder();
  // What lies behind a link is told by the path that leads through it.
  const typed = new Map(found.map(({ real, path }) => [real, path]));
  const states = await runPool(found, FILES, async ({ real, pointer }) => {
    return pointer.kind === "malformed" ? undefined : stateOf(real, pointer);
  });
  for (const [index, { path, real, place, pointer }] of found.entries()) {
    const fail = (error: AssetsError) => stuck.push({ outcome: outcomeOf(pathFrom(cwd, path), error) });
    if (pointer.kind === "malformed") {
      fail(malformed(path, pointer.problem));
      continue;
    }
    const state = states[index];
    // Another run, or git, put something else there meanwhile: it is no longer the pointer that was found.
    if (state === undefined) continue;
    const folder = dirname(real);
    // A pointer that came with a package is not of the repository that it is installed in.
    const repository = real.split(sep).includes("node_modules") ? undefined : await repositoryOf(folder);
    const isManifests = manifestRoot !== undefined && wayInto(manifestRoot, real) !== undefined;
    const root = isManifests ? manifestRoot : (repository?.top ?? (real === place ? folder : place));
    const key = JSON.stringify([root, repository?.gitFolder]);
    const group: Group = groups.get(key) ?? {
      root,
      repository,
      manifest: isManifests ? manifest : undefined,
      items: [],
      linked: path !== real,
      shown: (own) => pathFrom(cwd, typed.get(join(root, own)) ?? join(root, own)),
    };
    groups.set(key, group);
    const file = fileOf(relative(root, real).split(sep).join("/"), pointer, pins, isManifests);
    group.items.push({ file, target: join(root, file.path), state, action: "replace" });
  }
  return { groups: [...groups.values()], stuck };
}

/** The files of a manifest, to be found by what a pointer tells. */
interface Pins {
  readonly byPath: ReadonlyMap<string, AssetFile>;
  readonly byDigest: ReadonlyMap<string, readonly AssetFile[]>;
}

function pinsOf(files: readonly AssetFile[]): Pins {
  const byDigest = new Map<string, AssetFile[]>();
  for (const file of files) {
    if (file.sha256 === undefined) continue;
    const same = byDigest.get(file.sha256);
    if (same === undefined) byDigest.set(file.sha256, [file]);
    else same.push(file);
  }
  return { byPath: new Map(files.map((file) => [file.path, file])), byDigest };
}

/** What belongs in a pointer's place. */
function fileOf(path: string, pointer: Pointer, { byPath, byDigest }: Pins, isManifests: boolean): AssetFile {
  const sha256 = contentDigest(pointer);
  const same = byDigest.get(sha256) ?? [];
  const here = isManifests ? byPath.get(path) : undefined;
  return {
    asset: (here ?? same[0])?.asset ?? NO_ASSET,
    path,
    sha256,
    // The size that a pointer states is that of the object, which an extension has made of the content.
    ...(pointer.extensions.length === 0 && { size: pointer.size }),
    urls: [...new Set(same.flatMap(({ urls }) => urls))],
    byPointer: same.length === 0,
  };
}

/** How the pointer stands, if it is still the same. */
async function stateOf(real: string, { oid, size: pointerSize }: Pointer): Promise<PlanItem["state"] | undefined> {
  try {
    const stat: BigIntStats = await lstat(real, { bigint: true });
    // Read after it was looked at: whatever is written from here on changes how it stands.
    const now = parsePointer(await readRegular(real, { mostBytes: POINTER_SIZE_LIMIT }));
    if (!stat.isFile() || !("oid" in now) || now.oid !== oid) return undefined;
    return { kind: "lfs-pointer", size: Number(stat.size), stat, oid, pointerSize };
  } catch {
    return undefined;
  }
}

function outcomeOf(path: string, error: AssetsError): Outcome {
  const none = { size: 0, received: 0, verified: false, attempts: 0, tried: [] };
  return { asset: NO_ASSET, path, status: "failed", ...none, error: errorInfo(error) };
}

function malformed(path: string, problem: string): AssetsError {
  return new AssetsError("LFS_POINTER", `${path} begins like a pointer, but is none that can be read: ${problem}.`, {
    hint: "For the command that mends it: assets lfs",
  });
}
