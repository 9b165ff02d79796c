/** Files of GitHub repositories by their raw address: which commit a branch stands for, and what git knows the file by. */
import { AssetsError, redact } from "../errors.js";
import type { Described } from "./described.js";
import { endpointOf } from "./endpoint.js";
import { GITHUB_API } from "./github.js";
import type { Environment } from "./proxy.js";
import type { WebSource } from "./web.js";

/** A file at a revision. */
export interface RawFile {
  /** `owner/name`. */
  readonly repository: string;
  /** Commit, tag or branch: one without a slash, or all of `refs/heads/…`. */
  readonly revision: string;
  /** As it stands in the URL. */
  readonly path: string;
}

const RAW =
  /^https:\/\/raw\.githubusercontent\.com\/([^/?#]+\/[^/?#]+)\/(refs\/(?:heads|tags)\/[^/?#]+|[^/?#]+)\/([^?#]+)$/i;
const SHA1 = /^[0-9a-f]{40}$/;
const ACCEPT = { accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" };
/** The description of a small file has the file in it. */
const MOST_BYTES = 4 * 1024 * 1024;

/** The file that a raw address names; undefined for any other URL. */
export function parseRaw(url: string): RawFile | undefined {
  const [, repository, revision, path] = RAW.exec(url) ?? [];
  return repository === undefined || revision === undefined || path === undefined
    ? undefined
    : { repository, revision, path };
}

/** What GitHub's API states of it. Throws an AssetsError, and the signal's reason. */
export async function describeRaw(
  { repository, revision, path }: RawFile,
  { ask }: Pick<WebSource, "ask">,
  { env, signal }: { env: Environment; signal: AbortSignal },
): Promise<Described> {
  const api = `${endpointOf("GITHUB_API_URL", env.GITHUB_API_URL, GITHUB_API)}/repos/${repository}`;
  const get = async (url: string): Promise<Record<string, unknown>> => {
    const { bytes } = await ask(url, { method: "GET", signal, maxBytes: MOST_BYTES }, ACCEPT);
    try {
      return (JSON.parse(Buffer.from(bytes).toString("utf8")) ?? {}) as Record<string, unknown>;
    } catch {
      throw new AssetsError("BAD_RESPONSE", `${redact(url)} answers with something that is not JSON.`);
    }
  };
  const short = revision.replace(/^refs\//, "");
  const isCommit = SHA1.test(revision);
  const commit = isCommit ? revision : (await get(`${api}/commits/${short}`)).sha;
  if (typeof commit !== "string" || !SHA1.test(commit)) {
    throw new AssetsError("BAD_RESPONSE", `GitHub does not say which commit ${revision} of ${repository} is.`);
  }
  const { type, size, sha } = await get(`${api}/contents/${path}?ref=${commit}`);
  const isFile = type === "file";
  return {
    url: `https://raw.githubusercontent.com/${repository}/${commit}/${path}`,
    ...(isFile && Number.isSafeInteger(size) && (size as number) >= 0 && { size: size as number }),
    ...(isFile &&
      typeof sha === "string" &&
      SHA1.test(sha) && { digest: { algorithm: "git-blob", hex: sha }, statedBy: "GitHub's contents API" }),
    ...(!isCommit && { moved: short.replace(/^(?:heads|tags)\//, "") }),
  };
}
