/** Files of GitHub repositories: which commit a branch stands for, and what git or Git LFS knows the file by. */
import { AssetsError, redact } from "../errors.js";
import { POINTER_SIZE_LIMIT, parsePointer } from "../lfs-pointer.js";
import { type RawFile, rawUrl, shortRevision } from "../raw-files.js";
import type { Described } from "./described.js";
import { endpointOf } from "./endpoint.js";
import { GITHUB_API } from "./github.js";
import { refusalOf } from "./http-answer.js";
import type { Environment } from "./proxy.js";
import { contentOf } from "./raw-url.js";
import type { WebSource } from "./web.js";

const SHA1 = /^[0-9a-f]{40}$/;
const ACCEPT = { accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" };
/** The description of a small file has the file in it. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Each costs a question of a small quota. */
const MOST_READINGS = 3;

/** What GitHub's API states of it. Throws an AssetsError, and the signal's reason. */
export async function describeRaw(
  file: RawFile,
  { ask }: Pick<WebSource, "ask">,
  { env, signal }: { env: Environment; signal: AbortSignal },
): Promise<Described> {
  const { repository, revision, path } = file;
  const api = `${endpointOf("GITHUB_API_URL", env.GITHUB_API_URL, GITHUB_API)}/repos/${repository}`;
  const get = async (url: string): Promise<Record<string, unknown>> => {
    const { bytes } = await ask(url, { method: "GET", signal, maxBytes: MOST_BYTES }, ACCEPT);
    try {
      return (JSON.parse(Buffer.from(bytes).toString("utf8")) ?? {}) as Record<string, unknown>;
    } catch {
      throw new AssetsError("BAD_RESPONSE", `${redact(url)} answers with something that is not JSON.`);
    }
  };
  if (SHA1.test(revision)) return stated(rawUrl(file), await get(`${api}/contents/${path}?ref=${revision}`));
  let refused: unknown;
  for (const each of readings(file)) {
    const answer = await get(`${api}/commits/${each.revision.replace(/^refs\//, "")}`).catch((error) => {
      if (![404, 422].includes(refusalOf(error)?.status ?? 0)) throw error;
      refused ??= error;
    });
    if (answer === undefined) continue;
    const { sha } = answer;
    if (typeof sha !== "string" || !SHA1.test(sha)) {
      throw new AssetsError("BAD_RESPONSE", `GitHub does not say which commit ${each.revision} of ${repository} is.`);
    }
    const entry = await get(`${api}/contents/${each.path}?ref=${sha}`);
    return { ...stated(rawUrl({ ...each, revision: sha }), entry), moved: shortRevision(each.revision) };
  }
  throw refused;
}

/** Branches may have slashes in their names, and the address does not say where the name ends. */
function readings({ repository, revision, path }: RawFile): RawFile[] {
  const parts = path.split("/");
  return parts.slice(0, MOST_READINGS).map((_, count) => ({
    repository,
    revision: [revision, ...parts.slice(0, count)].join("/"),
    path: parts.slice(count).join("/"),
  }));
}

/** What the API says of a file, and where its bytes are: git has only a pointer of what Git LFS keeps. */
function stated(url: string, { type, size, sha, content, encoding }: Record<string, unknown>): Described {
  if (type !== "file") return { url };
  const isSmall = encoding === "base64" && typeof content === "string" && content.length < 2 * POINTER_SIZE_LIMIT;
  const pointer = isSmall ? parsePointer(Buffer.from(content, "base64")) : undefined;
  if (pointer?.kind === "pointer" || pointer?.kind === "non-canonical") {
    // What extensions have changed is not what was committed: the transfer refuses such a pointer.
    if (pointer.extensions.length > 0) return { url };
    return {
      url: contentOf(url).urls[0] ?? url,
      size: pointer.size,
      digest: { algorithm: "sha256", hex: pointer.oid },
      statedBy: "its Git LFS pointer",
    };
  }
  return {
    url,
    ...(Number.isSafeInteger(size) && (size as number) >= 0 && { size: size as number }),
    ...(typeof sha === "string" &&
      SHA1.test(sha) && { digest: { algorithm: "git-blob", hex: sha }, statedBy: "GitHub's contents API" }),
  };
}
