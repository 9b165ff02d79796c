/** How long servers ask to be left alone, in whatever form they say it. */
import { describe, expect, it } from "vitest";
import { decide } from "../../src/source/http-answer.js";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const ASKED = { url: "https://x.example/a", offset: 0, range: "none" } as const;
const FOR_EVER_MS = 1e12;

/** The wait in milliseconds that an answer asks for; it is an error that may pass. */
function wait(status: number, headers: Record<string, string>): number | undefined {
  const decision = decide(status, headers, ASKED, NOW);
  if (decision.do !== "fail") throw new Error(`It is to ${decision.do}.`);
  expect(decision.error.retry).toBeDefined();
  return decision.error.retry?.afterMs;
}

describe("a wait that a server asks for", () => {
  it.each<[string, number | undefined]>([
    ["3", 3_000],
    [" 3 ", 3_000],
    ["1.5", 1_500],
    ["3, 9", 9_000],
    ["0", 0],
    ["Sun, 01 Mar 2026 12:00:05 GMT", 5_000],
    ["Sunday, 01-Mar-26 12:00:05 GMT", 5_000],
    ["Sun Mar  1 12:00:05 2026 GMT", 5_000],
    ["2026-03-01T12:00:05Z", 5_000],
    ["Sun, 01 Mar 2026 11:00:00 GMT", 0],
    ["-5", undefined],
    ["1e3", undefined],
    ["Wed, 21", undefined],
    ["soon", undefined],
    ["", undefined],
    ["99999999999999999999", FOR_EVER_MS],
    ["+275760-09-13T00:00:00.000Z", undefined],
    ["9999-12-31T00:00:00Z", FOR_EVER_MS],
  ])("is read from Retry-After: %s", (value, ms) => {
    expect(wait(429, { "retry-after": value })).toBe(ms);
    expect(wait(503, { "retry-after": value })).toBe(ms);
  });

  it.each<[string, Record<string, string>, number]>([
    ["in seconds", { "ratelimit-remaining": "0", "ratelimit-reset": "30" }, 30_000],
    ["as a moment", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": `${NOW / 1000 + 30}` }, 30_000],
    ["as a moment in milliseconds", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": `${NOW + 30_000}` }, 30_000],
    ["as no moment that there is", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9".repeat(16) }, FOR_EVER_MS],
    ["in one field", { ratelimit: '"d";r=0;t=30' }, 30_000],
    ["in one field, for ever", { ratelimit: `"d";r=0;t=${"9".repeat(18)}` }, FOR_EVER_MS],
  ])("is read from a used-up quota, stated %s", (_, headers, ms) => {
    expect(wait(429, headers)).toBe(ms);
    expect(wait(403, headers)).toBe(ms);
  });

  it("is told with a date, however far away that is and whatever the server's clock says", () => {
    const date = "Mon, 01 Jan 0001 00:00:00 GMT";
    expect(wait(403, { date, "retry-after": "9999-12-31T00:00:00Z" })).toBe(FOR_EVER_MS);
  });
});
