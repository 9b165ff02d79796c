/** The archives of a run: each is fetched once and read once, however many of its members are wanted. */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { AssetsError, redact } from "../errors.js";
import { openLocalFile } from "../source/file.js";
import type { Sources } from "../source/index.js";
import type { Located } from "../source/source.js";
import { diskError, errnoOf } from "../store/disk-error.js";
import { extractMembers } from "../store/extract.js";
import { homeFolder } from "../store/home.js";
import { lock } from "../store/lock.js";
import { sweepArchives } from "../store/orphans.js";
import { removePartial } from "../store/partial.js";
import { allowance } from "../store/space.js";
import { isAlive, self } from "../this-process.js";
import { fetchBytes } from "./fetch-bytes.js";
import { hostOf } from "./hosts.js";
import type { FetchContext } from "./insist.js";
import type { Lane } from "./pool.js";

/** A file of the plan, one of whose URLs leads into an archive. */
export interface MemberWish {
  /** Path of the file in the manifest. */
  readonly path: string;
  readonly url: string;
  /** The archive of the URL: equal for all members of one. */
  readonly container: string;
  /** Pinned size in bytes: no more is unpacked. */
  readonly size?: number | undefined;
}

/** Serves members of archives. */
export interface Archives {
  /**
   * Where the bytes of a member lie, once its archive is here and read. Throws an AssetsError; `pinned` tells that a
   * digest will decide, so that damage elsewhere in the archive does not matter. The first who asks fetches the archive,
   * and has `lane` for that; the others rest.
   */
  unpack(url: string, located: Located, options: { pinned: boolean; lane: Lane }): Promise<Located>;
  /** The archive that a URL leads into. */
  containerOf(url: string): string | undefined;
  /** Whether an archive is being fetched at this moment, or any is. */
  isAwaited(container: string | undefined): boolean;
  isAnyAwaited(): boolean;
  /** Says that a file is in its place. What was only kept for it is removed; the answer tells when. */
  settle(path: string): Promise<void> | undefined;
  /** Bytes of archives that arrived in this run. */
  received(): number;
  /** Removes what was unpacked. Archives that are still of use are kept for the next run. */
  close(): Promise<void>;
}

/** What the archives work with, beside what all transfers of a run share. */
export interface ArchivesContext extends Omit<FetchContext, "lane"> {
  readonly root: string;
  readonly sources: Sources;
  /** Longest wait for another process that works on the same archive, in milliseconds. */
  readonly lockTimeoutMs: number;
}

/**
 * What came out of an archive, by member path: the file that holds it, or why there is none. `fault`: the archive is
 * damaged elsewhere, so that only a digest can tell whether the member is whole.
 */
type Unpacked = ReadonlyMap<string, ({ file: string } | { error: AssetsError }) & { fault?: AssetsError }>;

