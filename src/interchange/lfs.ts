/** Git LFS pointers of a repository as files of a manifest: pure. */
import { contentDigest, parsePointer } from "../lfs-pointer.js";
import { encodePath } from "../short-urls.js";
import { createListing, type Listing, shown } from "./listing.js";

/** A small file of the repository, that may be a pointer. */
export interface SmallBlob {
  /** From the top of the repository. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Where the content of a repository's pointers can be had. */
export interface LfsOrigin {
  /** The server, or the folder of objects of a remote on this machine; undefined where there is neither. */
  readonly server?: string | undefined;
  readonly objects?: string | undefined;
  /** Full id of the commit that the pointers are of, if it is known. */
  readonly commit?: string | undefined;
}

/** Makes a listing of those that are pointers; files of one folder make one asset. */
export function readLfs(blobs: readonly SmallBlob[], origin: LfsOrigin): Listing {
  const listing = createListing();
  for (const { path, bytes } of blobs) {
    const pointer = parsePointer(bytes);
    if (pointer.kind === "none") continue;
    if (pointer.kind === "malformed") {
      listing.refuse(path, `it looks like a Git LFS pointer: ${pointer.problem}`);
      continue;
    }
    if (pointer.extensions.length > 0) {
      listing.refuse(path, "an extension of git-lfs made another file of it, which only git-lfs can turn back");
      continue;
    }
    const { size } = pointer;
    const sha256 = contentDigest(pointer);
    const urls = urlsOf(path, sha256, origin);
    if (urls.length === 0) listing.refuse(path, `${shown(path)} has no server that assets could ask`);
    else listing.add({ path, size, sha256, urls, place: path, asset: assetOf(path) });
  }
  return listing.done();
}

/** The folder; of a file at the top its own name. */
function assetOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? path : path.slice(0, slash);
}

/** Plain addresses of forges that have them come first: they need no question to the server. */
function urlsOf(path: string, oid: string, { server, objects, commit }: LfsOrigin): string[] {
  if (objects !== undefined) return [`${objects}/${oid.slice(0, 2)}/${oid.slice(2, 4)}/${oid}`];
  if (server === undefined) return [];
  const plain = commit === undefined ? undefined : plainAddress(new URL(server), commit, path);
  return [...(plain === undefined ? [] : [plain]), `lfs:${server}`];
}

function plainAddress({ protocol, hostname, port, pathname }: URL, commit: string, path: string): string | undefined {
  const repository = /^\/(.+?)(?:\.git)?\/info\/lfs\/?$/.exec(pathname)?.[1];
  if (repository === undefined || protocol !== "https:" || port !== "") return undefined;
  const file = `${commit}/${encodePath(path)}`;
  if (hostname === "github.com" && /^[^/]+\/[^/]+$/.test(repository)) {
    return `https://media.githubusercontent.com/media/${repository}/${file}`;
  }
  return hostname === "huggingface.co" ? `https://huggingface.co/${repository}/resolve/${file}` : undefined;
}
