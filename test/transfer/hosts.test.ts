/** What a run makes of hosts that fail: whom it avoids, gives up and waits for. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AssetsError, type AssetsErrorOptions } from "../../src/errors.js";
import { createHosts, type Hosts } from "../../src/transfer/hosts.js";

const HOST = "h.example";
const policy = {
  retries: 3,
  baseDelayMs: 100,
  maxDelayMs: 30_000,
  maxRetryAfterMs: 300_000,
  leastMs: 200,
  outageMs: 60_000,
};
const failure = (retry: AssetsErrorOptions["retry"] = {}) => new AssetsError("NETWORK", "It failed.", { retry });

/** One failure after the other, each after the pause that the one before led to; answers the pauses. */
function fail(hosts: Hosts, times: number, error = failure(), since = performance.now()): (number | undefined)[] {
  return Array.from({ length: times }, () => {
    vi.advanceTimersByTime(hosts.waitMs(HOST));
    return hosts.failed(HOST, error, since);
  });
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a host that fails whatever it is asked", () => {
  it("is left alone from the third time in a row on, and asked last for half a minute or until it served", () => {
    const hosts = createHosts(policy);
    expect(fail(hosts, 2)).toEqual([undefined, undefined]);
    expect(hosts.isAvoided(HOST)).toBe(false);
    expect(fail(hosts, 1)).toEqual([expect.any(Number)]);
    expect(hosts.isAvoided(HOST)).toBe(true);
    vi.advanceTimersByTime(30_000);
    expect(hosts.isAvoided(HOST)).toBe(false);
    fail(hosts, 1);
    expect(hosts.isAvoided(HOST)).toBe(true);
    hosts.served(HOST, performance.now());
    expect(hosts.isAvoided(HOST)).toBe(false);
  });

  it("is given up after the sixth time if it never served, and after as long as an outage may last if it did", () => {
    const hosts = createHosts(policy);
    fail(hosts, 2);
    vi.advanceTimersByTime(2_000);
    fail(hosts, 3);
    expect(hosts.standing(HOST)).toMatchObject({ failures: 5, hoped: false, givenUp: false });
    fail(hosts, 1);
    expect(hosts.standing(HOST)).toMatchObject({ failures: 6, givenUp: true });
    hosts.served(HOST, performance.now());
    fail(hosts, 7);
    expect(hosts.standing(HOST)).toMatchObject({ failures: 7, hoped: true, givenUp: false });
    vi.advanceTimersByTime(60_000);
    fail(hosts, 1);
    expect(hosts.standing(HOST)).toMatchObject({ failures: 8, hoped: false, givenUp: true, gone: false });
  });

  it("is not waited for any more when five have asked it in vain after that, for half a minute", () => {
    const hosts = createHosts(policy);
    fail(hosts, 2);
    vi.advanceTimersByTime(2_000);
    fail(hosts, 4);
    expect(fail(hosts, 20)).toEqual(Array(20).fill(0));
    expect(hosts.standing(HOST).gone).toBe(false);
    vi.advanceTimersByTime(30_000);
    expect(fail(hosts, 1)).toEqual([policy.maxDelayMs]);
    expect(hosts.standing(HOST).gone).toBe(true);
    hosts.served(HOST, performance.now());
    expect(hosts.standing(HOST)).toMatchObject({ failures: 0, givenUp: false, gone: false });
  });

  it("has failed once, however many requests under way fail with that one", () => {
    const hosts = createHosts(policy);
    const refused = failure({ wholeHost: true, afterMs: 500 });
    for (let n = 0; n < 16; n++) expect(hosts.failed(HOST, refused, 0)).toBe(500);
    expect(hosts.standing(HOST).failures).toBe(1);
    fail(hosts, 1, refused);
    expect(hosts.standing(HOST).failures).toBe(2);
  });
});

describe("a host that fails with some of what it is asked", () => {
  it.each(["cut", "503"])("is left alone for nothing that fails while others are served (%s)", (kind) => {
    const hosts = createHosts(policy);
    const error = kind === "cut" ? failure() : failure({ wholeHost: true, answered: true, afterMs: 1_000 });
    const since = performance.now();
    fail(hosts, 1, error, since);
    vi.advanceTimersByTime(1_000);
    hosts.served(HOST, performance.now());
    expect(fail(hosts, 9, error, since)).toEqual(Array(9).fill(undefined));
    expect(hosts.standing(HOST).failures).toBe(0);
  });

  it("is left alone for all that meets a limit on requests", () => {
    const hosts = createHosts(policy);
    const since = performance.now();
    vi.advanceTimersByTime(10);
    hosts.served(HOST, performance.now());
    expect(fail(hosts, 1, failure({ wholeHost: true, afterMs: 700 }), since)).toEqual([700]);
  });
});

describe("a host that is asked again after a pause", () => {
  const { signal } = new AbortController();
  const refused = failure({ wholeHost: true, afterMs: 1_000 });

  it("is asked by one, and by the others in their order once it has served that one", async () => {
    const hosts = createHosts(policy);
    const through: number[] = [];
    const settles: (() => void)[] = [];
    const wait = async (n: number) => {
      settles.push(await hosts.pass(HOST, signal));
      through.push(n);
    };
    hosts.failed(HOST, refused, 0);
    const waiting = [0, 1, 2, 3].map(wait);
    await vi.advanceTimersByTimeAsync(999);
    expect(through).toEqual([]);
    await vi.advanceTimersByTimeAsync(500);
    expect(through).toEqual([0]);
    // It fails again: the next one is asked after the next pause, although that is known only behind the answer.
    settles[0]?.();
    await vi.advanceTimersByTimeAsync(20);
    hosts.failed(HOST, refused, 0);
    waiting.push(wait(0));
    await vi.advanceTimersByTimeAsync(990);
    expect(through).toEqual([0]);
    await vi.advanceTimersByTimeAsync(500);
    expect(through).toEqual([0, 1]);
    // Called once more, it says nothing of the one that is asked now.
    settles[0]?.();
    await vi.advanceTimersByTimeAsync(500);
    expect(through).toEqual([0, 1]);
    hosts.served(HOST, performance.now());
    await vi.advanceTimersByTimeAsync(200);
    await Promise.all(waiting);
    expect(through).toEqual([0, 1, 2, 3, 0]);
  });

  it("keeps nobody in line for long once it serves again, however many join it", async () => {
    const hosts = createHosts(policy);
    let left = 500;
    const fetchOneByOne = async () => {
      while (left-- > 0) {
        const settle = await hosts.pass(HOST, signal);
        const asked = performance.now();
        await new Promise((answer) => setTimeout(answer, 2));
        settle();
        hosts.served(HOST, asked);
      }
    };
    hosts.failed(HOST, refused, 0);
    const all = Promise.all(Array.from({ length: 16 }, fetchOneByOne));
    await vi.advanceTimersByTimeAsync(1_000 + (3 * 500 * 2) / 16);
    expect(left).toBeLessThanOrEqual(0);
    await all;
  });

  it("is not waited for by who gives up, or is ended", async () => {
    const hosts = createHosts(policy);
    hosts.failed(HOST, refused, 0);
    const stop = new AbortController();
    const ended = Promise.resolve(hosts.pass(HOST, stop.signal)).catch((reason) => reason);
    const gaveUp = hosts.pass(HOST, signal, { gaveUp: () => true });
    stop.abort("stopped");
    await vi.advanceTimersByTimeAsync(300);
    expect(await ended).toBe("stopped");
    await gaveUp;
    expect(hosts.waitMs(HOST)).toBe(700);
  });
});
