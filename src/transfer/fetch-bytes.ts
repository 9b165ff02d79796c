/** Gets the right bytes into a partial, from whichever source gives them: URLs in order, each as long as it makes sense. */
import { AssetsError, errorInfo } from "../errors.js";
import type { TriedUrl } from "../events.js";
import type { Cut } from "../manifest/pieces.js";
import type { PartialFile } from "../store/partial-file.js";
import { type FetchContext, type FetchTally, insist } from "./insist.js";
import { createQueue } from "./queue.js";
import type { Candidate } from "./turn.js";
import { openWork, type Wanted, type Work } from "./work.js";

/**
 * The partial is complete, proven and still open; the caller commits or closes it. `hex`: its digest; `pieces`: those of
 * its pieces, if they were wished for.
 */
export type FetchResult = FetchTally &
  (
    | { ok: true; partial: PartialFile; url: string; hex: string; pieces: Cut | undefined }
    | { ok: false; error: AssetsError }
  );

/** Where the bytes may come from. */
export interface Offers {
  /** In the order in which they are tried. */
  readonly candidates: readonly Candidate[];
  /** Further ones, once all of those have failed, told how. Default: none. */
  readonly lastly?: (tried: readonly TriedUrl[]) => readonly Candidate[];
}

/** Tries candidates until one gives the right bytes. Failures are answered, not thrown; only bugs throw. */
export async function fetchBytes(
  wanted: Wanted,
  { candidates, lastly = () => [] }: Offers,
  context: FetchContext,
): Promise<FetchResult> {
  const tally: FetchTally = { received: 0, attempts: 0, tried: [] };
  const { hosts } = context;
  const queue = createQueue(candidates, hosts);
  let isLast = false;
  let work: Work | undefined;
  try {
    for (let next = queue.next(); next !== undefined; ) {
      const { candidate, past } = next;
      if (work?.partial.path !== candidate.partial) {
        if (work !== undefined) await work.close();
        work = await openWork(wanted, candidate.partial, context);
      }
      const sharing = () => queue.left().filter(({ partial }) => partial === candidate.partial);
      const turn = {
        candidate,
        past,
        ways: queue.isHelpful(candidate) ? [candidate, ...sharing()].filter(queue.isHelpful) : [],
        last: queue.left().length === 0,
        hasElsewhere: () => sharing().some(queue.canGoOn),
        isHopeful: () => queue.left().some(({ host }) => hosts.standing(host).hoped),
      };
      const result = await insist(work, turn, context, tally);
      if (result.ok) {
        const { partial, digest } = work;
        const leaving = work.letGo();
        if (leaving !== undefined) await leaving;
        work = undefined;
        const { received, attempts, tried } = tally;
        const { hex } = result;
        return { ok: true, partial, url: candidate.url, hex, pieces: digest.pieces(), received, attempts, tried };
      }
      if (result.final) return { ok: false, error: result.error, ...tally };
      if (result.returns) queue.putOff(candidate);
      else queue.add(candidate.instead?.(result.error) ?? []);
      next = queue.next();
      if (next === undefined && !isLast) {
        isLast = true;
        queue.add(lastly(tally.tried));
        next = queue.next();
      }
      if (next !== undefined) tellFallback(work, candidate, next.candidate, result.error, context);
    }
    return { ok: false, error: summary(tally.tried), ...tally };
  } catch (thrown) {
    if (!(thrown instanceof AssetsError)) throw thrown;
    return { ok: false, error: thrown, ...tally };
  } finally {
    if (work !== undefined) await work.close().catch(() => {});
  }
}

function tellFallback(work: Work, from: Candidate, to: Candidate, error: AssetsError, { emit }: FetchContext): void {
  const path = work.wanted.label;
  emit({ type: "transfer:fallback", path, from: from.url, to: to.url, error: errorInfo(error) });
  if (work.partial.front === 0 || to.partial === from.partial) return;
  emit({ type: "transfer:restart", path, received: 0, reason: "without a pinned digest, another URL cannot continue" });
}

/** The codes of failed sources, the one that tells most about the file first. */
const TELLING = ["DIGEST_MISMATCH", "SIZE_MISMATCH", "BAD_ARCHIVE", "LFS_POINTER", "ACCESS", "OFFLINE"] as const;

function summary(tried: readonly TriedUrl[]): AssetsError {
  const telling = TELLING.find((code) => tried.some(({ error }) => error.code === code));
  const told = tried.find(({ error }) => error.code === telling) ?? tried.at(-1);
  if (told === undefined) return new AssetsError("NETWORK", "There is no URL to fetch it from.");
  const of = tried.length === 1 ? "" : `None of ${tried.length} sources gave the file. `;
  const { code, message, hint } = told.error;
  return new AssetsError(code, `${of}${message}`, { hint });
}
