/** Connections to any number of origins, each of which serves one request after another. */
import type { Client, Dispatcher } from "undici";

/** Hears what comes of a request. */
export interface Hearer extends Dispatcher.DispatchHandler {
  /** Whether it wants nothing more: all has come, or it was given up. */
  readonly isOver: boolean;
}

/** Sends requests over connections that it keeps. */
export interface ClientPool {
  dispatch(request: Dispatcher.DispatchOptions & { origin: string }, hearer: Hearer): void;
  /** Ends every connection. */
  destroy(): Promise<void>;
}

/** One of undici's clients, each of which has one connection at most, and who asked it last. */
interface Kept {
  readonly client: Client;
  hearer: Hearer;
  isBusy: boolean;
  isConnected: boolean;
}

/**
 * Makes a pool, of clients that `open` makes. Beyond what undici's own pool does, what is connected and free comes first,
 * so that a server that leaves further connections unanswered is asked over those that it answered; and a connection that
 * comes about for a request that was given up does not stay, in the place of another.
 */
export function createClientPool(open: (origin: string) => Client): ClientPool {
  const origins = new Map<string, Set<Kept>>();

  const keptOf = (origin: string): Set<Kept> => {
    const known = origins.get(origin) ?? new Set();
    origins.set(origin, known);
    return known;
  };

  function opened(origin: string, all: Set<Kept>, hearer: Hearer): Kept {
    const client = open(origin);
    const kept: Kept = { client, hearer, isBusy: false, isConnected: false };
    /** A client connects anew, and keeps what it has connected, for a request that was given up as well. */
    const dropUnwanted = () => {
      if (!kept.hearer.isOver) return;
      all.delete(kept);
      client.destroy(() => {});
    };
    client
      .on("connect", () => {
        kept.isConnected = true;
        dropUnwanted();
      })
      .on("disconnect", () => {
        kept.isConnected = false;
        dropUnwanted();
      })
      .on("connectionError", dropUnwanted)
      .on("drain", () => {
        kept.isBusy = false;
      });
    all.add(kept);
    return kept;
  }

  return {
    dispatch(request, hearer) {
      const all = keptOf(request.origin);
      const kept = freeOf(all) ?? opened(request.origin, all, hearer);
      kept.hearer = hearer;
      // Where it fails at once, it is told to be free before it is known to be busy.
      kept.isBusy = true;
      if (kept.client.dispatch(request, hearer)) kept.isBusy = false;
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
