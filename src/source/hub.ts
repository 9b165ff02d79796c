/** What the Hugging Face Hub states of repositories and files, believing none of its shapes. */
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { AssetsError, visibleLine } from "../errors.js";
import { encodePath, type HubFile, type HubRepository, hubUrl, isCommit } from "../short-urls.js";
import type { Described } from "./described.js";
import { refusalOf } from "./http-answer.js";
import type { HubAbout, HubEntry } from "./hub-library.js";
import { basic } from "./proxy.js";
import type { WebSource } from "./web.js";

/** One file of a repository. */
export interface HubListed {
  /** `/`-separated, as the Hub states it: check it before it is used as a path. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** SHA-256 of large files, git blob id of those that git keeps itself. */
  readonly digest?: { readonly algorithm: "sha256" | "git-blob"; readonly hex: string };
}

/** What is known of a repository beside its files. */
export interface HubFacts {
  readonly commit: string;
  /** The branch or tag that the commit was found by. */
  readonly moved?: string;
  readonly licence?: string;
  readonly tags: readonly string[];
  readonly gated: boolean;
  readonly private: boolean;
  /** ISO 8601. */
  readonly lastModified?: string;
}

/** A repository at a commit. */
export interface HubListing {
  /** The same repository at its commit, as `hf:` URL. */
  readonly url: string;
  readonly commit: string;
  readonly moved?: string;
  readonly files: readonly HubListed[];
}

/** The Hub's API. All of it throws an AssetsError, and the signal's reason. */
export interface Hub {
  /** Everything in a repository; a branch or tag is resolved to its commit first. */
  list(repository: HubRepository, options: { signal: AbortSignal }): Promise<HubListing>;
  about(repository: HubRepository, options: { signal: AbortSignal }): Promise<HubFacts>;
  /** `bytesOnly`: the licence is not asked for. */
  describe(file: HubFile, options: { signal: AbortSignal; bytesOnly?: boolean }): Promise<Described>;
  /** Where git finds a repository, and what it is to show there. */
  remote(repository: HubRepository): Promise<{ url: string; authorization?: string }>;
  /** Where a remote redirects git to; undefined where it does not. */
  remoteNow(remote: string, options: { signal: AbortSignal }): Promise<string | undefined>;
}

/** What was found out about a file. */
type Found = Pick<Described, "size" | "digest" | "statedBy"> & { readonly commit?: string };

const HOME = "https://huggingface.co";
/** How long a licence is waited for once all else is known of a file, in milliseconds. */
const LICENCE_MS = 3_000;
const MOST_FILES = 250_000;
const MOST_TAGS = 1_000;
const SHA256 = /^[0-9a-f]{64}$/;
const SHA1 = /^[0-9a-f]{40}$/;

/** The URL by which the Hub gives a file. */
export function resolveUrlOf({ type, name, revision = "main", path }: HubFile): string {
  const kind = type === "model" ? "" : `${type}s/`;
  return `${HOME}/${kind}${name}/resolve/${encodeURIComponent(revision)}/${encodePath(path)}`;
}

