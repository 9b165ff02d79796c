/** Repositories of the Hub by way of git, for when its web interface cannot serve. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AssetsError, visibleLine } from "../errors.js";
import { type BareClone, cloneBare, type GitFile } from "../git/bare-clone.js";
import { runGit } from "../git/run-git.js";
import { contentDigest, POINTER_SIZE_LIMIT, parsePointer } from "../lfs-pointer.js";
import { type HubRepository, hubUrl, isCommit } from "../short-urls.js";
import { authoritiesForOthers } from "../source/authorities.js";
import type { HubListed, HubListing } from "../source/hub.js";
import type { Sources } from "../source/index.js";
import type { LfsServer } from "../source/lfs-server.js";
import type { NetworkSettings } from "../source/network-settings.js";
import { withProxies } from "../source/proxy.js";
import { createSingleFlight } from "../source/single-flight.js";
import type { Located } from "../source/source.js";
import { makeScratch, type Scratch } from "../store/scratch.js";
import { environment } from "../this-process.js";

/** The clones of a run, made when they are needed, each once. */
export interface Clones {
  /** Throws ACCESS, NOT_FOUND, NETWORK, USAGE where git is missing, and the signal's reason. */
  open(repository: HubRepository, signal: AbortSignal): Promise<Clone>;
  /** Removes them. */
  close(): Promise<void>;
}

/** A repository at a commit. */
export interface Clone {
  readonly listing: HubListing;
  /** Where a file's bytes are: in the clone, or with the repository's LFS server. Throws NOT_FOUND, and what LFS throws. */
  locate(path: string, options: { signal: AbortSignal }): Promise<Located>;
}

/** What git says of a redirect that it does not follow. */
const REDIRECTED = /returned error: 30[12378]\b/;

/** What git keeps of a file, and what is to come in its place. */
interface Entry {
  readonly file: GitFile;
  readonly pointer?: { readonly oid: string; readonly size: number };
}

/** The refusal of `--strategy git` where there is no git. */
export function gitIsMissing(): AssetsError {
  return new AssetsError("USAGE", "git is needed to clone a repository, and is not in the PATH.", {
    hint: "Install git (https://git-scm.com), or leave --strategy git out.",
  });
}

/** Where clones lie, and how git reaches the network. */
export interface ClonesOptions {
  /** In its `.assets/` they lie until they are closed. */
  readonly root: string;
  readonly network: NetworkSettings;
}

/** Makes them. */
export function createClones(sources: Pick<Sources, "hub" | "lfsServer">, { root, network }: ClonesOptions): Clones {
  const flights = createSingleFlight<Clone>();
  const scratches: Scratch[] = [];

  async function clone(repository: HubRepository, signal: AbortSignal): Promise<Clone> {
    const { revision = "main", ...place } = repository;
    let remote = await sources.hub.remote(repository);
    const scratch = await makeScratch(root, "clones");
    scratches.push(scratch);
    const folder = join(scratch.folder, "git");
    await mkdir(folder);
    const env = { ...withProxies(network, environment), ...(await trusting(scratch.folder, remote.url)) };
    let bare = await cloneBare({ ...remote, revision, folder, signal, env });
    if (typeof bare === "string" && REDIRECTED.test(bare)) {
      // With a login git follows no redirect. One within the server is that of a repository with a new name.
      const url = await sources.hub.remoteNow(remote.url, { signal });
      if (url === undefined) throw refusal(hubUrl(repository), bare);
      if (new URL(url).origin !== new URL(remote.url).origin) throw leadsAway(repository, url);
      remote = { ...remote, url };
      bare = await cloneBare({ ...remote, revision, folder, signal, env });
    }
    if (bare === undefined) throw gitIsMissing();
    if (typeof bare === "string") throw refusal(hubUrl(repository), bare);
    const entries = await entriesOf(bare);
    if (entries === undefined) throw refusal(hubUrl(repository), "what came cannot be read");
    const objects = entries.flatMap(({ pointer }) => pointer ?? []);
    let server: LfsServer | undefined;
    return {
      listing: {
        url: hubUrl({ ...place, revision: bare.commit }),
        commit: bare.commit,
        files: entries.map(toListed),
        ...(!isCommit(revision) && { moved: revision }),
      },
      async locate(path, options) {
        const entry = entries.find(({ file }) => file.path === path);
        if (entry === undefined) {
          throw new AssetsError(
            "NOT_FOUND",
            `${hubUrl({ ...repository, path })} is not in the clone of its repository.`,
          );
        }
        if (entry.pointer !== undefined) {
          server ??= sources.lfsServer({ endpoint: new URL(`${remote.url}.git/info/lfs`), objects });
          return server.locate(entry.pointer, options);
        }
        const { id } = entry.file;
        const bytes = (await bare.read([id]))?.get(id);
        if (bytes === undefined) throw refusal(hubUrl(repository), `${path} cannot be read`);
        return inMemory(bytes, `${remote.url} (git)`);
      },
    };
  }

  /** Where git trusts whom this process trusts, and those whom the user has told it of. */
  async function trusting(folder: string, url: string): Promise<Record<string, string>> {
    const ca = await authoritiesForOthers(network, environment);
    if (ca === undefined) return {};
    const settings = ["config", "--type=path", "--get-urlmatch", "http.sslCAInfo", url];
    const own = environment.GIT_SSL_CAINFO ?? (await runGit(settings, { cwd: folder }))?.trim();
    const file = join(folder, "ca.pem");
    const texts = own ? [...ca, await readFile(own, "latin1").catch(() => "")] : ca;
    await writeFile(file, texts.map((text) => `${text.trim()}\n`).join(""));
    return { GIT_SSL_CAINFO: file };
  }

  return {
    open: (repository, signal) => flights(hubUrl(repository), signal, (shared) => clone(repository, shared)),
    async close() {
      await Promise.all(scratches.map((scratch) => scratch.remove()));
    },
  };
}

