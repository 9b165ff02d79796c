/** Lets callers who ask for the same thing share one piece of work. */

/** What {@link createSingleFlight} makes. */
export type SingleFlight<T> = (
  key: string,
  signal: AbortSignal,
  /** Its signal is aborted once every caller who waits has been. */
  work: (signal: AbortSignal) => Promise<T>,
) => Promise<T>;

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
  landed: boolean;
}

/**
 * Does the work of each key once and remembers its result. A failure is told to those who wait for it, then forgotten.
 * A caller whose signal is aborted leaves at once with the signal's reason; the others go on waiting.
 */
export function createSingleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>();

  const start = (key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> => {
    const controller = new AbortController();
    const flight: Flight<T> = { result: work(controller.signal), controller, waiting: 0, landed: false };
    const forget = () => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    flight.result.then(() => {
      flight.landed = true;
    }, forget);
    controller.signal.addEventListener("abort", forget);
    flights.set(key, flight);
    return flight;
  };

  return async (key, signal, work) => {
    signal.throwIfAborted();
    const flight = flights.get(key) ?? start(key, work);
    flight.waiting += 1;
    try {
      return await untilAborted(flight.result, signal);
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0 && !flight.landed) flight.controller.abort(signal.reason);
    }
  };
}

/** The promise's outcome, or the signal's reason if that comes first. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
