/** Sorts pointers by the tree that they lie in, and plans what is to be put in the place of each. */
import type { BigIntStats } from "node:fs";
import { lstat, readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { AssetsError, errorInfo } from "../errors.js";
import type { Outcome } from "../events.js";
import { findRepository, type Repository } from "../git/repository.js";
import { contentDigest, type Pointer, parsePointer } from "../lfs-pointer.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import type { PlanItem } from "../plan.js";
import { realPlace } from "../store/find-small-files.js";
import { type Found, pathFrom } from "./pointers.js";

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

/** What stands for the asset of a file that no asset names. */
const NO_ASSET = "git-lfs";

/** Files that are not what was found there any more are stuck, and so are pointers that cannot be read. */
export async function groupPointers(
  found: readonly Found[],
  { cwd, manifest }: { cwd: string; manifest: Manifest | undefined },
): Promise<{ groups: Group[]; stuck: Stuck[] }> {
  const groups = new Map<string, Group>();
  const stuck: Stuck[] = [];
  const files = manifest?.assets.flatMap((asset) => asset.files) ?? [];
  const manifestRoot = manifest && (await realPlace(manifest.root));
  // What lies behind a link is told by the path that leads through it.
  const typed = new Map(found.map(({ real, path }) => [real, path]));
  const repositories = new Map<string, Promise<Repository | undefined>>();
  for (const { path, real, place, pointer } of found) {
    const fail = (error: AssetsError) => stuck.push({ outcome: outcomeOf(pathFrom(cwd, path), error) });
    if (pointer.kind === "malformed") {
      fail(malformed(path, pointer.problem));
      continue;
    }
    const state = await stateOf(real, pointer);
    if (state === undefined) {
      fail(new AssetsError("CONFLICT", `${path}: it was changed while it was looked at.`));
      continue;
    }
    const folder = dirname(real);
    const finding = repositories.get(folder) ?? findRepository(folder);
    repositories.set(folder, finding);
    // A pointer that came with a package is not of the repository that it is installed in.
    const repository = real.split(sep).includes("node_modules") ? undefined : await finding;
    const isManifests = manifestRoot !== undefined && isInside(manifestRoot, real);
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
    const file = fileOf(relative(root, real).split(sep).join("/"), pointer, files, isManifests);
    group.items.push({ file, target: join(root, file.path), state, action: "replace" });
  }
  return { groups: [...groups.values()], stuck };
}

/** What belongs in a pointer's place. */
function fileOf(path: string, pointer: Pointer, files: readonly AssetFile[], isManifests: boolean): AssetFile {
  const sha256 = contentDigest(pointer);
  const same = files.filter((file) => file.sha256 === sha256);
  const here = isManifests ? files.find((file) => file.path === path) : undefined;
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
    const now = parsePointer(await readFile(real));
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

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return !isAbsolute(way) && way !== ".." && !way.startsWith(`..${sep}`);
}
