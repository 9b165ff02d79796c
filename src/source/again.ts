/** How often a question to a service is asked: the sources know what may pass, those above them how long to insist. */

/**
 * Asks by `ask`, which is given a signal that ends it; again when it fails in a way that may pass. `url` is what is asked.
 * Throws what `ask` threw last, and the signal's reason.
 */
export type Again = <T>(url: string, ask: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) => Promise<T>;

/** For those whose failures are dealt with elsewhere. */
export const once: Again = (_, ask, signal) => ask(signal);
