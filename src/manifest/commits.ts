/** Keeps the files of two commits of a repository of the Hub apart: a model is made of one. Pure. */
import { hubUrl, isCommit, parseHub } from "../short-urls.js";

/** A file of the manifest, or one that is to come into it. */
export interface Placed {
  readonly asset: string;
  /** Relative to the root. */
  readonly path: string;
  readonly urls: readonly string[];
}

/** What a file is of a repository at a commit. */
export interface CommitPlace {
  /** As a URL names it, without a commit. */
  readonly repository: string;
  readonly commit: string;
  /** The folder that the repository's own paths start from; undefined for a file that is called otherwise here. */
  readonly folder: string | undefined;
}

/** What the first source of a file says of it; undefined where that names no commit of the Hub. */
export function commitPlace({ path, urls }: Pick<Placed, "path" | "urls">): CommitPlace | undefined {
  const place = parseHub(urls[0] ?? "");
  if ("message" in place || place.path === undefined || !isCommit(place.revision)) return undefined;
  const { type, name, revision: commit } = place;
  const isWhole = path === place.path || path.endsWith(`/${place.path}`);
  const folder = isWhole ? path.slice(0, -place.path.length).replace(/\/$/, "") : undefined;
  return { repository: hubUrl({ type, name }), commit, folder };
}

/** Answers, of a file that is new, what it would be mixed with: a file of its asset or folder that is of another commit. */
export function createMixing(known: readonly Placed[]): (file: Placed) => { with: string; reason: string } | undefined {
  /** By what holds them: the commits, each with an asset that is at it. */
  const held = new Map<string, Map<string, string>>();
  const holders = ({ asset }: Placed, { repository, folder }: CommitPlace) => [
    `${repository}\0asset\0${asset}`,
    ...(folder === undefined ? [] : [`${repository}\0folder\0${folder}`]),
  ];
  for (const file of known) {
    const place = commitPlace(file);
    for (const holder of place === undefined ? [] : holders(file, place)) {
      const commits = held.get(holder) ?? new Map<string, string>();
      held.set(holder, commits.set(place?.commit ?? "", file.asset));
    }
  }
  return (file) => {
    const own = commitPlace(file);
    if (own === undefined) return undefined;
    const commits = new Map(holders(file, own).flatMap((holder) => [...(held.get(holder) ?? [])]));
    const [[commit, asset] = []] = commits;
    if (commit === undefined || asset === undefined || commits.has(own.commit)) return undefined;
    const at = `${own.repository.replace(/^hf:/, "")}@${commit}`;
    const both = `${asset} is at commit ${commit.slice(0, 12)}, and what is imported at ${own.commit.slice(0, 12)}`;
    const ways = `assets import hf ${at} takes the rest from there, --id NAME --path FOLDER makes another asset of this`;
    return { with: asset, reason: `${both}: ${ways}` };
  };
}
