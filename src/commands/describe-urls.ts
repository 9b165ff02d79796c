/** Asks those who publish files what they state about them. */
import { AssetsError, errorInfo } from "../errors.js";
import type { ErrorInfo } from "../events.js";
import type { Pins } from "../manifest/new-entry.js";
import type { StatedDigest } from "../manifest/types.js";
import type { Described } from "../source/described.js";
import { createSources } from "../source/index.js";
import type { NetworkSettings } from "../source/network-settings.js";
import { runPool } from "../transfer/pool.js";
import type { RetryPolicy } from "../transfer/retry.js";

/** Where and how to ask. */
export interface DescribeRun {
  /** Folder whose `.npmrc` may name registries. */
  readonly base: string;
  readonly network: NetworkSettings;
  /** Ask nobody over a network. */
  readonly offline: boolean;
  /** How often a list of files is asked for again. Default: as downloads are. */
  readonly policy?: Partial<RetryPolicy>;
  readonly signal: AbortSignal;
}

/** What is stated about a URL; nothing where nobody states anything. */
export type Answer = { described: Described | undefined } | { error: ErrorInfo };

/** Questions under way at one time. */
const QUESTIONS = 8;
/** Longest wait for an answer, in milliseconds. */
const PATIENCE_MS = 30_000;

/** Asks about every URL, in their order. Throws the signal's reason. */
export async function describeUrls(
  urls: readonly string[],
  { base, network, offline, signal }: DescribeRun,
): Promise<Answer[]> {
  const sources = createSources({ network, projectFolder: base });
  try {
    return await runPool(urls, QUESTIONS, async (url): Promise<Answer> => {
      // Who is asked and never answers states nothing.
      const patience = AbortSignal.timeout(PATIENCE_MS);
      try {
        if (offline && !sources.isLocal(url)) return { described: undefined };
        return { described: await sources.describe(url, { signal: AbortSignal.any([signal, patience]) }) };
      } catch (error) {
        signal.throwIfAborted();
        if (patience.aborted) return { described: undefined };
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
