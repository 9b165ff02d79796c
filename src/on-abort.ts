/** Tells many of one abort by one listener: to add each of them to the signal would take many times as long. */

/** Somebody who is told. */
export interface Abortable {
  onAbort(): void;
}

interface Audience {
  readonly listeners: Set<Abortable>;
  readonly tell: () => void;
}

/** Those that listen, by their signal; none once the last of them has gone. */
const audiences = new WeakMap<AbortSignal, Audience>();

/** From now on the abort of the signal is told, as long as it has not happened. */
export function listen(signal: AbortSignal, listener: Abortable): void {
  let audience = audiences.get(signal);
  if (audience === undefined) {
    const listeners = new Set<Abortable>();
    audience = {
      listeners,
      tell() {
        for (const each of [...listeners]) each.onAbort();
      },
    };
    audiences.set(signal, audience);
    signal.addEventListener("abort", audience.tell);
  }
  audience.listeners.add(listener);
}

/** It is told no more. */
export function unlisten(signal: AbortSignal, listener: Abortable): void {
  const audience = audiences.get(signal);
  if (audience === undefined) return;
  audience.listeners.delete(listener);
  if (audience.listeners.size > 0) return;
  audiences.delete(signal);
  signal.removeEventListener("abort", audience.tell);
}
