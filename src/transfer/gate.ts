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
/** For each request that is served as many of those that wait go through: the line gets shorter, however many join it. */
const AT_ONCE = 2;
/** Who goes through a guarded gate, and is neither answered nor refused for so long, keeps the others waiting no longer. */
const ASKING_MS = 5_000;

/** To be called once the request that went through is answered, or has failed: others may wait for that. */
export type Passed = () => void;

/** The way of one request through the gate, until it is answered or has failed. */
interface Passage {
  isOver: boolean;
}

interface Place {
  readonly failures: number;
  go(passage: Passage): void;
}

/**
 * Open, it lets everybody through for whom there is room. It can be closed for a while; those that came meanwhile go through
 * one after the other. Guarded, it lets one through at a time: the others wait for what comes of that.
 */
export class Gate {
  readonly #hasRoom: () => boolean;
  /** Those that went through, and have no answer yet. */
  #unanswered = 0;
  #closedUntil = 0;
  #isGuarded = false;
  /** Who went through while it was guarded, and has no answer yet. */
  #asking: Passage | undefined;
  /** Those that wait, in order; when the last one of them went, or had its answer. */
  readonly #line: Place[] = [];
  #wentAt = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `hasRoom`: whether one more may be on the other side at this moment; see {@link roomChanged}. */
  constructor(hasRoom: () => boolean) {
    this.#hasRoom = hasRoom;
  }

  get unanswered(): number {
    return this.#unanswered;
  }

  /** There may be room for those that wait. */
  roomChanged(): void {
    this.#advance();
  }

  /** Nobody goes through for this long at least; requests under way go on. */
  close(ms: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, performance.now() + ms);
  }

  closedMs(): number {
    return Math.max(0, this.#closedUntil - performance.now());
  }

  /** About how long somebody who came now would wait. */
  waitMs(): number {
    const others = this.#line.length + (this.#asking || !this.#hasRoom() ? 1 : 0);
    return Math.max(this.closedMs(), others * (this.#isGuarded ? APART_MS : SOON_MS));
  }

  guard(): void {
    this.#isGuarded = true;
  }

  /** A request was served: the gate is guarded no longer, and of those that wait two go at once, so that all soon do. */
  unguard(): void {
    this.#isGuarded = false;
    this.#asking = undefined;
    for (let n = 0; n < AT_ONCE && this.closedMs() === 0 && this.#hasRoom(); n++) {
      const [first] = this.#line;
      if (first === undefined) break;
      first.go(this.#letThrough());
    }
    this.#advance();
  }

  /** Waits to be let through, where anybody has to, or until the waiter gives up. Rejects with the signal's reason. */
  pass(signal: AbortSignal, waiter: Waiter = {}): Passed | Promise<Passed> {
    const mustWait = this.#line.length > 0 || this.#asking !== undefined || this.closedMs() > 0 || !this.#hasRoom();
    const passed = (passage: Passage | undefined) => () => this.#hasPassed(passage);
    return mustWait ? this.#stand(signal, waiter).then(passed) : passed(this.#letThrough());
  }

  #hasPassed(passage: Passage | undefined): void {
    if (passage === undefined || passage.isOver) return;
    passage.isOver = true;
    this.#unanswered--;
    if (this.#asking === passage) {
      this.#asking = undefined;
      // The next one goes a moment later, when what came of this one is known.
      this.#wentAt = performance.now();
    }
    this.#advance();
  }

  #letThrough(): Passage {
    const passage = { isOver: false };
    this.#unanswered++;
    this.#wentAt = performance.now();
    this.#asking = this.#isGuarded ? passage : undefined;
    return passage;
  }

  /** Lets the first in line through, as soon as it may go. */
  #advance(): void {
    clearTimeout(this.#timer);
    const [first] = this.#line;
    if (first === undefined || !this.#hasRoom()) return;
    const apart = this.#asking ? ASKING_MS : this.#isGuarded ? APART_MS : SOON_MS;
    const ms = Math.max(this.#closedUntil, this.#wentAt + apart) - performance.now();
    if (ms > 0) this.#timer = setTimeout(() => this.#advance(), Math.ceil(ms));
    else first.go(this.#letThrough());
  }

  /** Stands in line until it is through; answers nothing when it is given up. Throws the signal's reason. */
  async #stand(signal: AbortSignal, { failures = 0, gaveUp = () => false }: Waiter): Promise<Passage | undefined> {
    signal.throwIfAborted();
    if (gaveUp()) return undefined;
    let leave = () => {};
    let look: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Passage | undefined>((resolve, reject) => {
        const place: Place = {
          failures,
          go(passage) {
            leave();
            resolve(passage);
          },
        };
        const stop = () => {
          leave();
          reject(signal.reason);
        };
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
        look = setInterval(() => (gaveUp() ? resolve(undefined) : this.#advance()), LOOK_MS);
        this.#advance();
      });
    } finally {
      leave();
    }
  }
}
