/** Picks assets, or files of them, out of a manifest. */
import picomatch from "picomatch";
import { AssetsError, visibleLine } from "../errors.js";
import { shellWord } from "../shell-word.js";
import { nearestFew } from "./suggest.js";
import type { Asset, AssetFile, Manifest } from "./types.js";

/**
 * What to pick. The values of one kind are alternatives, the kinds narrow each other down: `types` and `tags` together
 * pick what has one of the types and one of the tags. `ids`, `models` and `datasets` are one kind. Nothing given picks
 * everything. Patterns are globs in which `*` stays between slashes and `**` does not.
 */
export interface Selection {
  /** Ids, or patterns of ids. An id that is there is taken literally, whatever characters it has. */
  ids?: string[];
  /** The same, for assets of type `model`. */
  models?: string[];
  /** The same, for assets of type `dataset`. */
  datasets?: string[];
  types?: string[];
  tags?: string[];
  /** Only what a minimal installation needs. */
  required?: boolean;
  /** Patterns of file paths relative to the root; one without a slash is matched with the file's name. */
  include?: string[];
  /** Patterns of files to leave out. */
  exclude?: string[];
}

const LIST_HINT = "See what there is: assets list";
const MAX_PATTERN_LENGTH = 4096;

/** The selected files, in the manifest's order. Throws UNKNOWN_ID, NOTHING_SELECTED, USAGE, UNPINNED. */
export function select(manifest: Manifest, selection: Selection): AssetFile[] {
  return selectAssets(manifest, selection).flatMap(filesOf);
}

/** Whether the files of an asset are known: those of a whole repository are once it was asked. */
export function isListed({ repository }: Asset): boolean {
  return repository === undefined || repository.commit !== undefined;
}

/** The files of an asset. Throws UNPINNED where they are not known. */
function filesOf(asset: Asset): readonly AssetFile[] {
  const { id, files, repository } = asset;
  if (isListed(asset) || repository === undefined) return files;
  const message = `The files of ${visibleLine(id)} are not known here: it is the whole repository ${visibleLine(repository.url)}.`;
  throw new AssetsError("UNPINNED", message, {
    hint: `Fetch them: assets download ${shellWord(id)}      Write them into the manifest: assets lock ${shellWord(id)}`,
  });
}

/** The selected assets with those of their files that are selected. Throws UNKNOWN_ID, NOTHING_SELECTED, USAGE. */
export function selectAssets(manifest: Manifest, selection: Selection): Asset[] {
  const { types = [], tags = [], required = false, include = [], exclude = [] } = selection;
  const named = namedIds(manifest.assets, selection);
  let left: Asset[] = [...manifest.assets];
  const narrow = (next: Asset[], why: () => string) => {
    if (next.length === 0) {
      throw new AssetsError("NOTHING_SELECTED", `Nothing is selected: ${why()}.`, { hint: LIST_HINT });
    }
    left = next;
  };

  if (named !== undefined) left = left.filter(({ id }) => named.has(id));
  if (types.length > 0) {
    const before = left;
    narrow(
      left.filter(({ type }) => types.includes(type)),
      () => `no asset ${among(named)}has the type ${list(types, "or")}; ${thereAre(before, ({ type }) => [type])}`,
    );
  }
  if (tags.length > 0) {
    const before = left;
    narrow(
      left.filter((asset) => asset.tags.some((tag) => tags.includes(tag))),
      () => `no asset ${among(named)}has the tag ${list(tags, "or")}; ${thereAre(before, (asset) => asset.tags)}`,
    );
  }
  if (required) {
    narrow(
      left.filter((asset) => asset.required),
      () => `no asset ${among(named)}is required`,
    );
  }
  if (include.length > 0) {
    const isIncluded = fileMatcher(include);
    narrow(withFiles(left, isIncluded), () => `no file matches --include ${list(include, "or")}`);
  }
  if (exclude.length > 0) {
    const isExcluded = fileMatcher(exclude);
    narrow(
      withFiles(left, (file) => !isExcluded(file)),
      () => `--exclude ${list(exclude, "and")} leaves no file`,
    );
  }
  return left;
}

