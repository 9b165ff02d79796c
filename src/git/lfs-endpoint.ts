/** Which Git LFS server belongs to a repository, told from its settings as git-lfs tells it: pure. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isSecretHeader } from "../errors.js";
import type { Settings } from "./settings.js";

/**
 * A server by http or https, or for a remote on this machine the folder of that repository; else an address that cannot
 * be asked, as far as it is fit to be shown.
 */
export type LfsEndpoint = { readonly url: string } | { readonly folder: string } | { readonly unusable: string };

/**
 * The server that objects are fetched from; undefined where the settings name none. `top`: what relative paths of remotes
 * start from. The order is that of git-lfs-config(5): `lfs.url`, the remote's `lfsurl`, its `url`, each as the user has
 * it before what `.lfsconfig` says.
 */
export function lfsEndpoint(settings: Settings, top: string): LfsEndpoint | undefined {
  const { own, committed } = settings;
  const get = (key: string) => own.get(key) || committed.get(key) || undefined;
  const remote = remoteOf(settings);
  const stated = get("lfs.url") ?? get(`remote.${remote}.lfsurl`);
  if (stated !== undefined) return endpointOf(rewritten(stated, settings), top, "");
  const clone = own.get(`remote.${remote}.url`);
  return clone === undefined ? undefined : endpointOf(rewritten(clone, settings), top, "/info/lfs");
}

/**
 * Headers that the user has every request to a URL carry (`http.<url>.extraHeader`): those of the nearest URL count. Those
 * for all URLs may hold no login: the server may be one that the repository's authors name.
 */
export function extraHeaders({ own }: Pick<Settings, "own">, url: string): Record<string, string> {
  const found = new Map<string, string[]>();
  for (const [key, value] of own.entries) {
    const base = /^http\.(?:(.*)\.)?extraheader$/.exec(key);
    if (base === null || !covers(base[1] ?? "", url)) continue;
    // An empty value drops those that came before it.
    found.set(base[1] ?? "", value === "" ? [] : [...(found.get(base[1] ?? "") ?? []), value]);
  }
  const [base, nearest] = [...found].sort(([a], [b]) => b.length - a.length)[0] ?? ["", []];
  return Object.fromEntries(
    nearest.flatMap((line) => {
      const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+)\s*:\s*([\x20-\x7e]*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined || (base === "" && isSecretHeader(name))) return [];
      return [[name.toLowerCase(), value]];
    }),
  );
}

/** The branch's own remote, `remote.lfsdefault`, the only one there is, or else `origin`. */
function remoteOf({ own, committed, branch }: Settings): string {
  const tracked = branch === undefined ? undefined : own.get(`branch.${branch}.remote`);
  if (tracked !== undefined && tracked !== ".") return tracked;
  const usual = own.get("remote.lfsdefault") ?? committed.get("remote.lfsdefault");
  if (usual !== undefined) return usual;
  const remotes = new Set(own.entries.flatMap(([key]) => /^remote\.(.+)\.url$/.exec(key)?.[1] ?? []));
  return remotes.size === 1 ? ([...remotes][0] ?? "origin") : "origin";
}

/** A URL with the beginning that the longest fitting `url.<base>.insteadOf` replaces. */
function rewritten(url: string, { own }: Settings): string {
  let best: { base: string; prefix: string } | undefined;
  for (const [key, prefix] of own.entries) {
    const base = /^url\.(.*)\.insteadof$/.exec(key)?.[1];
    if (base === undefined || prefix === "" || !url.startsWith(prefix)) continue;
    if (best === undefined || prefix.length > best.prefix.length) best = { base, prefix };
  }
  return best === undefined ? url : `${best.base}${url.slice(best.prefix.length)}`;
}

/** Two letters at least: one is a drive. Whatever has a scheme is no folder, and may hold a password. */
const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;

/** `suffix`: where the server lies from the URL of the repository on; empty for a URL that is the server's own. */
function endpointOf(raw: string, top: string, suffix: "" | "/info/lfs"): LfsEndpoint {
  const server = (url: string): LfsEndpoint => {
    const bare = url.replace(/\/+$/, "");
    const whole = suffix === "" ? bare : `${bare}${bare.endsWith(".git") ? "" : ".git"}${suffix}`;
    return URL.canParse(whole) ? { url: whole } : { unusable: withoutLogin(raw) };
  };
  const scheme = SCHEME.exec(raw)?.[1]?.toLowerCase();
  if (scheme !== undefined) {
    if (!URL.canParse(raw)) return { unusable: withoutLogin(raw) };
    const { host, hostname, pathname } = new URL(raw);
    if (scheme === "https" || scheme === "http") return server(raw);
    if (scheme === "file") return fileFolder(raw);
    // The port is that of another protocol.
    if (/^(?:ssh|git\+ssh|ssh\+git)$/.test(scheme)) return server(`https://${hostname}${pathname}`);
    if (scheme === "git") return server(`https://${host.replace(/:\d+$/, "")}${pathname}`);
    return { unusable: withoutLogin(raw) };
  }
  // The short form of ssh, unless a slash or a drive letter before the colon makes it a path (git-clone(1)).
  const [, host, path] = /^(?:[^@/:]+@)?(\[[^\]]+\]|[^/:]{2,}):(?!\/\/)\/?(.*)$/s.exec(raw) ?? [];
  if (host !== undefined && path !== undefined) return server(`https://${host}/${path}`);
  return { folder: resolve(top, raw) };
}

/** Where a password ends that a URL cannot hold as it stands, only its last `@` tells. */
function withoutLogin(raw: string): string {
  return `${SCHEME.exec(raw)?.[0] ?? ""}${raw.slice(raw.lastIndexOf("@") + 1).replace(SCHEME, "")}`;
}

function fileFolder(url: string): LfsEndpoint {
  try {
    return { folder: fileURLToPath(url) };
  } catch {
    return { unusable: withoutLogin(url) };
  }
}

/** Whether a setting for `base` is meant for a URL: the same origin, and a path that begins with whole segments of its own. */
function covers(base: string, url: string): boolean {
  if (base === "") return true;
  if (!URL.canParse(base)) return false;
  const [a, b] = [new URL(base), new URL(url)];
  const path = a.pathname.replace(/\/*$/, "/");
  return a.origin === b.origin && `${b.pathname}/`.startsWith(path);
}
