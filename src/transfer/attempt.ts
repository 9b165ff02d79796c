/** One attempt to complete a partial from one URL: continue it, watch it arrive, prove the whole. */
import { createHash, type Hash } from "node:crypto";
import { AssetsError } from "../errors.js";
import type { EventListener } from "../events.js";
import type { Digest, Located, Opened } from "../source/source.js";
import { type PartialFile, readValidator, writeValidator } from "../store/partial.js";
import { impostor } from "./body-check.js";
import { createPatience, type PatiencePolicy } from "./patience.js";

/** As many bytes as a body is judged by before any is kept: one more than a Git LFS pointer can have. */
const HEAD_BYTES = 1024;

/** What is wanted, whatever URL it comes from. */
export interface Wanted {
  /** Name in events: the file's path, or the archive's. */
  readonly label: string;
  readonly kind: "file" | "archive";
  /** Pinned size in bytes. */
  readonly size?: number | undefined;
  /** Digest that decides. Without one, bytes of two answers are only combined under a strong validator. */
  readonly digest?: Digest | undefined;
}

/** How an attempt ended. `received` counts bytes that arrived, kept or not. */
export type AttemptResult =
  | { ok: true; sha256: string; received: number }
  | { ok: false; error: AssetsError; received: number; resumed: boolean; wroteFromZero: boolean };

export interface AttemptContext {
  readonly signal: AbortSignal;
  readonly policy: PatiencePolicy;
  readonly emit: EventListener;
}

/** Where an attempt goes. */
export interface Way {
  /** As users may see it: without credentials. */
  readonly url: string;
  /** Finds out where the URL leads. */
  locate(signal: AbortSignal): Promise<Located>;
  /** Takes a member out of its archive, which may have to be fetched first: in its own time. */
  unpack?(located: Located): Promise<Located>;
}