/** The ids that `ids`, `models` and `datasets` name together; undefined when none of them is given. */
function namedIds(assets: readonly Asset[], selection: Selection): Set<string> | undefined {
  const { ids = [], models = [], datasets = [] } = selection;
  if (ids.length + models.length + datasets.length === 0) return undefined;
  const byId = new Map(assets.map((asset) => [asset.id, asset]));
  const named = new Set<string>();
  const add = (patterns: readonly string[], type?: string) => {
    for (const pattern of patterns) {
      const exact = byId.get(pattern);
      if (exact !== undefined) {
        if (type !== undefined && exact.type !== type) throw wrongType(exact, type);
        named.add(exact.id);
        continue;
      }
      const candidates = type === undefined ? assets : assets.filter((asset) => asset.type === type);
      const matches = isGlob(pattern) ? matcher(pattern) : () => false;
      const matched = candidates.filter(({ id }) => matches(id));
      if (matched.length === 0) throw unknownId(pattern, candidates, type);
      for (const { id } of matched) named.add(id);
    }
  };
  add(ids);
  add(models, "model");
  add(datasets, "dataset");
  return named;
}

function wrongType({ id, type }: Asset, wanted: string): AssetsError {
  const flag = type === "model" || type === "dataset" ? `--${type} ${visibleLine(id)}` : visibleLine(id);
  return new AssetsError("UNKNOWN_ID", `${visibleLine(id)} is not a ${wanted}: its type is ${visibleLine(type)}.`, {
    hint: `Write: assets download ${flag}`,
  });
}

function unknownId(pattern: string, candidates: readonly Asset[], type = "asset"): AssetsError {
  const shown = visibleLine(pattern);
  if (isGlob(pattern)) {
    return new AssetsError("UNKNOWN_ID", `No ${type} has an id that matches the pattern ${shown}.`, {
      hint: LIST_HINT,
    });
  }
  const ids = candidates.map(({ id }) => id);
  const near = nearestFew(pattern, ids, 3);
  const meant = near.length === 0 ? "" : ` Did you mean ${list(near, "or")}?`;
  return new AssetsError("UNKNOWN_ID", `No ${type} has the id ${shown}.${meant}`, { hint: LIST_HINT });
}

function isGlob(pattern: string): boolean {
  return pattern.length > MAX_PATTERN_LENGTH || picomatch.scan(pattern).isGlob === true;
}

function matcher(pattern: string): (text: string) => boolean {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new AssetsError("USAGE", `A pattern has more than ${MAX_PATTERN_LENGTH} characters.`);
  }
  // Where it comes from an unset variable, everything may have been meant, or nothing.
  if (pattern === "") {
    throw new AssetsError("USAGE", "A pattern is empty.", { hint: "Leave the option out, or write --include '**'." });
  }
  return picomatch(pattern, { dot: true, nonegate: true });
}

/**
 * Whether a path relative to the root matches one of the patterns; one without a slash is matched with the file's name.
 * Throws USAGE.
 */
export function fileMatcher(patterns: readonly string[]): (file: { path: string }) => boolean {
  const matchers = patterns.map((pattern) => {
    const path = pattern.replace(/^(?:\.\/)+/, "");
    const matches = matcher(path);
    return path.includes("/")
      ? matches
      : (file: string) => matches(file) || matches(file.slice(file.lastIndexOf("/") + 1));
  });
  return ({ path }) => matchers.some((matches) => matches(path));
}

/** A pattern that {@link fileMatcher} takes for this very path, easy to type: what has a meaning, or is hard to see, is `?`. */
export function patternFor(path: string): string {
  return path.replace(/[^\w./@+,=~%# -]/g, "?");
}

function withFiles(assets: readonly Asset[], isWanted: (file: AssetFile) => boolean): Asset[] {
  return assets.flatMap((asset) => {
    const files = asset.files.filter(isWanted);
    if (files.length === 0) return [];
    return files.length === asset.files.length ? asset : { ...asset, files };
  });
}

function among(named: ReadonlySet<string> | undefined): string {
  return named === undefined ? "" : "among those named ";
}

/** What could have been asked for instead, the most frequent words only. */
function thereAre(assets: readonly Asset[], wordsOf: (asset: Asset) => readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of assets.flatMap(wordsOf)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const words = [...counts].sort((a, b) => b[1] - a[1]).map(([word]) => word);
  if (words.length === 0) return "none has any";
  return `there are ${list(words.slice(0, 10), "and")}${words.length > 10 ? " and others" : ""}`;
}

function list(words: readonly string[], last: "and" | "or"): string {
  const shown = words.map(visibleLine);
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} ${last} ${shown.at(-1)}`;
}
