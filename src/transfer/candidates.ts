/** Where the bytes of one file may come from: its URLs, a Git LFS server, and what stands behind a pointer that came instead. */
import { createHash } from "node:crypto";
import { AssetsError, redact } from "../errors.js";
import type { PlanItem } from "../plan.js";
import type { Sources } from "../source/index.js";
import type { LfsObject } from "../source/lfs-batch.js";
import type { LfsServer } from "../source/lfs-server.js";
import { contentOf } from "../source/raw-url.js";
import { partialPath } from "../store/partial.js";
import type { Archives } from "./archives.js";
import { pointerOf } from "./body-check.js";
import { type Strategy, withClones } from "./clone-candidates.js";
import type { Clones } from "./clones.js";
import type { Offers } from "./fetch-bytes.js";
import { hostOf } from "./hosts.js";
import type { LfsServers } from "./lfs-servers.js";
import type { Candidate } from "./turn.js";

/** What the candidates of all files of a run share. */
export interface CandidateContext {
  readonly sources: Sources;
  readonly archives: Archives;
  /** A Git LFS server that may have every pinned file; undefined where there is none. */
  readonly lfs: LfsServer | undefined;
  /** Those that URLs of files name. */
  readonly lfsServers: LfsServers;
  /** Clones of repositories; undefined where they are not wanted. */
  readonly clones?: Clones | undefined;
  readonly signal: AbortSignal;
  /** `offline`: use no source that needs a network. */
  readonly policy: { readonly offline: boolean; readonly strategy: Strategy };
}

/** Where the partial of a file lies for one of its URLs. */
export function partialOf(target: string, sha256: string | undefined, url: string): string {
  return partialPath(target, sha256 ?? createHash("sha256").update(url).digest("hex"));
}

/** The candidates for a file. */
export function candidatesOf({ file, target }: PlanItem, context: CandidateContext): Offers {
  const { sources, policy, lfs, lfsServers, clones, signal } = context;
  const { sha256, size } = file;
  const needsNetwork = (url: string) =>
    new AssetsError("OFFLINE", `${url} needs the network, and --offline forbids it.`);
  const fromUrl = (url: string): Candidate => {
    const shown = redact(url);
    return {
      url: shown,
      host: hostOf(shown),
      partial: partialOf(target, sha256, url),
      divisible: isDivisible(url, sources),
      locate: (signal) => {
        if (policy.offline && !sources.isLocal(url)) throw needsNetwork(url);
        return sources.locate(url, { signal });
      },
      unpack: (located, lane) => context.archives.unpack(url, located, { pinned: sha256 !== undefined, lane }),
      instead: (error) => {
        const pointer = pointerOf(error);
        // What a pointer stands for is the file only if it is what is pinned.
        if (pointer === undefined || pointer.oid !== sha256) return [];
        const { urls, servers } = contentOf(url);
        const others = urls.filter((other) => !file.urls.includes(other));
        const object = { oid: pointer.oid, size: pointer.size };
        const behind = servers.map((endpoint) => sources.lfsServer({ endpoint: new URL(endpoint), objects: [object] }));
        return [...others.map((other) => fromUrl(other)), ...behind.map((server) => fromServer(server, object))];
      },
    };
  };
  const fromServer = (server: LfsServer, object: LfsObject): Candidate => {
    const url = `${server.url}/objects/${object.oid}`;
    const shown = redact(url);
    return {
      url: shown,
      host: hostOf(shown),
      partial: partialOf(target, object.oid, url),
      divisible: true,
      locate: (signal) => {
        if (policy.offline) throw needsNetwork(url);
        return server.locate(object, { signal });
      },
    };
  };
  const object = sha256 === undefined || size === undefined ? undefined : { oid: sha256, size };
  const named = file.urls.map((url) => {
    const server = object && lfsServers(url);
    return server === undefined ? fromUrl(url) : fromServer(server, object as LfsObject);
  });
  const direct = [...named, ...(lfs && object ? [fromServer(lfs, object)] : [])];
  const partial = (url: string) => partialOf(target, sha256, url);
  return clones === undefined ? { candidates: direct } : withClones(direct, file, { clones, policy, signal, partial });
}

/** Whether parts of a file can be asked for: neither of a member of an archive nor of a file of this machine. */
function isDivisible(url: string, sources: Sources): boolean {
  try {
    return !sources.isLocal(url) && sources.container(url) === undefined;
  } catch {
    // A URL that no source serves; the attempt says so.
    return false;
  }
}
