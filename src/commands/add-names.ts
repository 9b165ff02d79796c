/** Decides which assets new files belong to, and where they go. */
import { AssetsError } from "../errors.js";
import type { ErrorInfo } from "../events.js";
import { commitPlace } from "../manifest/commits.js";
import {
  fileNameOf,
  folderFor,
  freeId,
  idFor,
  type NewAsset,
  type NewFile,
  type Pins,
  typeFor,
} from "../manifest/new-entry.js";
import { joinPath } from "../manifest/paths.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { parseHub } from "../short-urls.js";
import type { Described } from "../source/described.js";
import type { AddSource } from "./add-sources.js";
import type { Group } from "./add-text.js";
import type { CheckedBy, Settled, Statement } from "./settle-pins.js";

/** A file on its way into the manifest. */
export interface Wish {
  source: AddSource;
  described?: Described;
  file: NewFile;
  /** What the user, or a Git LFS pointer in its place, says of it. */
  given?: Pins;
  statements: readonly Statement[];
  pins: Pins;
  /** What its bytes are to be held against, where only they can tell the pins. */
  open?: Settled["open"];
  asset: string;
  error?: ErrorInfo;
  known?: AssetFile;
  /** Options that ask for something else than `known` is. */
  ignored?: string[];
  /** It lies in its place. */
  here: boolean;
  /** Its bytes were fetched for it. */
  fetched?: boolean;
  statedBy?: string;
  /** What else was stated of its bytes, and is right. */
  checkedBy?: readonly CheckedBy[];
}

/**
 * Gives every wish its asset, and those that are not here their place. `avoid`: further ids that are taken. Throws USAGE
 * for what has no usable name.
 */
export function nameAll(
  wishes: readonly Wish[],
  options: NewAsset & { manifest: Manifest },
  avoid: readonly string[] = [],
): Group[] {
  const { manifest, id, path } = options;
  const taken = [...manifest.assets.map((asset) => asset.id), ...avoid];
  const repositories = new Map<string, string>();
  const groups: Group[] = [];
  for (const wish of wishes) {
    const { url } = wish.file;
    const { repository } = wish.source;
    const used = [...taken, ...groups.map(({ asset }) => asset.id)];
    // What lies in a place that was told by its id keeps that, if nobody took it.
    const wanted = repository?.id ?? (wish.here ? wish.asset : idFor(nameGiver(wish)));
    const joined = repository && joinedBy(manifest, repository.id, url);
    const own = id ?? repositories.get(repository?.words ?? "") ?? joined ?? freeId(wanted, used);
    if (repository !== undefined) repositories.set(repository.words, own);
    let group = groups.find(({ asset }) => asset.id === own);
    if (group === undefined) {
      const type = options.type ?? repository?.type ?? typeFor((id === undefined ? [wish] : wishes).map(nameGiver));
      const license = options.license ?? wish.described?.licence;
      group = { asset: { ...options, id: own, type, ...(license !== undefined && { license }) }, files: [] };
      groups.push(group);
    }
    wish.asset = own;
    if (!wish.here) {
      wish.file.path = placeOf(wish, group.asset, path, id === undefined ? 1 : wishes.length, manifest);
    }
    if (repository !== undefined) group.folder ??= wish.file.path.slice(0, -repository.below.length).replace(/\/$/, "");
    group.files.push(wish as Wish & Group["files"][number]);
  }
  return groups;
}

/**
 * Finds those files of whole repositories that the manifest has: where they are to go, or, if nothing is said of that, all of
 * them in one asset. What another asset has of them is of no use in their folder. Throws USAGE for what has no usable name.
 */
export function knowWhole(wishes: readonly Wish[], options: NewAsset & { manifest: Manifest }): void {
  const { manifest, id, path } = options;
  nameAll(wishes, options);
  const places = new Map(manifest.assets.flatMap(({ files }) => files.map((file) => [file.path, file] as const)));
  const there = ({ source, file }: Wish, path = file.path) => {
    const own = places.get(path);
    return own?.urls.includes(source.resolved) ? own : undefined;
  };
  const groups = new Map<string, Wish[]>();
  for (const wish of wishes) {
    const words = wish.source.repository?.words ?? "";
    const group = groups.get(words) ?? [];
    groups.set(words, group);
    group.push(wish);
  }
  for (const group of groups.values()) {
    const known = group.map((wish) => there(wish));
    const isFree = id === undefined && path === undefined && known.every((own) => own === undefined);
    const url = group[0]?.file.url ?? "";
    const whole = (isFree ? manifest.assets : []).flatMap(({ id: other, files }) => {
      const folder = files.length > 1 ? folderOf(manifest, other, url) : undefined;
      if (folder === undefined) return [];
      const all = group.flatMap((wish) => there(wish, joinPath(folder, wish.source.repository?.below ?? "")) ?? []);
      return all.length === group.length ? [all] : [];
    })[0];
    for (const [index, wish] of group.entries()) {
      const own = (whole ?? known)[index];
      if (own !== undefined) wish.known = own;
    }
  }
}

