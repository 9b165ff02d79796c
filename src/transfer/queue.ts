/** The candidates of a file that are left, in the order of their turns. */
import type { Hosts } from "./hosts.js";
import { LONG_WAIT_MS } from "./retry.js";
import { type Candidate, Past } from "./turn.js";

/** A candidate whose turn it is. */
export interface Next {
  readonly candidate: Candidate;
  readonly past: Past;
}

/** First those that were not tried have their turns, then those that were put off. */
export function createQueue(candidates: readonly Candidate[], hosts: Hosts) {
  const untried = [...candidates];
  const putOff = new Set<Candidate>();
  const pasts = new Map<Candidate, Past>();
  /** How long it cannot be tried yet, in milliseconds. */
  const dueMs = (candidate: Candidate) =>
    Math.max(hosts.waitMs(candidate.host), (pasts.get(candidate)?.dueAt ?? 0) - performance.now());
  /** 0: it can be asked now; the higher, the later it is to be. */
  const rank = (candidate: Candidate) =>
    hosts.isAvoided(candidate.host) ? 2 : dueMs(candidate) > LONG_WAIT_MS ? 1 : 0;
  const turnOf = (candidate: Candidate): Next => {
    const past = pasts.get(candidate) ?? new Past();
    pasts.set(candidate, past);
    putOff.delete(candidate);
    past.turns++;
    return { candidate, past };
  };
  return {
    /** Whether it need not be waited for. */
    canGoOn: (candidate: Candidate) => rank(candidate) === 0 && (!putOff.has(candidate) || dueMs(candidate) <= 0),
    left: () => [...untried, ...putOff],
    /** Whether parts may come from it beside others. */
    isHelpful: (candidate: Candidate) => candidate.divisible && pasts.get(candidate)?.alone !== true,
    next(): Next | undefined {
      const [first] = untried.toSorted((a, b) => rank(a) - rank(b));
      if (first !== undefined) {
        untried.splice(untried.indexOf(first), 1);
        return turnOf(first);
      }
      const [soonest] = [...putOff].sort((a, b) => dueMs(a) - dueMs(b));
      return soonest && turnOf(soonest);
    },
    /** It is tried again when all others have failed. */
    putOff: (candidate: Candidate) => void putOff.add(candidate),
    /** Further ones, to be tried before those that were put off. */
    add: (more: readonly Candidate[]) => void untried.unshift(...more),
  };
}
