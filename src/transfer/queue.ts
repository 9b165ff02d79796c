/** The candidates of a file that are left, in the order of their turns. */
import type { Hosts } from "./hosts.js";
import { LONG_WAIT_MS } from "./retry.js";
import type { Candidate, Past } from "./turn.js";

/** A candidate whose turn it is; `again`: it was put off before. */
export interface Next {
  readonly candidate: Candidate;
  readonly again?: "later" | "alone";
  readonly past: Past;
}

/** The candidates of a file that are left: first those that were not tried, then those that were put off. */
export function createQueue(candidates: readonly Candidate[], hosts: Hosts) {
  const untried = [...candidates];
  const returns = new Map<Candidate, "later" | "alone">();
  const pasts = new Map<Candidate, Past>();
  /** How long it cannot be tried yet, in milliseconds. */
  const dueMs = (candidate: Candidate) =>
    Math.max(hosts.waitMs(candidate.host), (pasts.get(candidate)?.dueAt ?? 0) - performance.now());
  /** 0: it can be asked now; the higher, the later it is to be. */
  const rank = (candidate: Candidate) =>
    hosts.isAvoided(candidate.host) ? 2 : dueMs(candidate) > LONG_WAIT_MS ? 1 : 0;
  const turnOf = (candidate: Candidate): Next => {
    const past = pasts.get(candidate) ?? { failures: 0, since: 0, restarted: false, dueAt: 0 };
    pasts.set(candidate, past);
    const again = returns.get(candidate);
    returns.delete(candidate);
    return { candidate, past, ...(again && { again }) };
  };
  return {
    /** Whether it need not be waited for. */
    canGoOn: (candidate: Candidate) => rank(candidate) === 0 && (!returns.has(candidate) || dueMs(candidate) <= 0),
    left: () => [...untried, ...returns.keys()],
    /** Whether it is asked over one connection from now on. */
    isAlone: (candidate: Candidate) => pasts.get(candidate)?.restarted === true,
    next(): Next | undefined {
      const [first] = untried.toSorted((a, b) => rank(a) - rank(b));
      if (first !== undefined) {
        untried.splice(untried.indexOf(first), 1);
        return turnOf(first);
      }
      const [soonest] = [...returns.keys()].sort((a, b) => dueMs(a) - dueMs(b));
      return soonest && turnOf(soonest);
    },
    putOff(candidate: Candidate, how: "later" | "alone"): void {
      returns.set(candidate, how);
      const past = pasts.get(candidate);
      if (past !== undefined && how === "alone") past.restarted = true;
    },
    /** Further ones, to be tried before those that were put off. */
    add(more: readonly Candidate[]): void {
      untried.unshift(...more);
    },
  };
}
