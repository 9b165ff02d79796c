/** Files of GitHub's releases: where they are, and what GitHub states of them. */
import { AssetsError, visibleLine } from "../errors.js";
import { nearestFew } from "../manifest/suggest.js";
import { encodePath, type ReleaseFile } from "../short-urls.js";
import type { Described } from "./described.js";
import { endpointOf } from "./endpoint.js";
import { GITHUB_API } from "./github.js";
import type { RemoteFile, RemoteListing } from "./listed.js";
import type { Environment } from "./proxy.js";
import { withSecondPlace } from "./second-place.js";
import { createSingleFlight } from "./single-flight.js";
import type { Located } from "./source.js";
import type { WebSource } from "./web.js";

/** All of it throws an AssetsError, and the signal's reason. */
export interface Releases {
  locate(file: ReleaseFile, options: { signal: AbortSignal }): Promise<Located>;
  describe(file: ReleaseFile, options: { signal: AbortSignal }): Promise<Described>;
  list(release: Omit<ReleaseFile, "asset">, options: { signal: AbortSignal }): Promise<RemoteListing>;
}

/** What the API tells of a file, as far as it can be used. */
interface Asset {
  readonly name: string;
  readonly size?: number;
  readonly sha256?: string;
  /** Gives the file to everybody, if the repository is public. */
  readonly page?: string;
  /** Gives the file to those who may read the repository. */
  readonly api?: string;
}

interface Release {
  readonly tag: string;
  readonly assets: readonly Asset[];
}

const SERVER = "https://github.com";
const ACCEPT = { accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" };
const MOST_ASSETS = 10_000;

/** Reads GITHUB_API_URL and GITHUB_SERVER_URL, as GitHub's own runners set them, when a URL is looked at. */
export function createReleases(web: WebSource, { env }: { env: Environment }): Releases {
  const releases = createSingleFlight<Release>();

  async function release({ repository, tag }: Omit<ReleaseFile, "asset">, signal: AbortSignal): Promise<Release> {
    const which = tag === "latest" ? "latest" : `tags/${encodeURIComponent(tag)}`;
    const url = `${endpointOf("GITHUB_API_URL", env.GITHUB_API_URL, GITHUB_API)}/repos/${repository}/releases/${which}`;
    return releases(url, signal, async (shared) => {
      const { bytes } = await web.ask(url, { method: "GET", signal: shared }, ACCEPT);
      return readRelease(bytes, url);
    });
  }

  async function find(file: ReleaseFile, signal: AbortSignal): Promise<Asset & { tag: string }> {
    const { tag, assets } = await release(file, signal);
    const asset = assets.find(({ name }) => name === file.asset);
    if (asset !== undefined) return { ...asset, tag: tag || file.tag };
    const near = nearestFew(
      file.asset,
      assets.map(({ name }) => name),
      3,
    );
    const shown = near.length > 0 ? near : assets.slice(0, 3).map(({ name }) => name);
    const there = shown.length === 0 ? "It has no files." : `It has ${shown.map(visibleLine).join(", ")}.`;
    throw new AssetsError("NOT_FOUND", `The release ${file.tag} of ${file.repository} has no file ${file.asset}.`, {
      hint: there,
    });
  }

  /** The address that needs no question, where it is known. */
  function pageOf({ repository, tag, asset }: ReleaseFile): string | undefined {
    if (env.GITHUB_API_URL && !env.GITHUB_SERVER_URL && !isUsual(env.GITHUB_API_URL)) return undefined;
    const server = endpointOf("GITHUB_SERVER_URL", env.GITHUB_SERVER_URL, SERVER);
    const at = tag === "latest" ? "latest/download" : `download/${encodePath(tag)}`;
    return `${server}/${repository}/releases/${at}/${encodePath(asset)}`;
  }

  return {
    async locate(file, { signal }) {
      const known = pageOf(file);
      const asset = known === undefined ? await find(file, signal) : undefined;
      const page = known ?? asset?.page ?? asset?.api;
      if (page === undefined) throw new AssetsError("BAD_RESPONSE", `GitHub names no address for ${file.asset}.`);
      const located = await web.locate(page, { signal });
      // That of a private repository is given to a login, at another address.
      return withSecondPlace(located, web, async (shared) => {
        const other = (asset ?? (await withLogin(file, shared)))?.api;
        return other === page ? undefined : other;
      });
    },
    async describe(file, { signal }) {
      const { tag, ...asset } = await find(file, signal);
      const { path: _, ...listed } = listedOf({ ...file, tag }, asset);
      const { digest } = listed;
      return {
        ...listed,
        ...(digest !== undefined && { statedBy: "GitHub's release API" }),
        ...(tag !== file.tag && { moved: file.tag }),
      };
    },
    async list({ repository, tag: asked }, { signal }) {
      const { tag: told, assets } = await release({ repository, tag: asked }, signal);
      const tag = told || asked;
      return {
        url: `github:${repository}@${encodePath(tag)}`,
        ...(tag !== asked && { moved: asked }),
        files: assets.map((asset) => listedOf({ repository, tag }, asset)),
      };
    },
  };

  /** What the API tells somebody with a login of a file that its page does not give; it has a quota for all others. */
  async function withLogin(file: ReleaseFile, signal: AbortSignal): Promise<Asset | undefined> {
    const api = endpointOf("GITHUB_API_URL", env.GITHUB_API_URL, GITHUB_API);
    const { authorization } = await web.accessTo(`${api}/`);
    return authorization === undefined ? undefined : find(file, signal);
  }
}

function listedOf({ repository, tag }: Omit<ReleaseFile, "asset">, { name, size, sha256 }: Asset): RemoteFile {
  return {
    path: name,
    url: `github:${repository}@${encodePath(tag)}/${encodePath(name)}`,
    ...(size !== undefined && { size }),
    ...(sha256 !== undefined && { digest: { algorithm: "sha256", hex: sha256 } }),
  };
}

function isUsual(api: string): boolean {
  return api.replace(/\/+$/, "") === GITHUB_API;
}

function readRelease(bytes: Uint8Array, url: string): Release {
  const strange = (what: string) => new AssetsError("BAD_RESPONSE", `${url} answers with ${what}.`);
  let answer: { tag_name?: unknown; assets?: unknown } | null;
  try {
    answer = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    throw strange("something that is not JSON");
  }
  const listed = answer?.assets;
  if (!Array.isArray(listed) || listed.length > MOST_ASSETS) throw strange("no release that has files");
  return { tag: typeof answer?.tag_name === "string" ? answer.tag_name : "", assets: listed.flatMap(readAsset) };
}

function readAsset(value: unknown): Asset[] {
  if (typeof value !== "object" || value === null) return [];
  const { name, size, digest, browser_download_url: page, url } = value as Record<string, unknown>;
  if (typeof name !== "string") return [];
  const sha256 = typeof digest === "string" ? /^sha256:([0-9a-f]{64})$/i.exec(digest)?.[1]?.toLowerCase() : undefined;
  return [
    {
      name,
      ...(Number.isSafeInteger(size) && (size as number) >= 0 && { size: size as number }),
      ...(sha256 !== undefined && { sha256 }),
      ...(isAddress(page) && { page }),
      ...(isAddress(url) && { api: url }),
    },
  ];
}

function isAddress(value: unknown): value is string {
  return typeof value === "string" && value.length < 8192 && /^https?:/.test(value) && URL.canParse(value);
}