/** Of repositories that have an asset already, whose commit is another than the one that a new asset is made for: a word. */
export function newCommits({ assets }: Manifest, wishes: readonly Wish[]): string[] {
  const told = wishes.flatMap(({ source: { repository }, asset, file }) => {
    const old = assets.find(({ id }) => id === repository?.id)?.files.flatMap((own) => commitPlace(own) ?? [])[0];
    const now = commitPlace({ path: file.path, urls: [file.url] });
    const joined = assets.find(({ id }) => id === asset)?.files.flatMap((own) => commitPlace(own) ?? [])[0];
    const before = joined ?? (assets.every(({ id }) => id !== asset) ? old : undefined);
    if (!before || !now || before.repository !== now.repository || before.commit === now.commit) return [];
    const [was, is] = [before.commit, now.commit].map((commit) => commit.slice(0, 12));
    if (joined !== undefined)
      return [`${asset} is at commit ${was}, and ${file.path} of ${is} is put beside its files`];
    return [`${repository?.id} is at commit ${was}; this is ${is}: a new asset ${asset}`];
  });
  return [...new Set(told)];
}

/** What tells most of a file by its name: the file that lies in its place, if its URL calls it something else. */
function nameGiver({ file: { url }, source: { inPlace } }: Wish): string {
  return inPlace === undefined || inPlace.split("/").at(-1) === fileNameOf(url) ? url : inPlace;
}

/** The asset of a repository that has the commit which a URL names: by the repository's own id, or with a number behind it. */
function joinedBy(manifest: Manifest, repository: string, url: string): string | undefined {
  const own = manifest.assets.filter(({ id }) => [id, id.replace(/-\d+$/, "")].includes(repository));
  return own.find(({ id }) => folderOf(manifest, id, url) !== undefined)?.id;
}

/** The folder of an asset that has nothing but files of the commit that a URL of the Hub names. */
function folderOf({ assets }: Manifest, id: string, url: string): string | undefined {
  const wanted = parseHub(url);
  const folders = (assets.find((asset) => asset.id === id)?.files ?? []).map(({ path, urls }) => {
    const place = parseHub(urls[0] ?? "");
    if ("message" in wanted || "message" in place || place.path === undefined) return undefined;
    const isSame = (["type", "name", "revision"] as const).every((key) => place[key] === wanted[key]);
    return isSame && path.endsWith(place.path) ? path.slice(0, -place.path.length).replace(/\/$/, "") : undefined;
  });
  return new Set(folders).size === 1 ? folders[0] : undefined;
}

function placeOf(
  { file: { url }, source: { inPlace, repository } }: Wish,
  { id, type }: { id: string; type: string },
  path: string | undefined,
  together: number,
  manifest: Manifest,
): string {
  if (inPlace !== undefined) {
    if (path === undefined || path === inPlace) return inPlace;
    throw new AssetsError("USAGE", `${inPlace} lies in its place: leave --path out, or move the file there first.`);
  }
  const own = path?.replace(/^(?:\.\/)+/, "");
  if (own !== undefined && !own.endsWith("/") && together === 1 && repository === undefined) return own;
  const name = repository?.below ?? fileNameOf(url);
  if (name === undefined) {
    throw new AssetsError("USAGE", `${url} gives no usable name for the file.`, {
      hint: "Name it: --path FOLDER/NAME",
    });
  }
  // An asset that is there has a folder already.
  const there = manifest.assets.find((asset) => asset.id === id)?.files[0]?.path;
  const shared = repository && folderOf(manifest, id, url);
  const folder = own ?? shared ?? (there === undefined ? folderFor(id, type) : there.split("/").slice(0, -1).join("/"));
  return [folder.replace(/\/+$/, ""), name].filter((part) => part !== "" && part !== ".").join("/");
}
