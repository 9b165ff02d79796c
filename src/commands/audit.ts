/** `assets audit`: whether the URLs of a manifest still give what is pinned. */
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError, redact } from "../errors.js";
import { POINTER_SIZE_LIMIT } from "../lfs-pointer.js";
import { type FileInText, readText } from "../manifest/files-in-text.js";
import type { JsonPath } from "../manifest/issues.js";
import { type Selection, select } from "../manifest/select.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { resolveUrl } from "../manifest/urls.js";
import { parseRaw } from "../raw-files.js";
import { shortForm } from "../short-urls.js";
import { createSources, type Sources } from "../source/index.js";
import type { LfsServer } from "../source/lfs-server.js";
import type { NetworkSettings } from "../source/network-settings.js";
import type { Opened } from "../source/source.js";
import { auditKey, type Remembered, readAuditMemory, writeAuditMemory } from "../store/audit-memory.js";
import { createLfsServers } from "../transfer/lfs-servers.js";
import { runPool } from "../transfer/pool.js";
import { lfsEndpointIn } from "../url-forms.js";
import type { AuditedUrl, AuditReport } from "./author-reports.js";
import { declaredPins } from "./describe-urls.js";
import { manifestText } from "./write-manifest.js";

export interface AuditOptions {
  manifest: Manifest;
  /** Default: every file. */
  selection?: Selection;
  /** Ask the hosts. Default false: only what they answered before is told, however long ago. */
  remote?: boolean;
  /** With `remote`: that a URL is alive or dead is not asked again before this, in milliseconds. Default a day. */
  maxAgeMs?: number;
  network?: NetworkSettings;
  signal?: AbortSignal;
}

const DAY_MS = 86_400_000;
/** What is as true an hour later: a login may be set and a server start again at any time. */
const LASTING: ReadonlySet<string> = new Set(["alive", "dead"]);
/** Hosts that are asked at one time, each one question after the other. */
const HOSTS = 8;
/** Longest wait for one answer, and before a second try, in milliseconds. */
const PATIENCE_MS = 30_000;
const MOST_PAUSE_MS = 10_000;

/** One place of a URL in the manifest. */
interface Entry {
  file: AssetFile;
  url: string;
  /** What its answer is remembered by. */
  key: string;
  line: number;
  column: number;
}

/** A host that does not answer is told in its own entry. Throws UNKNOWN_ID, NOTHING_SELECTED, UNPINNED, the signal's reason. */
export async function audit(options: AuditOptions): Promise<AuditReport> {
  const started = performance.now();
  const { manifest, selection = {}, remote = false, maxAgeMs = DAY_MS, network = {} } = options;
  const { signal = new AbortController().signal } = options;
  const entries = entriesOf(manifest, selection, await manifestText(manifest));
  const memory = await readAuditMemory(manifest.root);
  const now = Date.now();
  const isFresh = ({ key }: Entry) => {
    const known = memory.get(key);
    return known !== undefined && LASTING.has(known.status) && now - known.at <= maxAgeMs;
  };
  const questions = [...new Map(entries.map((each) => [each.key, each])).values()];
  const stale = remote ? questions.filter((each) => !isFresh(each)) : [];
  const asked = new Set(stale.map(({ key }) => key));
  if (stale.length > 0) {
    const sources = createSources({ network, projectFolder: manifest.base });
    const lfsServers = createLfsServers(stale, { sources, root: manifest.root, signal });
    try {
      await runPool([...byHost(stale).values()], HOSTS, async (own) => {
        for (const { key, url, file } of own) {
          signal.throwIfAborted();
          const server = lfsServers(url);
          const once: Once =
            server === undefined ? (stop) => askOnce(url, sources, stop) : (stop) => askServer(server, file, stop);
          memory.set(key, await ask(once, signal));
        }
      });
    } finally {
      await sources.close();
      await writeAuditMemory(manifest.root, memory);
    }
  }
  const urls = weigh(entries.map((entry) => audited(entry, memory.get(entry.key))));
  const count = (level: AuditedUrl["level"]) => urls.filter((each) => each.level === level).length;
  const ok = count("error") === 0;
  return {
    manifest: manifest.file,
    root: manifest.root,
    ok,
    exitCode: ok ? 0 : 1,
    urls,
    totals: {
      urls: urls.length,
      asked: stale.length,
      remembered: entries.filter(({ key }) => memory.has(key) && !asked.has(key)).length,
      errors: count("error"),
      warnings: count("warning"),
      notes: count("note"),
    },
    durationMs: performance.now() - started,
  };
}

function entriesOf(manifest: Manifest, selection: Selection, text: string): Entry[] {
  const { assets, place } = readText(text, manifest.base);
  const places = new Map(assets.flatMap(({ files }) => files.map((file) => [file.path, file])));
  const repositories = new Map(assets.flatMap(({ id, at, raw }) => (raw.source === undefined ? [] : [[id, at]])));
  return select(manifest, selection).flatMap((file) => {
    const found = places.get(file.path);
    const repository = repositories.get(file.asset);
    const named = found === undefined ? ofRepository(file, repository) : ofText(found);
    return named.map(({ url, at }) => {
      const resolved = resolveUrl(url, manifest.base);
      // A Git LFS server has one URL for all its files, and is asked for one by SHA-256 and size.
      const isLfs = lfsEndpointIn(resolved) !== undefined;
      const question = isLfs ? `${resolved} ${file.sha256} ${file.size}` : resolved;
      return { file, url: resolved, key: auditKey(question), ...place(at) };
    });
  });
}

/** A URL, and what leads to it. */
interface Named {
  url: string;
  at: JsonPath;
}