/** Nothing is loaded or asked before the first call. */
export function createHub(web: Pick<WebSource, "ask" | "accessTo" | "addressOf">): Hub {
  const { ask, accessTo } = web;
  const library = () => import("./hub-library.js");

  async function about(repository: HubRepository, { signal }: { signal: AbortSignal }): Promise<HubFacts> {
    const { aboutOf } = await library();
    return factsOf(await aboutOf(repository, web, signal), repository);
  }

  /** The answer to the question for a file says all there is to know of it, before it leads to where the bytes are. */
  async function byHead(file: HubFile, signal: AbortSignal): Promise<Found | undefined> {
    const { headers } = await ask(resolveUrlOf(file), { method: "HEAD", stays: "origin", signal });
    const header = (name: string) => [headers[name] ?? []].flat()[0];
    const commit = [header("x-repo-commit"), file.revision].find(isCommit);
    const linked = header("x-linked-etag");
    const tag = (linked ?? header("etag"))?.replace(/^W\//, "").replaceAll('"', "").toLowerCase() ?? "";
    const algorithm = SHA256.test(tag) ? "sha256" : SHA1.test(tag) ? "git-blob" : undefined;
    const size = Number(header("x-linked-size") ?? (linked === undefined ? header("content-length") : undefined));
    if (algorithm === undefined) return undefined;
    return {
      ...(commit !== undefined && { commit }),
      ...(isSize(size) && { size }),
      digest: { algorithm, hex: tag },
      statedBy: `the Hub (${linked === undefined ? "ETag" : "X-Linked-ETag"})`,
    };
  }

  async function byTree(file: HubFile, commit: string, signal: AbortSignal): Promise<Found> {
    const { entriesAt, entriesOf } = await library();
    const fixed = { ...file, revision: commit };
    const entries = await entriesAt(fixed, [file.path], web, signal).catch(async (error) => {
      // A mirror may know no other question than the one for everything.
      const refusal = refusalOf(error);
      if (refusal === undefined || refusal.reason !== undefined || isPassing(error)) throw error;
      const all: HubEntry[] = [];
      for await (const entry of entriesOf(fixed, web, signal)) if (entry.path === file.path) all.push(entry);
      return all;
    });
    const entry = entries.find(({ type, path }) => type === "file" && path === file.path);
    if (entry === undefined) throw noSuchFile(file);
    const { size, digest } = listedOf(entry, file);
    return { commit, size, ...(digest && { digest, statedBy: "the Hub's tree API" }) };
  }

  return {
    about,
    async remote({ type, name }) {
      const access = await accessTo(`${HOME}/${type === "model" ? "" : `${type}s/`}${name}`);
      const token = /^Bearer (.*)$/.exec(access.authorization ?? "")?.[1];
      // The Hub takes tokens as passwords here.
      return token === undefined ? access : { ...access, authorization: basic("hf", token) };
    },
    async remoteNow(remote, { signal }) {
      // Git's first question (gitprotocol-http(5)).
      const question = "/info/refs?service=git-upload-pack";
      const { url } = await ask(`${remote}${question}`, { method: "GET", stays: "url", signal });
      const now = url.endsWith(question) ? url.slice(0, -question.length) : url;
      return now === remote ? undefined : now;
    },
    async list(repository, { signal }) {
      const { revision } = repository;
      const commit = isCommit(revision) ? revision : (await about(repository, { signal })).commit;
      const { entriesOf } = await library();
      const files = new Map<string, HubListed>();
      for await (const entry of entriesOf({ ...repository, revision: commit }, web, signal)) {
        if (entry.type !== "file") continue;
        const file = listedOf(entry, repository);
        const other = files.get(file.path);
        if (other !== undefined && !isDeepStrictEqual(file, other)) {
          throw strange(repository, `lists two different files ${visibleLine(file.path)}`);
        }
        files.set(file.path, file);
        if (files.size > MOST_FILES) throw strange(repository, `lists more than ${MOST_FILES} files`);
      }
      const url = hubUrl({ type: repository.type, name: repository.name, revision: commit });
      return { url, commit, files: [...files.values()], ...(commit !== revision && { moved: revision ?? "main" }) };
    },
    async describe(file, { signal, bytesOnly = false }) {
      const done = new AbortController();
      const either = AbortSignal.any([signal, done.signal]);
      let asked: Promise<HubFacts> | undefined;
      const facts = () => {
        asked ??= about(file, { signal: either });
        return asked;
      };
      try {
        // That the licence cannot be learned is no reason to know nothing.
        const known = bytesOnly ? undefined : facts().catch(() => undefined);
        const told = await byHead(file, signal).catch((error) => {
          // A mirror may know the API and not the question; what is refused for a reason stays so.
          if (refusalOf(error) === undefined || isRefused(error) || isPassing(error)) throw error;
          return undefined;
        });
        const commitOf = async () => (isCommit(file.revision) ? file.revision : (await facts()).commit);
        const found = told ?? (await byTree(file, await commitOf(), signal));
        const { commit = await commitOf(), ...stated } = found;
        const described = { ...pinned(file, commit), ...stated };
        const late = sleep(LICENCE_MS, undefined, { signal: either }).catch(() => undefined);
        const licence = (await Promise.race([known, late]))?.licence;
        signal.throwIfAborted();
        return { ...described, ...(licence !== undefined && { licence }) };
      } finally {
        // Nobody waits for the licence any more, nor for another try at it.
        done.abort();
      }
    },
  };
}

function isRefused(error: unknown): boolean {
  const { status, reason } = refusalOf(error) ?? {};
  return reason !== undefined || status === 401 || status === 403 || status === 404;
}

/** What cannot answer now will not answer another question either. 501 is said of the question. */
function isPassing(error: unknown): boolean {
  return error instanceof AssetsError && error.retry !== undefined && refusalOf(error)?.status !== 501;
}

function pinned(file: HubFile, commit: string): Pick<Described, "url" | "moved"> {
  const { type, name, revision, path } = file;
  const url = hubUrl({ type, name, revision: commit, path });
  return { url, ...(revision !== commit && { moved: revision ?? "main" }) };
}

function factsOf({ sha, tags, gated, private: hidden, updatedAt }: HubAbout, repository: HubRepository): HubFacts {
  const { revision } = repository;
  const commit = typeof sha === "string" && isCommit(sha) ? sha : revision;
  if (!isCommit(commit)) throw strange(repository, `does not say which commit ${visibleLine(revision ?? "main")} is`);
  const words = Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string").slice(0, MOST_TAGS) : [];
  const licence = words.find((tag) => /^license:[\w.+-]{1,64}$/.test(tag))?.slice("license:".length);
  const date = updatedAt instanceof Date && !Number.isNaN(updatedAt.getTime()) ? updatedAt.toISOString() : undefined;
  return {
    commit,
    ...(commit !== revision && { moved: revision ?? "main" }),
    ...(licence !== undefined && { licence }),
    tags: words,
    gated: gated === true || typeof gated === "string",
    private: hidden === true,
    ...(date !== undefined && { lastModified: date }),
  };
}

function listedOf({ path, size, oid, lfs }: HubEntry, repository: HubRepository): HubListed {
  const bytes = lfs?.size ?? size;
  if (typeof path !== "string" || path === "" || !isSize(bytes)) throw strange(repository, "lists a file that is none");
  // The id beside a large file is that of its pointer.
  const hex = lfs === undefined ? oid : typeof lfs.oid === "string" ? lfs.oid.replace(/^sha256:/, "") : undefined;
  const fits = typeof hex === "string" && (lfs === undefined ? SHA1 : SHA256).test(hex);
  if (!fits) return { path, size: bytes };
  return { path, size: bytes, digest: { algorithm: lfs === undefined ? "git-blob" : "sha256", hex } };
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function noSuchFile(file: HubFile): AssetsError {
  const page = `${HOME}/${file.type === "model" ? "" : `${file.type}s/`}${file.name}`;
  return new AssetsError("NOT_FOUND", `${hubUrl(file)} does not exist.`, {
    hint: `The repository has no such file in that revision: see ${page}/tree/${file.revision ?? "main"}`,
  });
}

function strange({ type, name }: HubRepository, what: string): AssetsError {
  return new AssetsError("BAD_RESPONSE", `The answer about ${hubUrl({ type, name })} ${what}.`);
}
