/** Writes down the files of assets that name a whole repository, at the commit that it has now. */
import { AssetsError, errorInfo, visibleLine } from "../errors.js";
import type { ErrorInfo } from "../events.js";
import { type Edit, withEdits } from "../manifest/edit.js";
import { readText } from "../manifest/files-in-text.js";
import { listed, type NewFile, type Pins } from "../manifest/new-entry.js";
import { joinPath } from "../manifest/paths.js";
import type { Asset, AssetFile, Manifest, StatedDigest } from "../manifest/types.js";
import { readRepository } from "./add-repository.js";
import type { PinnedFile } from "./author-reports.js";
import { type DescribeRun, declaredPins, weakDigests } from "./describe-urls.js";
import { type Measured, measureFiles } from "./measure.js";
import { leaveOutInManifest } from "./repositories.js";
import { tryText } from "./write-manifest.js";

/** An asset that names a repository, and what came of it. */
export interface RepositoryTask {
  asset: Asset & { repository: NonNullable<Asset["repository"]> };
  files: { file: NewFile; below: string; pins: Pins; weak: StatedDigest[]; statedBy: string | undefined }[];
  error?: ErrorInfo;
}

/** Those of the assets that name a repository in the place of files. */
export function repositoryTasks(assets: readonly Asset[]): RepositoryTask[] {
  return assets.flatMap((asset) => {
    const { repository } = asset;
    return repository === undefined ? [] : [{ asset: { ...asset, repository }, files: [] }];
  });
}

/** Asks the Hub for the files of each. Throws the signal's reason. */
export async function listRepositories(tasks: readonly RepositoryTask[], ask: DescribeRun): Promise<void> {
  for (const task of tasks) {
    const { url, include, exclude, folder } = task.asset.repository;
    try {
      const sources = await readRepository(url, { include, exclude, leaveOut: leaveOutInManifest }, ask);
      task.files = sources.map(({ url: fixed, described, repository }) => {
        const below = repository?.below ?? "";
        return {
          file: { url: fixed, path: joinPath(folder, below) },
          below,
          pins: declaredPins(described ?? {}),
          weak: weakDigests(described ?? {}),
          statedBy: described?.statedBy,
        };
      });
    } catch (error) {
      ask.signal.throwIfAborted();
      if (!(error instanceof AssetsError)) throw error;
      task.error = errorInfo(error);
    }
  }
}

/** Fetches and measures the files that have no SHA-256 stated. `text` is that of the manifest before any change. */
export async function measureRepositories(
  tasks: readonly RepositoryTask[],
  text: string,
  run: Parameters<typeof measureFiles>[1],
): Promise<void> {
  // What the Hub lists is no more to be trusted than a manifest, and is looked at as one.
  for (const task of tasks.filter(({ error }) => error === undefined)) {
    try {
      await tryText(withRepositories(text, run.manifest, [task]), run.manifest, {
        blame: `${visibleLine(task.asset.repository.url)} cannot be written down.`,
        code: "UNSAFE_PATH",
      });
    } catch (error) {
      if (!(error instanceof AssetsError)) throw error;
      task.error = errorInfo(error);
    }
  }
  const open = tasks.flatMap((task) =>
    task.error === undefined
      ? task.files.filter(({ pins }) => pins.sha256 === undefined).map((own) => ({ task, own }))
      : [],
  );
  const files = open.map(({ task, own }): AssetFile => {
    const { file, pins, weak } = own;
    const stated = weak.length > 0 ? { stated: weak, ...(pins.size !== undefined && { size: pins.size }) } : {};
    return { asset: task.asset.id, path: file.path, urls: [file.url], ...stated };
  });
  const measured: (Measured | undefined)[] = await measureFiles(files, run);
  for (const [index, { task, own }] of open.entries()) {
    const result = measured[index];
    if (result === undefined) continue;
    // Without all of its files an asset is none.
    if ("error" in result) task.error ??= result.error;
    else own.pins = { size: result.size, sha256: result.sha256, pinnedAs: "measured" };
  }
}

/** The text in which the assets have lists of files in the place of repositories. */
export function withRepositories(text: string, { base }: Manifest, tasks: readonly RepositoryTask[]): string {
  const done = new Map(tasks.filter(({ error }) => error === undefined).map((task) => [task.asset.id, task]));
  const places = readText(text, base).assets.filter(({ id }) => done.has(id));
  const edits = places.flatMap(({ id, at, raw: { type, tags = [] } }): Edit[] => {
    const { asset, files = [] } = done.get(id) ?? {};
    const value = files.map(({ file, below, pins }) => listed({ ...file, path: below, ...pins }));
    const set: Edit = { do: "set", at, key: "files", value, after: ["path", "source"] };
    const dead = ["source", "include", "exclude"].map(
      (key): Edit => ({ do: "remove", at: [...at, key], keep: "comments" }),
    );
    // What told the type goes with the source.
    const isTold = type !== undefined || tags.some((tag) => tag === "model" || tag === "dataset");
    const told: Edit[] = isTold ? [] : [{ do: "set", at, key: "type", value: asset?.type, after: ["id"] }];
    return [...told, set, ...dead];
  });
  return withEdits(text, edits);
}

/** What is told of each: its files, or itself where they are not known. */
export function repositoryFiles({ asset, files, error }: RepositoryTask): PinnedFile[] {
  const { id, repository } = asset;
  if (error !== undefined || files.length === 0) {
    const status = error === undefined ? "open" : "failed";
    const path = repository.folder === "" ? "." : repository.folder;
    return [{ asset: id, path, status, needs: ["repository"], moved: [], ...(error && { error }) }];
  }
  return files.map(({ file, pins, weak, statedBy }) => ({
    asset: id,
    path: file.path,
    status: "changed",
    needs: ["repository"],
    ...pins,
    ...(statedBy !== undefined && pins.pinnedAs === "declared" && { statedBy }),
    ...(pins.pinnedAs === "measured" &&
      weak.length > 0 && {
        checkedBy: weak.map(({ algorithm }) => ({ algorithm, ...(statedBy !== undefined && { statedBy }) })),
      }),
    moved: [],
  }));
}
