/** What a run makes of hosts that fail: whom it avoids, gives up and waits for. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AssetsError, type AssetsErrorOptions } from "../../src/errors.js";
import { createHosts, type Hosts } from "../../src/transfer/hosts.js";

const HOST = "h.example";
const policy = { retries: 3, outageMs: 60_000, maxRetryAfterMs: 300_000 };
const failure = (options: AssetsErrorOptions = { retry: {} }) => new AssetsError("NETWORK", "It failed.", options);
const REFUSED = failure({ retry: { wholeHost: true } });

function fail(hosts: Hosts, times: number, error = failure()): void {
  for (let n = 0; n < times; n++) hosts.failed(HOST, error);
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a host that fails whatever it is asked", () => {
  it("is asked last from the third time in a row on, for half a minute, and no more once it served", () => {
    const hosts = createHosts(policy);
    fail(hosts, 2);
    expect(hosts.isAvoided(HOST)).toBe(false);
    fail(hosts, 1);
    expect(hosts.isAvoided(HOST)).toBe(true);
    vi.advanceTimersByTime(30_000);
    expect(hosts.isAvoided(HOST)).toBe(false);
    fail(hosts, 1);
    expect(hosts.isAvoided(HOST)).toBe(true);
    hosts.served(HOST);
    expect(hosts.isAvoided(HOST)).toBe(false);
  });

  it("is given up after the sixth time if it never served, or as soon as that is long ago", () => {
    const hosts = createHosts(policy);
    fail(hosts, 5);
    expect(hosts.standing(HOST)).toMatchObject({ failures: 5, hoped: false, givenUp: false });
    fail(hosts, 1);
    expect(hosts.standing(HOST)).toMatchObject({ failures: 6, givenUp: true });
    hosts.served(HOST);
    fail(hosts, 20);
    expect(hosts.standing(HOST)).toMatchObject({ failures: 20, hoped: true, givenUp: false });
    vi.advanceTimersByTime(60_000);
    expect(hosts.standing(HOST)).toMatchObject({ failures: 20, hoped: false, givenUp: true, gone: false });
  });

  it("is waited for no more when five more files have asked it in vain", () => {
    const hosts = createHosts(policy);
    fail(hosts, 6);
    fail(hosts, 4);
    expect(hosts.standing(HOST).gone).toBe(false);
    hosts.pause(HOST, 1_000);
    fail(hosts, 1);
    expect(hosts.standing(HOST).gone).toBe(true);
    hosts.served(HOST);
    expect(hosts.standing(HOST)).toMatchObject({ failures: 0, gone: false });
  });

  it("has failed once, however many requests under way fail with that one", () => {
    const hosts = createHosts(policy);
    fail(hosts, 1);
    hosts.pause(HOST, 500);
    fail(hosts, 15);
    expect(hosts.standing(HOST).failures).toBe(1);
    vi.advanceTimersByTime(500);
    fail(hosts, 1);
    expect(hosts.standing(HOST).failures).toBe(2);
  });
});

describe("a host that fails with some of what it is asked", () => {
  it("does not fail in a row while others get their bytes, unless it refuses", () => {
    const hosts = createHosts(policy);
    for (let n = 0; n < 9; n++) {
      fail(hosts, 1);
      hosts.brought(HOST, 100_000);
    }
    expect(hosts.standing(HOST)).toMatchObject({ failures: 1, hoped: true });
    fail(hosts, 1, REFUSED);
    hosts.brought(HOST, 100_000);
    fail(hosts, 1, REFUSED);
    expect(hosts.standing(HOST).failures).toBe(3);
  });

  it("does so if it gives but a few bytes each time", () => {
    const hosts = createHosts(policy);
    for (let n = 0; n < 6; n++) {
      hosts.brought(HOST, 100);
      fail(hosts, 1);
    }
    expect(hosts.standing(HOST)).toMatchObject({ failures: 6, hoped: false });
  });
});

it("after a pause those who waited are let through one by one, and nobody who comes then is sooner", async () => {
  vi.useRealTimers();
  const hosts = createHosts(policy);
  const { signal } = new AbortController();
  const through: number[] = [];
  const wait = (n: number) => hosts.ready(HOST, signal).then(() => through.push(n));
  hosts.pause(HOST, 60);
  const waiting = [wait(0), wait(1), wait(2)];
  await waiting[0];
  expect(through).toEqual([0]);
  expect(hosts.waitMs(HOST)).toBeGreaterThan(0);
  await Promise.all([...waiting, wait(3)]);
  expect(through.slice(0, 2)).toEqual([0, 1]);
  expect(hosts.waitMs(HOST)).toBe(0);
});
