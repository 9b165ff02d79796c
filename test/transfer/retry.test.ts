/** The verdict table: what follows a failed attempt. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AssetsError, type AssetsErrorOptions, type ErrorCode } from "../../src/errors.js";
import { type Failure, type History, type RetryPolicy, type Standing, verdictOn } from "../../src/transfer/retry.js";

const policy: RetryPolicy = {
  retries: 3,
  baseDelayMs: 100,
  maxDelayMs: 1_000,
  maxRetryAfterMs: 300_000,
  leastMs: 200,
  outageMs: 60_000,
};
const NEVER = Number.NEGATIVE_INFINITY;
const standing: Standing = {
  failures: 1,
  hoped: true,
  givenUp: false,
  gone: false,
  servedAt: NEVER,
  servedAsked: NEVER,
  giving: false,
};
const others = { last: false, returned: false, elsewhere: false, hopeful: false };
const untried: History = { now: 100_000, failures: 0, since: 100_000, alone: false, ...others, standing };

function failure(code: ErrorCode, retry?: AssetsErrorOptions["retry"], more: Partial<Failure> = {}): Failure {
  const error = new AssetsError(code, "failed", retry ? { retry } : {});
  return {
    error,
    combined: false,
    kept: false,
    accepted: false,
    differs: false,
    blamed: false,
    gave: false,
    gained: 0,
    ...more,
  };
}

const half = () => 0.5;

describe("the verdict on a failed attempt", () => {
  it("tries the same URL again after what may pass, and keeps the bytes", () => {
    expect(verdictOn(failure("NETWORK", {}), untried, policy, half)).toEqual({
      do: "retry",
      delayMs: 50,
    });
  });

  it("goes to the next URL when the retries are used up, and keeps the bytes", () => {
    const tired = { ...untried, failures: 3 };
    const next = { do: "next-url" };
    expect(verdictOn(failure("NETWORK", {}), tired, policy, half)).toEqual({
      ...next,
      returns: true,
      delayMs: expect.any(Number),
    });
    const hopeless = { ...tired, standing: { ...standing, hoped: false } };
    expect(verdictOn(failure("NETWORK", {}), hopeless, policy, half)).toEqual(next);
  });

  it.each<ErrorCode>([
    "NOT_FOUND",
    "ACCESS",
    "BAD_RESPONSE",
    "LFS_POINTER",
    "UNSUPPORTED_URL",
    "BAD_ARCHIVE",
    "OFFLINE",
  ])("does not ask the same URL again after %s", (code) => {
    expect(verdictOn(failure(code), untried, policy, half)).toEqual({ do: "next-url" });
  });

  it("fetches everything anew, once, when resumed bytes do not match the pin", () => {
    const resumed = failure("DIGEST_MISMATCH", undefined, { combined: true, kept: true });
    expect(verdictOn(resumed, untried, policy, half)).toEqual({ do: "retry", delayMs: 0, empty: true, alone: true });
    const again = { ...untried, alone: true };
    expect(verdictOn(resumed, again, policy, half)).toEqual({ do: "next-url", empty: true });
  });

  it("asks another URL first when all that does not match the pin came from one, over several connections", () => {
    const several = failure("DIGEST_MISMATCH", undefined, { combined: true, accepted: true });
    expect(verdictOn(several, untried, policy, half)).toEqual({
      do: "next-url",
      empty: true,
      returns: true,
      alone: true,
    });
    const only = { ...untried, last: true };
    expect(verdictOn(several, only, policy, half)).toEqual({ do: "retry", delayMs: 0, empty: true, alone: true });
  });

  it("asks another URL first for what was found wrong piece by piece, then the same once more, and keeps the rest", () => {
    const lied = failure("DIGEST_MISMATCH", undefined, { blamed: true, combined: true, kept: true, accepted: true });
    expect(verdictOn(lied, untried, policy, half)).toEqual({
      do: "next-url",
      returns: true,
      alone: true,
    });
    const only = { ...untried, last: true };
    expect(verdictOn(lied, only, policy, half)).toEqual({ do: "retry", delayMs: 0, alone: true });
    const again = { ...only, alone: true };
    expect(verdictOn(lied, again, policy, half)).toEqual({ do: "next-url" });
  });

  it("goes to another URL meanwhile when it would have to wait long, if that can go on with what is here", () => {
    const busy = failure("NETWORK", { afterMs: 6_000 });
    const mirrored = { ...untried, elsewhere: true };
    expect(verdictOn(busy, mirrored, policy, half)).toEqual({ do: "next-url", returns: true, delayMs: 6_000 });
    expect(verdictOn(failure("NETWORK", { afterMs: 5_000 }), mirrored, policy, half).do).toBe("retry");
  });

  it("drops fresh bytes that do not match the pin, and goes to the next URL", () => {
    const fresh = failure("DIGEST_MISMATCH", undefined, { accepted: true });
    expect(verdictOn(fresh, untried, policy, half)).toEqual({ do: "next-url", empty: true });
  });

  it("keeps what was there when a wrong size is announced before any byte came", () => {
    expect(verdictOn(failure("SIZE_MISMATCH"), untried, policy, half)).toEqual({ do: "next-url" });
  });

  it.each<[ErrorCode, string]>([
    ["LOCAL_IO", "give-up"],
    ["UNSAFE_PATH", "give-up"],
    ["LOCKED", "give-up"],
    ["DISK_FULL", "stop"],
    ["ABORTED", "stop"],
  ])("ends with %s, whatever URLs are left: %s", (code, ends) => {
    expect(verdictOn(failure(code), untried, policy, half)).toEqual({ do: ends });
  });

  it("keeps what is here when a server starts over with other bytes, and asks it once more only if no other URL is left", () => {
    const strange = failure("BAD_RESPONSE", {}, { differs: true, combined: true, accepted: true });
    expect(verdictOn(strange, untried, policy, half)).toEqual({ do: "next-url" });
    const only = { ...untried, last: true };
    expect(verdictOn(strange, only, policy, half)).toEqual({ do: "retry", delayMs: 50 });
  });

  it("waits as long as the server asks", () => {
    const asked = failure("NETWORK", { afterMs: 7_000 });
    expect(verdictOn(asked, untried, policy, half)).toMatchObject({ do: "retry", delayMs: 7_000 });
  });

  it("does not wait longer than five minutes, and says so", () => {
    const asked = failure("NETWORK", { afterMs: 300_001 });
    expect(verdictOn(asked, untried, policy, half)).toEqual({ do: "next-url", why: "asks-too-long" });
  });

  it("gives a host that is not there one more chance while others are left, all of them when it is the last", () => {
    const away = failure(
      "NETWORK",
      {},
      { error: new AssetsError("NETWORK", "away", { retry: {}, unreachable: true }) },
    );
    const once = { ...untried, failures: 1 };
    expect(verdictOn(away, untried, policy, half).do).toBe("retry");
    expect(verdictOn(away, once, policy, half).do).toBe("next-url");
    expect(verdictOn(away, { ...once, last: true }, policy, half).do).toBe("retry");
  });

  /** Tried often since the moment 100,000; what the policy calls an outage lasts until 160,000. */
  const tired: History = { ...untried, failures: 9, now: 150_000, last: true, standing: { ...standing, failures: 9 } };
  const served = { ...tired.standing, servedAt: 99_000, servedAsked: 98_000 };
  const cut = failure("NETWORK", {});
  const says = failure("NETWORK", { answered: true });
  const verdict = (failed: Failure, history: History) => verdictOn(failed, history, policy, half);

  it("goes on beyond the retries with a host that served a moment before, for as long as an outage may last", () => {
    const away = { ...tired, standing: served };
    expect(verdict(cut, away)).toEqual({ do: "retry", delayMs: expect.any(Number) });
    expect(verdict(cut, { ...away, now: 160_000 })).toEqual({ do: "next-url" });
    expect(verdict(cut, { ...away, standing: { ...served, hoped: false } }).do).toBe("next-url");
    expect(verdict(cut, { ...away, standing: { ...served, servedAt: 30_000 } }).do).toBe("next-url");
    expect(verdictOn(cut, away, { ...policy, retries: 0 }, half)).toEqual({ do: "next-url" });
  });

  it("gives what never served as long as its waits may take, however short they were", () => {
    const soon = { ...tired, standing: { ...tired.standing, servedAt: NEVER } };
    const upTo = policy.retries * policy.leastMs;
    const gone = { ...cut, error: new AssetsError("NETWORK", "refused", { retry: {}, unreachable: true }) };
    expect(verdict(gone, { ...soon, now: 100_000 + upTo - 1 }).do).toBe("retry");
    expect(verdict(gone, { ...soon, now: 100_000 + upTo }).do).toBe("next-url");
    // What is there and fails may only just have been started.
    expect(verdict(cut, { ...soon, now: 100_000 + 3 * upTo - 1 }).do).toBe("retry");
    expect(verdict(cut, { ...soon, now: 100_000 + 3 * upTo }).do).toBe("next-url");
  });

  it("takes a server at its word, or finds a fault to be the file's, once others asked later and were served", () => {
    const others = { ...tired, failures: 3, standing: { ...served, servedAsked: 120_000 } };
    expect(verdict(says, { ...tired, failures: 3, standing: served }).do).toBe("retry");
    expect(verdict(says, others).do).toBe("next-url");
    expect(verdict(cut, { ...others, standing: { ...others.standing, servedAt: 149_500 } }).do).toBe("retry");
    expect(verdict(cut, others).do).toBe("next-url");
    // A limit on requests is one of the host.
    expect(verdict(failure("NETWORK", { wholeHost: true }), { ...others, failures: 9 }).do).toBe("retry");
  });

  it("waits for as long as others get their bytes, since there may be a limit, unless the server says otherwise", () => {
    const busy = { ...tired, failures: 20, now: 900_000, standing: { ...standing, hoped: false, giving: true } };
    expect(verdict(cut, busy).do).toBe("retry");
    const served = { ...busy, standing: { ...busy.standing, servedAsked: 500_000 } };
    expect(verdict(cut, served).do).toBe("retry");
    expect(verdict(failure("NETWORK", { answered: true, wholeHost: true }), served).do).toBe("retry");
    expect(verdict(says, served).do).toBe("next-url");
  });

  it("gives no such time to what is slow, nor more than three times to what is silent for long", () => {
    const away = { ...tired, standing: served };
    expect(verdict(failure("NETWORK", { slow: true }), away).do).toBe("next-url");
    const silent = failure("NETWORK", { silent: true });
    expect(verdict(silent, { ...away, failures: 1, now: 170_000 }).do).toBe("retry");
    expect(verdict(silent, { ...away, failures: 2, now: 170_000 }).do).toBe("next-url");
  });

  it("leaves a host that fails with everything for another URL at once, and comes back to it", () => {
    const mirrored = { ...untried, elsewhere: true, standing: { ...standing, failures: 3 } };
    expect(verdict(cut, mirrored)).toEqual({ do: "next-url", returns: true, delayMs: expect.any(Number) });
    const given = { ...mirrored, standing: { ...standing, failures: 9, givenUp: true } };
    expect(verdict(cut, given)).toEqual({ do: "next-url" });
  });

  it("comes back to a host that was given up as long as that of another URL is hoped for", () => {
    const given = { ...tired, last: false, returned: true, standing: { ...standing, givenUp: true, hoped: false } };
    expect(verdict(cut, given)).toEqual({ do: "next-url" });
    expect(verdict(cut, { ...given, hopeful: true })).toMatchObject({ returns: true });
    const unasked = failure("NETWORK", { unasked: true });
    expect(verdict(unasked, { ...given, hopeful: true })).toMatchObject({ returns: true });
    expect(verdict(unasked, { ...given, last: true })).toEqual({ do: "next-url" });
  });

  it("asks a host once that was given up", () => {
    const given = { ...untried, last: true, standing: { ...standing, failures: 9, givenUp: true } };
    expect(verdict(cut, given)).toEqual({ do: "next-url" });
  });

  it("believes that a host's name is not known, or that it speaks no HTTP, unless it served a moment ago", () => {
    const unknown = failure("NETWORK", { ifServed: true });
    const only = { ...untried, last: true };
    expect(verdict(unknown, only)).toEqual({ do: "next-url" });
    expect(verdict(unknown, { ...only, standing: served }).do).toBe("retry");
  });

  it("never waits beyond its bounds, nor retries for ever", () => {
    const numbers = { failures: fc.nat(60), random: fc.double({ min: 0, max: 0.999, noNaN: true }) };
    fc.assert(
      fc.property(fc.record(numbers), ({ failures, random }) => {
        const verdict = verdictOn(failure("NETWORK", {}), { ...untried, failures }, policy, () => random);
        if (failures >= policy.retries) return verdict.do === "next-url";
        return verdict.do === "retry" && verdict.delayMs >= 0 && verdict.delayMs <= policy.baseDelayMs * 2 ** failures;
      }),
    );
  });
});