/** Completes and proves `partial`. Failures are answered, not thrown; only bugs throw. */
export async function attempt(
  wanted: Wanted,
  way: Way,
  partial: PartialFile,
  { signal, policy, emit }: AttemptContext,
): Promise<AttemptResult> {
  const patience = createPatience(way.url, signal, policy, wanted.size);
  const tally = { received: 0, resumed: false, wroteFromZero: false };
  try {
    const located = await patience.answer(way.locate(patience.signal));
    const unpacked = located.member === undefined ? located : await way.unpack?.(located);
    const sha256 = await complete(unpacked ?? located);
    return { ok: true, sha256, received: tally.received };
  } catch (thrown) {
    const reason = patience.reason() ?? thrown;
    if (!(reason instanceof AssetsError)) throw reason;
    return { ok: false, error: reason, ...tally };
  } finally {
    patience.end();
  }

  async function complete(located: Located): Promise<string> {
    const digest = wanted.digest ?? located.digest;
    const hashes = createHashes(digest);
    const validator = digest === undefined ? await readValidator(partial.path) : undefined;
    if (digest === undefined && validator === undefined && partial.size > 0) {
      await restart("nothing tells whether the bytes kept from before still belong to the file");
    }
    if (wanted.size !== undefined && partial.size > wanted.size) {
      await restart("more bytes were kept from before than the file has");
    }
    await partial.feed(hashes, signal);
    if (partial.size > 0 && digest !== undefined) {
      // An earlier run may have ended between the last byte and the rename.
      if (hashes.peek() === digest.hex) return hashes.sha256();
      if (partial.size === wanted.size) {
        await restart("the bytes kept from before are not the pinned ones");
        hashes.reset();
      }
    }
    const opened = await patience.answer(
      located.open({
        offset: partial.size,
        ...(wanted.size !== undefined && { expectedSize: wanted.size }),
        ...(validator !== undefined && { validator }),
        signal: patience.signal,
      }),
    );
    tally.resumed = opened.offset > 0;
    await copy(opened, located, digest, hashes);
    const missing = (wanted.size ?? opened.totalSize ?? 0) - partial.size;
    if (missing > 0) {
      throw new AssetsError("NETWORK", `${located.url} ended ${missing} bytes too early.`, { retry: {} });
    }
    prove(located, digest, hashes);
    return hashes.sha256();
  }

  async function copy(opened: Opened, located: Located, digest: Digest | undefined, hashes: Hashes): Promise<void> {
    let first = opened.offset === 0;
    if (!first) start(opened, located);
    for await (const chunk of gathered(patience.watch(opened.body), HEAD_BYTES)) {
      if (first) {
        first = false;
        const expected = { path: wanted.label, size: wanted.size, pinned: wanted.digest !== undefined };
        const error = wanted.kind === "file" ? impostor(chunk, opened, expected, located.url) : undefined;
        if (error !== undefined) throw error;
        if (partial.size > 0) {
          await restart("the server starts over");
          hashes.reset();
        }
        if (digest === undefined) await writeValidator(partial.path, opened.validator);
        tally.wroteFromZero = true;
        start(opened, located);
      }
      if (wanted.size !== undefined && partial.size + chunk.length > wanted.size) {
        throw new AssetsError(
          "SIZE_MISMATCH",
          `${located.url} sends more than the ${wanted.size} bytes that are pinned.`,
        );
      }
      if (located.unpacked !== true) tally.received += chunk.length;
      await partial.append(chunk);
      hashes.update(chunk);
      emit({ type: "transfer:progress", path: wanted.label, received: partial.size, ...sizeOf(opened) });
    }
    // An empty body has no first chunk: what the server says is that the file is empty.
    if (first && partial.size > 0) {
      await restart("the server says that the file is empty");
      hashes.reset();
    }
  }

  function start(opened: Opened, located: Located): void {
    const path = wanted.label;
    const kind = located.unpacked ? "member" : wanted.kind;
    emit({ type: "transfer:start", path, kind, url: located.url, received: partial.size, ...sizeOf(opened) });
  }

  async function restart(reason: string): Promise<void> {
    await partial.empty();
    emit({ type: "transfer:restart", path: wanted.label, received: 0, reason });
  }

  function sizeOf(opened: Opened): { size?: number } {
    const size = wanted.size ?? opened.totalSize;
    return size === undefined ? {} : { size };
  }

  function prove(located: Located, digest: Digest | undefined, hashes: Hashes): void {
    if (digest === undefined) return;
    const found = hashes.peek();
    if (found === digest.hex) return;
    throw new AssetsError(
      "DIGEST_MISMATCH",
      `${located.url} sends other bytes: expected ${digest.algorithm} ${digest.hex}, found ${found}.`,
    );
  }
}

/** Passes a body on with a first chunk of at least `bytes`, or all of it. */
async function* gathered(body: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = new Uint8Array();
  for await (const chunk of body) {
    if (head === undefined) yield chunk;
    else {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      if (head.length < bytes) continue;
      yield head;
      head = undefined;
    }
  }
  if (head !== undefined && head.length > 0) yield head;
}

/** The pinned digest's hash, and SHA-256 beside it where that is another. */
interface Hashes {
  update(chunk: Uint8Array): void;
  /** The pinned digest's value so far. */
  peek(): string;
  sha256(): string;
  reset(): void;
}

function createHashes(digest: Digest | undefined): Hashes {
  const other = digest !== undefined && digest.algorithm !== "sha256" ? digest.algorithm : undefined;
  let own = createHash("sha256");
  let pinned: Hash | undefined = other && createHash(other);
  return {
    update(chunk) {
      own.update(chunk);
      pinned?.update(chunk);
    },
    peek: () => (pinned ?? own).copy().digest("hex"),
    sha256: () => own.copy().digest("hex"),
    reset() {
      own = createHash("sha256");
      pinned = other && createHash(other);
    },
  };
}
