/** Asks those who publish files what they state about them. */
import { AssetsError, errorInfo } from "../errors.js";
import type { ErrorInfo, EventListener } from "../events.js";
import type { Pins } from "../manifest/new-entry.js";
import type { StatedDigest } from "../manifest/types.js";
import type { Described } from "../source/described.js";
import { createSources, type Sources } from "../source/index.js";
import type { NetworkSettings } from "../source/network-settings.js";
import { createAgain } from "../transfer/ask-again.js";
import { DEFAULT_POLICY } from "../transfer/default-policy.js";
import { runPool } from "../transfer/pool.js";
import type { RetryPolicy } from "../transfer/retry.js";

/** Where and how to ask. */
export interface DescribeRun {
  /** Folder whose `.npmrc` may name registries. */
  readonly base: string;
  readonly network: NetworkSettings;
  /** Ask nobody over a network. */
  readonly offline: boolean;
  /** How stubborn to be. Default: as for transfers. */
  readonly policy?: Partial<RetryPolicy>;
  /** Told of long waits. */
  readonly emit: EventListener;
  readonly signal: AbortSignal;
}

/** What is stated about a URL; nothing where nobody states anything. */
export type Answer = { described: Described | undefined } | { error: ErrorInfo };

/** Questions under way at one time. */
const QUESTIONS = 8;

/** The sources of a run that asks. */
export function askedSources({ base, network, policy, emit }: DescribeRun): Sources {
  const again = createAgain({ policy: { ...DEFAULT_POLICY, ...policy }, emit });
  return createSources({ network, projectFolder: base, again });
}

/** Asks about every URL, in their order. Throws the signal's reason. */
export async function describeUrls(urls: readonly string[], run: DescribeRun): Promise<Answer[]> {
  const { offline, signal } = run;
  const sources = askedSources(run);
  try {
    return await runPool(urls, QUESTIONS, async (url): Promise<Answer> => {
      try {
        if (offline && !sources.isLocal(url)) return { described: undefined };
        return { described: await sources.describe(url, { signal }) };
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof AssetsError)) throw error;
        return { error: errorInfo(error) };
      }
    });
  } finally {
    await sources.close();
  }
}

/** The pins that an upstream declares, if it declares a SHA-256. */
export function declaredPins({ digest, size }: Partial<Described>): Pins {
  const known = size === undefined ? {} : { size };
  return digest?.algorithm === "sha256" ? { ...known, sha256: digest.hex, pinnedAs: "declared" } : known;
}

/** What else is stated that the bytes can be held against when they come. */
export function weakDigests({ digest }: Partial<Described>): StatedDigest[] {
  if (digest === undefined || digest.algorithm === "sha256") return [];
  return [{ algorithm: digest.algorithm, hex: digest.hex }];
}
