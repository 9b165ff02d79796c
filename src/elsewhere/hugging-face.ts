/** The cache of Hugging Face's own tools, in which large files are named by their SHA-256. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { UserFolders } from "../git/config-files.js";
import { NOWHERE, type Place } from "./place.js";

/** The cache's folder, as `huggingface_hub` finds it. */
function hubCache({ env, home }: UserFolders): string {
  const expanded = (path: string) => path.replace(/^~(?=$|[\\/])/, () => home);
  const own = env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE;
  if (own) return expanded(own);
  if (env.HF_HOME) return join(expanded(env.HF_HOME), "hub");
  return join(env.XDG_CACHE_HOME ? expanded(env.XDG_CACHE_HOME) : join(home, ".cache"), "huggingface", "hub");
}

/** Lists the blobs of all repositories. */
export async function huggingFaceCache(user: UserFolders): Promise<Place> {
  const blobs = await listBlobs(hubCache(user));
  if (blobs.size === 0) return NOWHERE;
  return ({ sha256 }) => {
    const path = blobs.get(sha256);
    return path === undefined ? [] : [{ path, place: "the Hugging Face cache" }];
  };
}

async function listBlobs(cache: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const repositories = (await readdir(cache).catch(() => [])).filter((name) =>
    /^(?:model|dataset|space)s--/.test(name),
  );
  for (const repository of repositories) {
    const folder = join(cache, repository, "blobs");
    for (const name of await readdir(folder).catch(() => [])) {
      // Others are named by git's own digest, or unfinished.
      if (/^[0-9a-f]{64}$/.test(name)) found.set(name, join(folder, name));
    }
  }
  return found;
}
