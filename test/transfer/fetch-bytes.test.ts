/** The turns of a file's URLs, whatever else their hosts do. */
import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { AssetsError } from "../../src/errors.js";
import { createDigestThread } from "../../src/store/front-digest.js";
import { fetchBytes } from "../../src/transfer/fetch-bytes.js";
import type { TransferPolicy } from "../../src/transfer/fetch-file.js";
import { createHosts } from "../../src/transfer/hosts.js";
import { createPace } from "../../src/transfer/pace.js";
import { NO_LANE } from "../../src/transfer/pool.js";
import { createRateLimit } from "../../src/transfer/rate-limit.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { IMPATIENT } from "../helpers/run.js";
import { makeTree } from "../helpers/tree.js";

const BODY = { size: 1_500_000, seed: 66 };
const HOSTS = ["a.example", "b.example"];

/** What a file alone works with. */
function alone(policy: TransferPolicy) {
  const hosts = createHosts(policy);
  const stop = new AbortController();
  const context = {
    policy,
    hosts,
    signal: stop.signal,
    emit() {},
    pace: createPace({ connections: 16 }, hosts),
    rateLimit: createRateLimit(undefined),
    digests: createDigestThread(),
    lane: NO_LANE,
  };
  return { context, hosts, stop, partial: makeTree().path("big.part") };
}

const digest = { algorithm: "sha256", hex: sha256Of(BODY) } as const;
const wanted = { label: "big", kind: "file", size: BODY.size, digest } as const;

it.each([0, 1_200_000])(
  "a file that both its hosts fail with, and no other, is given up soon (%i bytes kept)",
  async (kept) => {
    const policy = { ...IMPATIENT, retries: 3, baseDelayMs: 5, maxDelayMs: 20, leastMs: 50, outageMs: 300 };
    const { context, hosts, stop, partial } = alone(policy);
    writeFileSync(partial, bytesOf(BODY).subarray(0, kept));
    let asked = 0;
    const candidates = HOSTS.map((host) => ({
      url: `http://${host}/big`,
      host,
      partial,
      divisible: true,
      async locate() {
        if (++asked === 1_000) stop.abort(new AssetsError("ABORTED", "This goes on for ever."));
        throw new AssetsError("NETWORK", "HTTP 500", { retry: { answered: true } });
      },
    }));
    // Both have failed with the file by the time that others come from there.
    const others = setInterval(() => {
      if (asked >= HOSTS.length * policy.retries) for (const host of HOSTS) hosts.served(host, performance.now());
    }, 20);
    const result = await fetchBytes(wanted, { candidates }, context);
    clearInterval(others);
    expect(result).toMatchObject({ ok: false, error: { code: "NETWORK" } });
    expect(asked).toBeLessThan(50);
  },
);

it("a host that others found slow meanwhile is left for another one in place of being asked again at once", async () => {
  const { context, hosts, partial } = alone({ ...IMPATIENT, baseDelayMs: 60_000, maxDelayMs: 60_000 });
  const asked: string[] = [];
  const candidates = HOSTS.map((host) => {
    const url = `http://${host}/big`;
    const open = async () => {
      asked.push(host);
      if (host === HOSTS[1])
        return {
          offset: 0,
          body: (async function* () {
            yield bytesOf(BODY);
          })(),
          totalSize: BODY.size,
        };
      hosts.avoid(host, "slow");
      throw new AssetsError("NETWORK", "reset", { retry: {} });
    };
    return { url, host, partial, divisible: true, locate: async () => ({ url, open }) };
  });
  const result = await fetchBytes(wanted, { candidates }, context);
  expect([result.ok, asked]).toEqual([true, HOSTS]);
  if (result.ok) await result.partial.close();
});