/** Makes the archives of a run. `wishes`: every URL of every file to fetch that leads into an archive. */
export function createArchives(wishes: readonly MemberWish[], context: ArchivesContext): Archives {
  const unpacked = new Map<string, Promise<Unpacked>>();
  const awaited = new Set<string | undefined>();
  const containers = new Map(wishes.map(({ url, container }) => [url, container]));
  const unsettled = new Map<string, Set<string>>();
  for (const { container, path } of wishes) {
    unsettled.set(container, (unsettled.get(container) ?? new Set()).add(path));
  }
  /** Archives without a digest: none is kept once it was read, since the next run could not tell whether it is right. */
  const unproven = new Set<string>();
  let received = 0;
  let spool: Promise<string> | undefined;
  let swept: Promise<void> | undefined;

  async function unpackAll(container: string, located: Located, lane: Lane): Promise<Unpacked> {
    const archive = await archivePath(context.root, container);
    swept ??= sweepArchives(context.root, new Set([...unsettled.keys()].map(nameOf)));
    await swept;
    const held = await lock(context.root, container, {
      timeoutMs: context.lockTimeoutMs,
      signal: context.signal,
      onWait: (owner) => context.emit({ type: "transfer:wait", path: redact(container), owner }),
    });
    try {
      await fetchArchive(container, located, { archive, doubtful: held.doubtful, lane });
      const found = await extract(container, located, archive);
      if (located.digest !== undefined) return found;
      unproven.add(container);
      if (![...found.values()].some(({ fault }) => fault !== undefined)) return found;
      // Nothing but its content tells that an archive without a digest is damaged: all of it is asked for once more.
      await removePartial(archive);
      await fetchArchive(container, located, { archive, doubtful: false, lane });
      return await extract(container, located, archive);
    } finally {
      await held.release();
    }
  }

  function unpackFirst(container: string, located: Located, lane: Lane): Promise<Unpacked> {
    awaited.add(container);
    const all = unpackAll(container, located, lane)
      .catch((error) => {
        throw error instanceof AssetsError ? final(error) : error;
      })
      .finally(() => awaited.delete(container));
    unpacked.set(container, all);
    return all;
  }

  /** The archive stays in its partial: a complete one is known by its digest, or by its validator. */
  async function fetchArchive(
    container: string,
    { open, url, digest }: Located,
    { archive, doubtful, lane }: { archive: string; doubtful: boolean; lane: Lane },
  ): Promise<void> {
    const label = redact(container);
    const way = { url, host: hostOf(url), locate: async () => ({ url, open }) };
    const result = await fetchBytes(
      { label, kind: "archive", digest, doubtful },
      { candidates: [{ ...way, partial: archive, divisible: true }] },
      { ...context, lane },
    );
    received += result.received;
    context.emit({ type: "transfer:end", path: label });
    if (!result.ok) throw result.error;
    await result.partial.close();
  }

  async function extract(container: string, located: Located, archive: string): Promise<Unpacked> {
    spool ??= makeSpool(context.root);
    const folder = join(await spool, nameOf(container));
    await mkdir(folder, { recursive: true }).catch((error) => {
      throw diskError(error, "create the folder", folder);
    });
    const room = await allowance(folder);
    const wanted = new Map<string, string>();
    const maxBytes = new Map<string, number>();
    for (const wish of wishes) {
      if (wish.container !== container || unsettled.get(container)?.has(wish.path) !== true) continue;
      const { member } = await context.sources.locate(wish.url, { signal: context.signal });
      if (member === undefined) continue;
      if (!wanted.has(member.path)) wanted.set(member.path, join(folder, String(wanted.size)));
      maxBytes.set(member.path, Math.max(maxBytes.get(member.path) ?? 0, wish.size ?? room));
    }
    const { format, strip } = located.member ?? { format: "tar", strip: 0 };
    const found = await extractMembers({ archive, format, strip, wanted, maxBytes, signal: context.signal });
    return new Map(
      [...found].map(([member, result]) => {
        return [member, "error" in result ? result : { ...result, file: wanted.get(member) ?? "" }];
      }),
    );
  }

  /** Removes an archive and what was unpacked of it, unless another run reads it now. What cannot go stays. */
  async function remove(container: string): Promise<void> {
    try {
      if (spool !== undefined) await rm(join(await spool, nameOf(container)), { recursive: true, force: true });
      const held = await lock(context.root, container, { timeoutMs: 0, signal: new AbortController().signal });
      await removePartial(await archivePath(context.root, container)).finally(() => held.release());
    } catch (error) {
      if (!(error instanceof AssetsError) && errnoOf(error) === "") throw error;
    }
  }

  async function settle(path: string): Promise<void> {
    for (const [container, paths] of unsettled) {
      if (paths.delete(path) && paths.size === 0 && unpacked.has(container)) await remove(container);
    }
  }

  return {
    containerOf: (url) => containers.get(url),
    isAwaited: (container) => awaited.has(container),
    isAnyAwaited: () => awaited.size > 0,
    async unpack(url, located, { pinned, lane }) {
      const container = containers.get(url) ?? url;
      const known = unpacked.get(container);
      const all = await (known === undefined ? unpackFirst(container, located, lane) : lane.rest(() => known));
      const found = all.get(located.member?.path ?? "");
      if (found === undefined) throw new AssetsError("BAD_ARCHIVE", `${url}: the member was not unpacked.`);
      if ("error" in found) throw found.error;
      if (found.fault !== undefined && !pinned) throw found.fault;
      return { url: located.url, open: (options) => openLocalFile(found.file, options), unpacked: true };
    },
    settle: (path) => (unsettled.size === 0 ? undefined : settle(path)),
    received: () => received,
    async close() {
      for (const container of unproven) await remove(container);
      if (spool !== undefined) await rm(await spool, { recursive: true, force: true }).catch(() => {});
    },
  };
}

/** Where an archive lies while it is of use. */
async function archivePath(root: string, container: string): Promise<string> {
  return join(await homeFolder(root, "archives"), nameOf(container));
}

function nameOf(container: string): string {
  return createHash("sha256").update(container).digest("hex").slice(0, 24);
}

/** A folder of this run for unpacked members; those that killed runs of this place left are removed. */
async function makeSpool(root: string): Promise<string> {
  const folder = await homeFolder(root, "spool");
  const place = nameOf(self.place).slice(0, 8);
  // What cannot be removed is no harm: this run has a folder of its own.
  for (const name of await readdir(folder).catch(() => [])) {
    const [, owner, pid] = /^([0-9a-f]{8})-(\d+)-/.exec(name) ?? [];
    const dead = owner === place && !isAlive(Number(pid));
    if (dead) await rm(join(folder, name), { recursive: true, force: true }).catch(() => {});
  }
  return join(folder, `${place}-${self.pid}-${randomUUID().slice(0, 8)}`);
}

/** The archive was tried as often as it made sense: its members must not begin all over again. */
function final({ code, message, hint }: AssetsError): AssetsError {
  return new AssetsError(code, message, { hint });
}
