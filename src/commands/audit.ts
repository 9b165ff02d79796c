/** `assets audit`: whether the URLs of a manifest still give what is pinned. */
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError, redact } from "../errors.js";
import { readText } from "../manifest/files-in-text.js";
import { type Selection, selectAssets } from "../manifest/select.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { resolveUrl } from "../manifest/urls.js";
import { shortForm } from "../short-urls.js";
import { createSources, type Sources } from "../source/index.js";
import type { NetworkSettings } from "../source/network-settings.js";
import { auditKey, type Remembered, readAuditMemory, writeAuditMemory } from "../store/audit-memory.js";
import { runPool } from "../transfer/pool.js";
import type { AuditedUrl, AuditReport } from "./author-reports.js";
import { declaredPins } from "./describe-urls.js";
import { manifestText } from "./write-manifest.js";

export interface AuditOptions {
  manifest: Manifest;
  /** Default: every file. */
  selection?: Selection;
  /** Ask the hosts. Default false: only what they answered before is told, however long ago. */
  remote?: boolean;
  /** With `remote`: answers that are no older than this are not asked for again, in milliseconds. Default a day. */
  maxAgeMs?: number;
  network?: NetworkSettings;
  signal?: AbortSignal;
}

const DAY_MS = 86_400_000;
/** Hosts that are asked at one time, each one question after the other. */
const HOSTS = 8;
/** Longest wait for one answer, and before a second try, in milliseconds. */
const PATIENCE_MS = 30_000;
const MOST_PAUSE_MS = 10_000;

/** One place of a URL in the manifest. */
interface Entry {
  file: AssetFile;
  url: string;
  line: number;
  column: number;
}

/** A host that does not answer is told in its own entry. Throws UNKNOWN_ID, NOTHING_SELECTED, the signal's reason. */
export async function audit(options: AuditOptions): Promise<AuditReport> {
  const started = performance.now();
  const { manifest, selection = {}, remote = false, maxAgeMs = DAY_MS, network = {} } = options;
  const { signal = new AbortController().signal } = options;
  const entries = entriesOf(manifest, selection, await manifestText(manifest));
  const memory = await readAuditMemory(manifest.root);
  const now = Date.now();
  const isFresh = (url: string) => now - (memory.get(auditKey(url))?.at ?? 0) <= maxAgeMs;
  const stale = remote ? [...new Set(entries.map(({ url }) => url))].filter((url) => !isFresh(url)) : [];
  if (stale.length > 0) {
    const sources = createSources({ network, projectFolder: manifest.base });
    try {
      await runPool([...byHost(stale).values()], HOSTS, async (urls) => {
        for (const url of urls) {
          signal.throwIfAborted();
          memory.set(auditKey(url), await ask(url, sources, signal));
        }
      });
    } finally {
      await sources.close();
      await writeAuditMemory(manifest.root, memory);
    }
  }
  const urls = weigh(entries.map((entry) => audited(entry, memory.get(auditKey(entry.url)))));
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
  return selectAssets(manifest, selection).flatMap(({ files }) =>
    files.flatMap((file) => {
      const found = places.get(file.path);
      if (found === undefined) return [];
      const { at, content } = found;
      const others = (content.fallbackUrls ?? []).map((url, index) => ({ url, at: [...at, "fallbackUrls", index] }));
      return [{ url: content.url, at: [...at, "url"] }, ...others].map(({ url, at: way }) => {
        return { file, url: resolveUrl(url, manifest.base), ...place(way) };
      });
    }),
  );
}

function byHost(urls: readonly string[]): Map<string, string[]> {
  const hosts = new Map<string, string[]>();
  for (const url of urls) {
    const host = /^https?:/i.test(url) ? new URL(url).host : url.slice(0, url.indexOf(":"));
    const own = hosts.get(host);
    if (own === undefined) hosts.set(host, [url]);
    else own.push(url);
  }
  return hosts;
}

/** Asks for a single byte: that tells of the file, its size and ranges at once, where HEAD may be refused. */
async function ask(url: string, sources: Sources, signal: AbortSignal): Promise<Remembered> {
  for (let attempt = 1; ; attempt++) {
    const stop = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    const cut = new AbortController();
    const both = AbortSignal.any([stop, cut.signal]);
    try {
      const located = await sources.locate(url, { signal: both });
      const opened = await located.open({ offset: 0, end: 1, signal: both });
      // A body that is not read would keep its connection.
      cut.abort();
      const isPage = opened.mediaType === "text/html" && !/\.x?html?(?:$|[?#])/i.test(url);
      if (isPage) return { at: Date.now(), status: "unreachable", message: "it answers with a web page" };
      const stated = isStated(url) ? await sources.describe(url, { signal: stop }) : undefined;
      const { sha256 } = declaredPins(stated ?? {});
      const size = located.member === undefined ? opened.totalSize : undefined;
      return {
        at: Date.now(),
        status: "alive",
        ...(size !== undefined && { size }),
        ...(sha256 !== undefined && { sha256 }),
        ranges: opened.end !== undefined || sources.isLocal(url),
      };
    } catch (error) {
      cut.abort();
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

/** Whether a host has an interface that states digests. */
function isStated(url: string): boolean {
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
