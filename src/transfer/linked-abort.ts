/** A controller that is aborted when another signal is, and on its own. */
import { setMaxListeners } from "node:events";
import { abortError } from "../errors.js";

/** A signal with two ways to be aborted. */
export interface LinkedAbort {
  /** Any number of listeners may wait for it. */
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Listens no more to the other signal. */
  unlink(): void;
}

/** Follows a signal, by which it is aborted with ABORTED. */
export function linkedAbort(other: AbortSignal): LinkedAbort {
  const controller = new AbortController();
  // That many listeners are no leak.
  setMaxListeners(0, controller.signal);
  const onAbort = () => controller.abort(abortError());
  other.addEventListener("abort", onAbort);
  if (other.aborted) onAbort();
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink: () => other.removeEventListener("abort", onAbort),
  };
}
