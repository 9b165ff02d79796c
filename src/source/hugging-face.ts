/** What is particular about Hugging Face: its mirror, its token, and what its refusals mean. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AssetsError } from "../errors.js";
import { plainEndpoint } from "./endpoint.js";
import type { Refusal } from "./http-answer.js";
import type { Environment } from "./proxy.js";
import type { Service, Token } from "./services.js";

const HOME = "https://huggingface.co";
/** A short name that redirects, and would lose the token on the way. */
const SHORT = "https://hf.co";

/** Where users of the Hub keep things. */
export interface HubOptions {
  env: Environment;
  /** The user's home folder. */
  home: string;
}

/** Hugging Face, or the mirror that HF_ENDPOINT names in its place. */
export interface HuggingFace extends Service {
  /** The URL to ask in place of one of the Hub: that of the same file at the mirror. Throws USAGE for a bad HF_ENDPOINT. */
  mirrored(url: string): string;
}

/** Reads variables and the token file as Hugging Face's own tools do, when they are needed. */
export function createHuggingFace({ env, home }: HubOptions): HuggingFace {
  const endpoint = env.HF_ENDPOINT ? plainEndpoint(env.HF_ENDPOINT) : HOME;
  const bases = [HOME, SHORT, ...(endpoint === undefined ? [] : [endpoint])];
  return {
    serves: ({ href }) => bases.some((base) => href.startsWith(`${base}/`)),
    mirrored(url) {
      const { href } = new URL(url);
      const base = [HOME, SHORT].find((each) => href.startsWith(`${each}/`));
      if (base === undefined) return url;
      if (endpoint !== undefined) return `${endpoint}${href.slice(base.length)}`;
      throw new AssetsError("USAGE", "HF_ENDPOINT is not a plain http or https URL.", {
        hint: "Write it like HF_ENDPOINT=https://hf-mirror.example, or unset it.",
      });
    },
    token: () => readToken({ env, home }),
    hint: (refusal, { href }, from) => hintFor(refusal, pageOf(href, bases), from),
  };
}

/** The variables outrank the file that `hf auth login` writes. */
async function readToken({ env, home }: HubOptions): Promise<Token | undefined> {
  for (const from of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]) {
    const value = env[from]?.trim();
    if (value) return { value, from };
  }
  const expanded = (path: string) => path.replace(/^~(?=$|[\\/])/, () => home);
  const cache = env.XDG_CACHE_HOME ? expanded(env.XDG_CACHE_HOME) : join(home, ".cache");
  const folder = env.HF_HOME ? expanded(env.HF_HOME) : join(cache, "huggingface");
  const file = env.HF_TOKEN_PATH ? expanded(env.HF_TOKEN_PATH) : join(folder, "token");
  const value = (await readFile(file, "utf8").catch(() => "")).trim();
  return value === "" ? undefined : { value, from: file };
}

/** The repository's own page, on which licences are accepted: always at home, whatever mirror the file comes from. */
function pageOf(url: string, bases: readonly string[]): string {
  const base = bases.find((each) => url.startsWith(`${each}/`)) ?? "";
  const path = url.slice(base.length + 1);
  const api = /^api\/(?:models\/|(datasets\/|spaces\/))([^/?#]+\/[^/?#]+)\/(?:tree|revision|paths-info)\//.exec(path);
  if (api !== null) return `${HOME}/${api[1] ?? ""}${api[2]}`;
  const repository = /^((?:datasets\/|spaces\/)?[^/?#]+(?:\/[^/?#]+)?)\/(?:resolve|raw|blob)\//.exec(path)?.[1];
  return repository === undefined ? HOME : `${HOME}/${repository}`;
}

function hintFor({ status, reason, limited }: Refusal, page: string, from: string | undefined): string | undefined {
  const login = "set HF_TOKEN, or run: hf auth login";
  if (limited) return from === undefined ? `Those with a login may ask more: ${login}` : undefined;
  if (reason === "GatedRepo") {
    return from === undefined
      ? `The repository is gated: accept its licence at ${page}, then ${login}`
      : `The repository is gated: open ${page} with the account of ${from}, and accept the licence or ask for access.`;
  }
  if (reason === "RevisionNotFound") return `The repository has no such revision: see ${page}/tree/main`;
  if (reason === "EntryNotFound") return `The repository has no such file in that revision: see ${page}/tree/main`;
  if (reason === "RepoNotFound" || (status === 404 && reason === undefined)) {
    return from === undefined
      ? `There is no such repository, or it is private. If you may read it: ${login}`
      : `There is no such repository, or the account of ${from} may not see it: ${page}`;
  }
  if (status === 403 && from !== undefined) {
    return `The token of ${from} may not read this repository, or its licence is not accepted: open ${page}`;
  }
  if (status !== 401 && status !== 403) return undefined;
  return from === undefined
    ? `The repository may be private or gated (then accept its licence at ${page}): ${login}`
    : `It may be mistyped, expired or revoked: make another at ${HOME}/settings/tokens`;
}