async function entriesOf(bare: BareClone): Promise<Entry[] | undefined> {
  const files = await bare.files();
  const small = files?.filter(({ size }) => size > 0 && size < POINTER_SIZE_LIMIT).map(({ id }) => id);
  const texts = small && (await bare.read([...new Set(small)]));
  return (
    texts &&
    files?.map((file) => {
      const parsed = parsePointer(texts.get(file.id) ?? new Uint8Array());
      if (parsed.kind !== "pointer" && parsed.kind !== "non-canonical") return { file };
      // What extensions have changed is not what the Hub gives.
      return contentDigest(parsed) !== parsed.oid
        ? { file }
        : { file, pointer: { oid: parsed.oid, size: parsed.size } };
    })
  );
}

function toListed({ file: { path, size, id }, pointer }: Entry): HubListed {
  if (pointer === undefined) return { path, size, digest: { algorithm: "git-blob", hex: id } };
  return { path, size: pointer.size, digest: { algorithm: "sha256", hex: pointer.oid } };
}

function inMemory(bytes: Buffer, url: string): Located {
  return {
    url,
    open: async ({ offset, end = bytes.length }) => ({
      body: (async function* () {
        yield bytes.subarray(offset, end);
      })(),
      offset,
      totalSize: bytes.length,
      ...(end < bytes.length && { end }),
    }),
  };
}

/** The refusal to take a login to another host. */
function leadsAway(repository: HubRepository, url: string): AssetsError {
  const { origin } = new URL(url);
  const message = `git cannot clone ${hubUrl(repository)}: it redirects to ${visibleLine(origin)}, where the login is not shown.`;
  return new AssetsError("BAD_RESPONSE", message, {
    hint: `If that is a mirror of yours: HF_ENDPOINT=${visibleLine(origin)}. If the repository is public: clone without a token.`,
  });
}

/** What git's words mean. */
function refusal(url: string, said: string): AssetsError {
  const message = `git cannot clone ${visibleLine(url)}: ${visibleLine(said)}.`.replace(/\.\.$/, ".");
  if (/could not read (?:username|password)|authentication failed|\b40[13]\b|access denied/i.test(said)) {
    return new AssetsError("ACCESS", message, { hint: "If it needs a login: set HF_TOKEN, or run: hf auth login" });
  }
  const isGone = /not found|\b404\b|couldn't find remote ref|no commit/i.test(said);
  return new AssetsError(isGone ? "NOT_FOUND" : "NETWORK", message);
}
