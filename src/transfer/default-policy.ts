/** How stubborn and how patient transfers are unless told otherwise. */
import type { TransferPolicy } from "./fetch-file.js";

/** Limits of a run that nobody set others for. */
export const DEFAULT_POLICY: TransferPolicy = {
  retries: 5,
  baseDelayMs: 500,
  maxDelayMs: 10_000,
  maxRetryAfterMs: 5 * 60_000,
  leastMs: 2_000,
  outageMs: 2 * 60_000,
  stallTimeoutMs: 30_000,
  firstByteTimeoutMs: 60_000,
  slowTimeoutMs: 2 * 60_000,
  leastRate: 1_000,
  hurryMs: 15_000,
  leastSegmentBytes: 1024 * 1024,
  connections: 16,
  lockTimeoutMs: 60 * 60_000,
  offline: false,
  strategy: "auto",
};
