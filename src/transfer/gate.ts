/** The gate to one host: who may ask it, and when. */

/** Who waits at a gate. */
export interface Waiter {
  /** How often it has failed in a row: those that failed least often go first. Default 0. */
  readonly failures?: number;
  /** Whether it is to wait no longer. Default never. */
  gaveUp?(): boolean;
}

/** How often a waiter looks whether to go on waiting. Times in milliseconds. */
const LOOK_MS = 250;
/** Requests that waited go out one by one, this far apart: while the gate is guarded, and once it is not. */
const APART_MS = 50;
const SOON_MS = 5;
/** Who goes through a guarded gate, and is neither answered nor refused for so long, keeps the others waiting no longer. */
const ASKING_MS = 5_000;

interface Place {
  readonly failures: number;
  go(): void;
}

/**
 * Open, it lets everybody through. It can be closed for a while; those that came meanwhile go through one after the other.
 * Guarded, it lets one through at a time: the others wait for what comes of that.
 */
export class Gate {
  #closedUntil = 0;
  #isGuarded = false;
  /** Whether somebody who went through while it was guarded has no answer yet. */
  #isAsked = false;
  /** Those that wait, in order; when the last one of them went. */
  readonly #line: Place[] = [];
  #wentAt = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Nobody goes through for this long at least; requests under way go on. */
  close(ms: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, performance.now() + ms);
  }

  closedMs(): number {
    return Math.max(0, this.#closedUntil - performance.now());
  }

  /** About how long somebody who came now would wait. */
  waitMs(): number {
    return Math.max(this.closedMs(), (this.#line.length + Number(this.#isAsked)) * APART_MS);
  }

  guard(): void {
    this.#isGuarded = true;
  }

  unguard(): void {
    this.#isGuarded = false;
    this.#settle();
  }

  /**
   * Waits to be let through, or until the waiter gives up. The answer is to be called once the request is answered or has
   * failed: others may wait for that. Throws the signal's reason.
   */
  async pass(signal: AbortSignal, waiter: Waiter = {}): Promise<() => void> {
    if (this.#line.length > 0 || this.#isAsked || this.closedMs() > 0) {
      if (!(await this.#stand(signal, waiter))) return () => {};
    } else if (this.#isGuarded) {
      this.#isAsked = true;
      this.#wentAt = performance.now();
    }
    let isAsking = this.#isAsked;
    return () => {
      if (isAsking) this.#settle();
      isAsking = false;
    };
  }

  #settle(): void {
    this.#isAsked = false;
    this.#advance();
  }

  /** Lets the first in line through, as soon as it may go. */
  #advance(): void {
    clearTimeout(this.#timer);
    const [first] = this.#line;
    if (first === undefined) return;
    const apart = this.#isAsked ? ASKING_MS : this.#isGuarded ? APART_MS : SOON_MS;
    const ms = Math.max(this.#closedUntil, this.#wentAt + apart) - performance.now();
    if (ms > 0) {
      this.#timer = setTimeout(() => this.#advance(), Math.ceil(ms));
      return;
    }
    this.#wentAt = performance.now();
    this.#isAsked = this.#isGuarded;
    first.go();
  }

  /** Stands in line; answers whether it is through, rather than given up. Throws the signal's reason. */
  async #stand(signal: AbortSignal, { failures = 0, gaveUp = () => false }: Waiter): Promise<boolean> {
    signal.throwIfAborted();
    let leave = () => {};
    let look: NodeJS.Timeout | undefined;
    try {
      return await new Promise<boolean>((resolve, reject) => {
        const place: Place = {
          failures,
          go() {
            leave();
            resolve(true);
          },
        };
        const stop = () => reject(signal.reason);
        leave = () => {
          const at = this.#line.indexOf(place);
          if (at >= 0) this.#line.splice(at, 1);
          clearInterval(look);
          signal.removeEventListener("abort", stop);
          this.#advance();
        };
        signal.addEventListener("abort", stop);
        const behind = this.#line.findIndex((other) => other.failures > failures);
        this.#line.splice(behind < 0 ? this.#line.length : behind, 0, place);
        look = setInterval(() => gaveUp() && resolve(false), LOOK_MS);
        this.#advance();
      });
    } finally {
      leave();
    }
  }
}
