/** Clones among the places that a file may come from: first, or once all others have failed. */
import { AssetsError, type ErrorCode } from "../errors.js";
import type { AssetFile } from "../manifest/types.js";
import { type HubFile, parseHub, shortForm } from "../short-urls.js";
import { MEMBER_FRAGMENT } from "../url-forms.js";
import type { Clone, Clones } from "./clones.js";
import type { Offers } from "./fetch-bytes.js";
import type { Candidate } from "./turn.js";

/**
 * How files of the Hub come: over http; by cloning their repository with git, without what its LFS keeps; or by a clone
 * when the rest has failed in a way that a clone may not.
 */
export type Strategy = "auto" | "http" | "git";

/** What making them takes. */
export interface CloneContext {
  readonly clones: Clones;
  readonly policy: { readonly strategy: Strategy };
  readonly signal: AbortSignal;
  /** The partial for a URL. */
  readonly partial: (url: string) => string;
}

/** Failures of a service, after which its repository may still be had: not those that say something of the file. */
const OF_SERVICE: ReadonlySet<ErrorCode> = new Set(["NETWORK", "BAD_RESPONSE"]);

/** Whether a clone may be had where this failed. */
export function mayBeCloned(error: unknown): boolean {
  return error instanceof AssetsError && OF_SERVICE.has(error.code);
}

/** The places with the clones among them, or behind all of them. `direct` begins with one for each URL of the file. */
export function withClones(direct: Candidate[], { urls }: Pick<AssetFile, "urls">, context: CloneContext): Offers {
  const places = urls.map(hubFileOf);
  if (places.every((place) => place === undefined)) return { candidates: direct };
  const cloned = places.flatMap((place, index) => (place ? fromClone(place, urls[index] as string, context) : []));
  const others = direct.filter((_, index) => places[index] === undefined);
  if (cloned.length > 0 && context.policy.strategy === "git") return { candidates: [...cloned, ...others] };
  const ofHub = new Set(direct.filter((candidate) => !others.includes(candidate)).map(({ url }) => url));
  return {
    candidates: direct,
    lastly: (tried) => (tried.some(({ url, error }) => ofHub.has(url) && OF_SERVICE.has(error.code)) ? cloned : []),
  };
}

/** The file of the Hub that a URL names. */
function hubFileOf(url: string): HubFile | undefined {
  const short = /^hf:/i.test(url) ? url : shortForm(url);
  if (short === undefined || !/^hf:/i.test(short) || url.includes(MEMBER_FRAGMENT)) return undefined;
  const place = parseHub(short);
  return "message" in place || place.path === undefined ? undefined : { ...place, path: place.path };
}

function fromClone(
  { path, ...repository }: HubFile,
  url: string,
  { clones, signal, partial }: CloneContext,
): Candidate {
  let clone: Clone | undefined;
  return {
    url: `${url} (git)`,
    // That the rest of the service is out of order says nothing of this way.
    host: `git ${repository.name}`,
    partial: partial(`git ${url}`),
    divisible: false,
    async prepare() {
      clone ??= await clones.open(repository, signal);
    },
    locate: async (own) => (clone ?? (await clones.open(repository, own))).locate(path, { signal: own }),
  };
}
