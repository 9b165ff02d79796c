/** Questions to services: how often they are asked, and when no more. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { AssetsError, type AssetsErrorOptions } from "../../src/errors.js";
import { createAgain } from "../../src/transfer/ask-again.js";
import { IMPATIENT } from "../helpers/run.js";

const URL = "https://service.example/api";
const { signal } = new AbortController();
const silent = () => {};
const failure = (options: AssetsErrorOptions = {}) => new AssetsError("NETWORK", "It cannot answer.", options);

/** A service that fails in these ways, one after the other, and then answers. */
function service(...failures: AssetsError[]) {
  const left = [...failures];
  const asked = { times: 0 };
  const ask = async () => {
    asked.times++;
    const next = left.shift();
    if (next !== undefined) throw next;
    return "answer";
  };
  return { asked, ask };
}

describe("a question", () => {
  it("is asked again while its failures may pass, as often as the policy allows, and each anew", async () => {
    const again = createAgain({ policy: IMPATIENT, emit: silent });
    const passing = () => failure({ retry: {} });
    for (let question = 0; question < 3; question++) {
      const { ask, asked } = service(passing(), passing());
      expect([await again(URL, ask, signal), asked.times]).toEqual(["answer", 3]);
    }
  });

  it("is not asked again when it is refused", async () => {
    const { ask, asked } = service(failure());
    await expect(createAgain({ policy: IMPATIENT, emit: silent })(URL, ask, signal)).rejects.toMatchObject({
      code: "NETWORK",
    });
    expect(asked.times).toBe(1);
  });

  it("does not storm a host that kept failing: each further one is asked once", async () => {
    const policy = { ...IMPATIENT, retries: 5 };
    const again = createAgain({ policy, emit: silent });
    const all = Array.from({ length: 20 }, () => failure({ retry: { wholeHost: true } }));
    const { ask, asked } = service(...all);
    for (let question = 0; question < 5; question++) await again(URL, ask, signal).catch(() => {});
    expect(asked.times).toBe(policy.retries + 1 + 4);
    const other = service(failure({ retry: {} }));
    expect(await again("https://other.example/", other.ask, signal)).toBe("answer");
  });

  it("waits as long as the host asks, all questions together, and says so when it is long", async () => {
    const told: string[] = [];
    const policy = { ...IMPATIENT, maxRetryAfterMs: 10_000 };
    const again = createAgain({ policy, emit: (event) => event.type === "warning" && told.push(event.message) });
    const short = service(failure({ retry: { afterMs: 60, wholeHost: true } }));
    const started = performance.now();
    const first = again(URL, short.ask, signal);
    await nextTurn();
    const second = await again(URL, short.ask, signal).then(() => performance.now() - started);
    await first;
    expect(second).toBeGreaterThan(50);
    expect(told).toEqual([]);
    const abort = new AbortController();
    const long = again(URL, service(failure({ retry: { afterMs: 9_000, wholeHost: true } })).ask, abort.signal);
    setTimeout(() => abort.abort(), 10);
    await expect(long).rejects.toMatchObject({ code: "ABORTED" });
    expect(told).toEqual(["It cannot answer. It is asked again in 9 s."]);
  });

  it("is given up when the host asks to wait longer than anybody waits", async () => {
    const { ask, asked } = service(failure({ retry: { afterMs: 3_600_000, wholeHost: true } }));
    const done = createAgain({ policy: IMPATIENT, emit: silent })(URL, ask, signal);
    await expect(done).rejects.toThrow("It asks to wait 3600 s, longer than the 300 s");
    expect(asked.times).toBe(1);
  });
});
