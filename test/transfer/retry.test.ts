/** The verdict table: what follows a failed attempt. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AssetsError, type ErrorCode } from "../../src/errors.js";
import { type Failure, type History, type RetryPolicy, verdictOn } from "../../src/transfer/retry.js";

const policy: RetryPolicy = {
  retries: 3,
  baseDelayMs: 100,
  maxDelayMs: 1_000,
  maxRetryAfterMs: 300_000,
  outageMs: 60_000,
};
const standing = { failures: 1, servedAt: Number.NEGATIVE_INFINITY, hoped: false, givenUp: false, gone: false };
const untried: History = {
  failures: 0,
  since: 0,
  restarted: false,
  last: false,
  returned: false,
  elsewhere: false,
  standing,
};

function failure(code: ErrorCode, retry?: { afterMs?: number }, more: Partial<Failure> = {}): Failure {
  const error = new AssetsError(code, "failed", retry ? { retry } : {});
  return { error, combined: false, kept: false, accepted: false, differs: false, blamed: false, ...more };
}

const half = () => 0.5;

describe("the verdict on a failed attempt", () => {
  it("tries the same URL again after what may pass, and keeps the bytes", () => {
    expect(verdictOn(failure("NETWORK", {}), untried, policy, half)).toEqual({
      do: "retry",
      delayMs: 50,
      empty: false,
      alone: false,
    });
  });

  it("goes to the next URL when the retries are used up, and keeps the bytes", () => {
    const tired = { ...untried, failures: 3 };
    expect(verdictOn(failure("NETWORK", {}), tired, policy, half)).toEqual({ do: "next-url", empty: false });
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
    expect(verdictOn(failure(code), untried, policy, half)).toEqual({ do: "next-url", empty: false });
  });

  it("fetches everything anew, once, when resumed bytes do not match the pin", () => {
    const resumed = failure("DIGEST_MISMATCH", undefined, { combined: true, kept: true });
    expect(verdictOn(resumed, untried, policy, half)).toEqual({ do: "retry", delayMs: 0, empty: true, alone: true });
    const again = { ...untried, restarted: true };
    expect(verdictOn(resumed, again, policy, half)).toEqual({ do: "next-url", empty: true });
  });

  it("asks another URL first when all that does not match the pin came from one, over several connections", () => {
    const several = failure("DIGEST_MISMATCH", undefined, { combined: true, accepted: true });
    expect(verdictOn(several, untried, policy, half)).toEqual({ do: "next-url", empty: true, return: "alone" });
    const only = { ...untried, last: true };
    expect(verdictOn(several, only, policy, half)).toEqual({ do: "retry", delayMs: 0, empty: true, alone: true });
  });

  it("asks another URL first for what was found wrong piece by piece, then the same once more, and keeps the rest", () => {
    const lied = failure("DIGEST_MISMATCH", undefined, { blamed: true, combined: true, kept: true, accepted: true });
    expect(verdictOn(lied, untried, policy, half)).toEqual({ do: "next-url", empty: false, return: "alone" });
    const only = { ...untried, last: true };
    expect(verdictOn(lied, only, policy, half)).toEqual({ do: "retry", delayMs: 0, empty: false, alone: true });
    const again = { ...only, restarted: true };
    expect(verdictOn(lied, again, policy, half)).toEqual({ do: "next-url", empty: false });
  });

  it("goes to another URL meanwhile when it would have to wait long, if that can go on with what is here", () => {
    const busy = failure("NETWORK", { afterMs: 6_000 });
    const mirrored = { ...untried, elsewhere: true };
    expect(verdictOn(busy, mirrored, policy, half)).toEqual({ do: "next-url", empty: false, return: "later" });
    expect(verdictOn(failure("NETWORK", { afterMs: 5_000 }), mirrored, policy, half).do).toBe("retry");
  });

  it("drops fresh bytes that do not match the pin, and goes to the next URL", () => {
    const fresh = failure("DIGEST_MISMATCH", undefined, { accepted: true });
    expect(verdictOn(fresh, untried, policy, half)).toEqual({ do: "next-url", empty: true });
  });

  it("keeps what was there when a wrong size is announced before any byte came", () => {
    expect(verdictOn(failure("SIZE_MISMATCH"), untried, policy, half)).toEqual({ do: "next-url", empty: false });
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
    expect(verdictOn(strange, untried, policy, half)).toEqual({ do: "next-url", empty: false });
    const only = { ...untried, last: true };
    expect(verdictOn(strange, only, policy, half)).toMatchObject({ do: "retry", empty: false });
  });

  it("waits as long as the server asks", () => {
    const asked = failure("NETWORK", { afterMs: 7_000 });
    expect(verdictOn(asked, untried, policy, half)).toMatchObject({ do: "retry", delayMs: 7_000 });
  });

  it("does not wait longer than five minutes, and says so", () => {
    const asked = failure("NETWORK", { afterMs: 300_001 });
    expect(verdictOn(asked, untried, policy, half)).toEqual({ do: "next-url", empty: false, why: "asks-too-long" });
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

  it("goes on beyond the retries, where there is no other URL, with a host that served a moment ago", () => {
    const hoped = { ...standing, servedAt: 1_000, hoped: true };
    const tired: History = { ...untried, failures: 9, since: 2_000, last: true, standing: hoped };
    expect(verdictOn(failure("NETWORK", {}), tired, policy, half)).toMatchObject({ do: "retry", empty: false });
    const mirrored = { ...tired, last: false };
    expect(verdictOn(failure("NETWORK", {}), mirrored, policy, half)).toMatchObject({
      do: "next-url",
      return: "later",
    });
    const returned = { ...mirrored, returned: true };
    expect(verdictOn(failure("NETWORK", {}), returned, policy, half).do).toBe("retry");
    expect(verdictOn(failure("NETWORK", {}), tired, { ...policy, retries: 0 }, half).do).toBe("next-url");
    const over = { ...tired, standing: { ...hoped, hoped: false } };
    expect(verdictOn(failure("NETWORK", {}), over, policy, half).do).toBe("next-url");
  });

  it("takes a server that serves others meanwhile at its word when it says that it cannot serve this one", () => {
    const hoped = { ...standing, hoped: true };
    const says = { error: new AssetsError("NETWORK", "HTTP 500", { retry: { answered: true } }) };
    const before: History = {
      ...untried,
      failures: 9,
      since: 2_000,
      last: true,
      standing: { ...hoped, servedAt: 1_000 },
    };
    expect(verdictOn(failure("NETWORK", {}, says), before, policy, half).do).toBe("retry");
    const since = { ...before, standing: { ...hoped, servedAt: 3_000 } };
    expect(verdictOn(failure("NETWORK", {}, says), since, policy, half).do).toBe("next-url");
    expect(verdictOn(failure("NETWORK", {}), since, policy, half).do).toBe("retry");
  });

  it("leaves a host that fails with everything for another URL at once, and comes back to it", () => {
    const mirrored = { ...untried, elsewhere: true, standing: { ...standing, failures: 3 } };
    expect(verdictOn(failure("NETWORK", {}), mirrored, policy, half)).toMatchObject({
      do: "next-url",
      return: "later",
    });
    const given = { ...mirrored, standing: { ...standing, failures: 9, givenUp: true } };
    expect(verdictOn(failure("NETWORK", {}), given, policy, half)).toEqual({ do: "next-url", empty: false });
  });

  it("asks a host once that was given up", () => {
    const given = { ...untried, last: true, standing: { ...standing, failures: 9, givenUp: true } };
    expect(verdictOn(failure("NETWORK", {}), given, policy, half)).toEqual({ do: "next-url", empty: false });
  });

  it("believes that a host's name is not known, or that it speaks no HTTP, unless it served a moment ago", () => {
    const unknown = { error: new AssetsError("NETWORK", "unknown", { retry: { ifServed: true }, unreachable: true }) };
    const only = { ...untried, last: true };
    expect(verdictOn(failure("NETWORK", {}, unknown), only, policy, half)).toEqual({ do: "next-url", empty: false });
    const served = { ...only, standing: { ...standing, hoped: true } };
    expect(verdictOn(failure("NETWORK", {}, unknown), served, policy, half).do).toBe("retry");
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
