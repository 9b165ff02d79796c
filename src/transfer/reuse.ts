/** Brings pinned files that lie elsewhere on this machine already, before any network is asked. */
import type { Elsewhere, OpenPlace } from "../elsewhere/place.js";
import type { EventListener } from "../events.js";
import type { PlanItem } from "../plan.js";
import { adopt } from "../store/adopt.js";
import { heldBytes, partialPath } from "../store/partial.js";
import type { FetchResult } from "./fetch-bytes.js";
import type { Lane } from "./pool.js";

/** A copy of the right bytes: proven, still open; `from` is the file that has them. */
export type Reused = FetchResult & { ok: true; from: string };

/** What a copy is made with. */
interface CopyContext {
  readonly signal: AbortSignal;
  readonly emit: EventListener;
}

/** The files of one run that need not be fetched. */
export interface Reuse {
  /**
   * Copies the file from the first place that has its bytes; undefined where none has. A place with other bytes costs
   * time only. Throws LOCAL_IO, what `makeFolder` throws, and the signal's reason.
   */
  copy(
    item: PlanItem,
    to: { target: string; withPieces: boolean; makeFolder(): Promise<unknown> | undefined },
    context: CopyContext,
  ): Promise<Reused | undefined>;
  /** Runs the task when no other file with the same pin is under way: what that one brings can be copied. */
  inTurn<T>(item: PlanItem, lane: Lane, task: () => Promise<T>): Promise<T>;
}

/** A longer copy than this is told while it goes on, in bytes. */
const TOLD_BYTES = 8 * 1024 * 1024;

/** `elsewhere` opens what tells where a file may lie. */
export function createReuse(elsewhere: OpenPlace): Reuse {
  /** The last one of each digest that is under way or was. */
  const turns = new Map<string, Promise<unknown>>();
  return {
    async copy({ file }, { target, withPieces, makeFolder }, { signal, emit }) {
      const { path, sha256, size } = file;
      if (sha256 === undefined) return undefined;
      const places = await elsewhere();
      for (const place of places({ sha256, path })) {
        if (place.path === target) continue;
        const partial = partialPath(target, sha256);
        const told = tellCopy(path, place, emit);
        const adopted = await adopt({
          from: place.path,
          partial,
          sha256,
          size,
          withPieces,
          signal,
          makeFolder,
          ...told,
        });
        if (adopted === undefined) {
          await told.end(partial);
          continue;
        }
        const tally = { received: 0, attempts: 0, tried: [] };
        return { ok: true, ...tally, ...adopted, url: place.path, hex: sha256, from: place.path };
      }
      return undefined;
    },
    inTurn({ file: { sha256 } }, lane, task) {
      if (sha256 === undefined) return task();
      const before = turns.get(sha256);
      // What became of those before is theirs to tell.
      const turn = before === undefined ? task() : lane.rest(() => before.catch(() => {})).then(task);
      turns.set(sha256, turn);
      return turn;
    },
  };
}

/** Tells of a copy as of any other transfer; one that came to nothing as of a restart. */
function tellCopy(path: string, { path: from, place }: Elsewhere, emit: EventListener) {
  let size: number | undefined;
  let told = 0;
  return {
    onStart(bytes: number) {
      size = bytes;
      emit({ type: "transfer:start", path, kind: "copy", url: from, received: 0, size: bytes });
    },
    onProgress(bytes: number) {
      if (bytes - told < TOLD_BYTES || size === undefined) return;
      told = bytes;
      emit({ type: "transfer:progress", path, received: bytes, size });
    },
    async end(partial: string) {
      if (size === undefined) return;
      const reason = `${from} (${place}) has other bytes, or there is no room for a copy`;
      emit({ type: "transfer:restart", path, received: await heldBytes(partial), reason });
    },
  };
}
