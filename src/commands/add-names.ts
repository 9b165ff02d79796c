/** Decides which assets new files belong to, and where they go. */
import { AssetsError } from "../errors.js";
import type { ErrorInfo } from "../events.js";
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
import type { AssetFile, Manifest } from "../manifest/types.js";
import type { Described } from "../source/described.js";
import type { AddSource } from "./add-sources.js";
import type { Group } from "./add-text.js";
import type { Settled, Statement } from "./settle-pins.js";

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
  /** It lies in its place. */
  here: boolean;
  /** Its bytes were fetched for it. */
  fetched?: boolean;
  statedBy?: string;
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
    const wanted = repository?.id ?? (wish.here ? wish.asset : idFor(url));
    const own = id ?? repositories.get(repository?.words ?? "") ?? freeId(wanted, used);
    if (repository !== undefined) repositories.set(repository.words, own);
    let group = groups.find(({ asset }) => asset.id === own);
    if (group === undefined) {
      const type =
        options.type ?? repository?.type ?? typeFor(id === undefined ? [url] : wishes.map(({ file }) => file.url));
      const license = options.license ?? wish.described?.licence;
      group = { asset: { ...options, id: own, type, ...(license !== undefined && { license }) }, files: [] };
      groups.push(group);
    }
    wish.asset = own;
    if (!wish.here) {
      wish.file.path = placeOf(wish, group.asset, path, id === undefined ? 1 : wishes.length, manifest);
    }
    group.files.push(wish as Wish & Group["files"][number]);
  }
  return groups;
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
  const folder = own ?? (there === undefined ? folderFor(id, type) : there.split("/").slice(0, -1).join("/"));
  return [folder.replace(/\/+$/, ""), name].filter((part) => part !== "" && part !== ".").join("/");
}
