/** Connections to any number of origins, each of which serves one request after another. */
import type { Client, Dispatcher } from "undici";

/** Sends requests over connections that it keeps. */
export interface ClientPool {
  dispatch(request: Dispatcher.DispatchOptions & { origin: string }, handler: Dispatcher.DispatchHandler): void;
  /** Ends every connection. */
  destroy(): Promise<void>;
}

/** One of undici's clients, each of which has one connection at most. */
interface Kept {
  readonly client: Client;
  isBusy: boolean;
  isConnected: boolean;
  /** Its connection came about in this turn of the event loop. */
  isNew: boolean;
}

/**
 * Makes a pool, of clients that `open` makes. What is connected and free comes first, which undici's own pool does not
 * see to: a server that leaves further connections unanswered is asked over those that it answered.
 */
export function createClientPool(open: (origin: string) => Client): ClientPool {
  const origins = new Map<string, Set<Kept>>();

  const keptOf = (origin: string): Set<Kept> => {
    const known = origins.get(origin) ?? new Set();
    origins.set(origin, known);
    return known;
  };

  function opened(origin: string, all: Set<Kept>): Kept {
    const client = open(origin);
    const kept: Kept = { client, isBusy: false, isConnected: false, isNew: false };
    const dropUnused = () => {
      // A connection whose request was given up before it came about would stay for ever, in the place of another.
      const isUsable = kept.isConnected && !kept.isNew;
      if (kept.isBusy || isUsable) return;
      all.delete(kept);
      client.close(() => {});
    };
    client
      .on("connect", () => {
        kept.isConnected = true;
        kept.isNew = true;
        setImmediate(() => {
          kept.isNew = false;
        });
      })
      .on("disconnect", () => {
        kept.isConnected = false;
        dropUnused();
      })
      .on("connectionError", () => {
        all.delete(kept);
        dropUnused();
      })
      .on("drain", () => {
        kept.isBusy = false;
        dropUnused();
      });
    all.add(kept);
    return kept;
  }

  return {
    dispatch(request, handler) {
      const all = keptOf(request.origin);
      const kept = freeOf(all) ?? opened(request.origin, all);
      // Where it fails at once, it is told to be free before it is known to be busy.
      kept.isBusy = true;
      if (kept.client.dispatch(request, handler)) kept.isBusy = false;
    },
    async destroy() {
      const all = [...origins.values()].flatMap((kept) => [...kept]);
      await Promise.all(all.map(({ client }) => client.destroy()));
    },
  };
}

function freeOf(all: ReadonlySet<Kept>): Kept | undefined {
  for (const kept of all) if (kept.isConnected && !kept.isBusy) return kept;
  return undefined;
}
