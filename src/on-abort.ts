/** Tells many of one abort by one listener: to add each of them to the signal would take many times as long. */

/** Somebody who is told. */
export interface Abortable {
  onAbort(): void;
}

/** Those that listen, by their signal. */
const audiences = new WeakMap<AbortSignal, Set<Abortable>>();

/** From now on the abort of the signal is told, as long as it has not happened. */
export function listen(signal: AbortSignal, listener: Abortable): void {
  const audience = audiences.get(signal) ?? gather(signal);
  audience.add(listener);
}

/** It is told no more. */
export function unlisten(signal: AbortSignal, listener: Abortable): void {
  audiences.get(signal)?.delete(listener);
}

function gather(signal: AbortSignal): Set<Abortable> {
  const audience = new Set<Abortable>();
  audiences.set(signal, audience);
  signal.addEventListener("abort", () => {
    for (const each of [...audience]) each.onAbort();
  });
  return audience;
}