function ofText({ at, content: { url, fallbackUrls = [] } }: FileInText): Named[] {
  const others = fallbackUrls.map((each, index) => ({ url: each, at: [...at, "fallbackUrls", index] }));
  return [{ url, at: [...at, "url"] }, ...others];
}

/** The files of a whole repository have no other place than its own. */
function ofRepository({ urls }: AssetFile, asset: JsonPath | undefined): Named[] {
  return asset === undefined ? [] : urls.map((url) => ({ url, at: [...asset, "source"] }));
}

function byHost(entries: readonly Entry[]): Map<string, Entry[]> {
  const hosts = new Map<string, Entry[]>();
  for (const entry of entries) {
    const { url } = entry;
    const asked = lfsEndpointIn(url)?.href ?? url;
    const host = /^https?:/i.test(asked) ? new URL(asked).host : asked.slice(0, asked.indexOf(":"));
    const own = hosts.get(host);
    if (own === undefined) hosts.set(host, [entry]);
    else own.push(entry);
  }
  return hosts;
}

/** Asks one question. */
type Once = (signal: AbortSignal) => Promise<Omit<Remembered, "at">>;

/** The answer, or why there is none; a second try where the first failed in a way that may pass. */
async function ask(once: Once, signal: AbortSignal): Promise<Remembered> {
  for (let attempt = 1; ; attempt++) {
    const stop = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    try {
      return { at: Date.now(), ...(await once(stop)) };
    } catch (error) {
      signal.throwIfAborted();
      if (stop.aborted) return { at: Date.now(), status: "unreachable", message: "it does not answer" };
      if (!(error instanceof AssetsError)) throw error;
      const { code, message, retry } = error;
      if (retry !== undefined && attempt === 1 && (retry.afterMs ?? 0) <= MOST_PAUSE_MS) {
        await sleep(retry.afterMs ?? 0, undefined, { signal });
        continue;
      }
      const status = code === "NOT_FOUND" ? "dead" : code === "ACCESS" ? "refused" : "unreachable";
      return { at: Date.now(), status, message };
    }
  }
}

/** Asks for a single byte: that tells of the file, its size and ranges at once, where HEAD may be refused. */
async function askOnce(url: string, sources: Sources, signal: AbortSignal): ReturnType<Once> {
  const cut = new AbortController();
  const both = AbortSignal.any([signal, cut.signal]);
  try {
    const located = await sources.locate(url, { signal: both });
    const opened = await located.open({ offset: 0, end: 1, signal: both });
    // A body that is not read would keep its connection.
    cut.abort();
    const isPage = opened.mediaType === "text/html" && !/\.x?html?(?:$|[?#])/i.test(url);
    if (isPage) return { status: "unreachable", message: "it answers with a web page" };
    const stated = isStated(url, opened) ? await sources.describe(url, { signal }) : undefined;
    const { sha256, size = located.member === undefined ? opened.totalSize : undefined } = declaredPins(stated ?? {});
    return {
      status: "alive",
      ...(size !== undefined && { size }),
      ...(sha256 !== undefined && { sha256 }),
      ranges: opened.end !== undefined || sources.isLocal(url),
    };
  } finally {
    cut.abort();
  }
}

/** What a Git LFS server says of a file, which it knows by what is pinned. */
async function askServer(server: LfsServer, { sha256, size }: AssetFile, signal: AbortSignal): ReturnType<Once> {
  if (sha256 === undefined || size === undefined) {
    return { status: "unreachable", message: "a Git LFS server gives only what has a SHA-256 and a size" };
  }
  await server.locate({ oid: sha256, size }, { signal });
  // It says of neither what it is.
  return { status: "alive" };
}

/** Whether a host has an interface that states digests; GitHub's for files has a quota, and is asked only of what may be a pointer. */
function isStated(url: string, { totalSize }: Pick<Opened, "totalSize">): boolean {
  if (parseRaw(url) !== undefined) return totalSize !== undefined && totalSize < POINTER_SIZE_LIMIT;
  return /^(?:hf|github):/i.test(shortForm(url) ?? url);
}

function audited({ file, url, line, column }: Entry, known: Remembered | undefined): AuditedUrl {
  const about = { asset: file.asset, path: file.path, url: redact(url), line, column };
  if (known === undefined) return { ...about, status: "unknown" };
  const { at, status, size, sha256, ranges, message } = known;
  const checkedAt = new Date(at).toISOString();
  const found = { ...(size !== undefined && { size }), ...(ranges !== undefined && { ranges }), checkedAt };
  if (status !== "alive") return { ...about, status, ...found, ...(message !== undefined && { message }) };
  const isOtherSize = size !== undefined && file.size !== undefined && size !== file.size;
  const isOther = sha256 !== undefined && file.sha256 !== undefined && sha256 !== file.sha256;
  if (!isOtherSize && !isOther) return { ...about, status, ...found };
  const words = isOther
    ? `it has the SHA-256 ${sha256}, and ${file.sha256} is pinned`
    : `it has ${size} bytes, and ${file.size} are pinned`;
  return { ...about, status: "changed", ...found, message: words };
}

/** A URL that fails is an error only where no other one of its file is known to be right. */
function weigh(urls: readonly AuditedUrl[]): AuditedUrl[] {
  const alive = new Set(urls.flatMap(({ status, path }) => (status === "alive" ? [path] : [])));
  return urls.map((each) => {
    const { status, path, ranges } = each;
    if (status === "unknown") return { ...each, level: "note", message: "nobody has asked it yet" };
    if (status === "alive") {
      return ranges === false ? { ...each, level: "note", message: "it gives no part of a file" } : each;
    }
    const isFinal = (status === "dead" || status === "changed") && !alive.has(path);
    return { ...each, level: isFinal ? "error" : "warning" };
  });
}
