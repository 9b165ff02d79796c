/** Gathers lines that come in quick succession: to write many at once costs no more than to write one. */

/** How long lines wait for company once some were written, in milliseconds: nobody reads faster. */
const APART_MS = 50;

/** Where lines are gathered. */
export interface Gathered {
  /** Writes at once what comes first, and what follows soon after it a moment later. */
  write(text: string): void;
  /** Writes what still waits. */
  flush(): void;
}

/** Gathers for `write`, which gets whole lines. */
export function gathered(write: (text: string) => unknown): Gathered {
  let waiting = "";
  let timer: NodeJS.Timeout | undefined;
  const put = () => {
    if (waiting !== "") write(waiting);
    waiting = "";
  };
  /** As long as lines come, they come together. */
  const wait = () => {
    timer = setTimeout(() => {
      timer = undefined;
      if (waiting === "") return;
      put();
      wait();
    }, APART_MS);
  };
  return {
    write(text) {
      waiting += text;
      if (timer !== undefined) return;
      put();
      wait();
    },
    flush() {
      clearTimeout(timer);
      timer = undefined;
      put();
    },
  };
}
