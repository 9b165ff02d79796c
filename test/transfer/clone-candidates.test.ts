/** When a clone is asked for, whatever the order in which the rest was tried. */
import { describe, expect, it } from "vitest";
import { AssetsError } from "../../src/errors.js";
import { createDigestThread } from "../../src/store/front-digest.js";
import { withClones } from "../../src/transfer/clone-candidates.js";
import type { Clones } from "../../src/transfer/clones.js";
import { DEFAULT_POLICY } from "../../src/transfer/default-policy.js";
import { fetchBytes } from "../../src/transfer/fetch-bytes.js";
import { createHosts, hostOf } from "../../src/transfer/hosts.js";
import { createPace } from "../../src/transfer/pace.js";
import { NO_LANE } from "../../src/transfer/pool.js";
import { createRateLimit } from "../../src/transfer/rate-limit.js";
import { makeTree } from "../helpers/tree.js";

const HUB = "hf:org/name@main/file.bin";
const MIRROR = "https://mirror.example/file.bin";
const away = new AssetsError("NETWORK", "The host is away.", { retry: {}, unreachable: true });
const gone = new AssetsError("NOT_FOUND", "There is no such file.");

/** What is asked, in order, where the Hub and the mirror fail so. */
async function asked(errors: { hub: AssetsError; mirror: AssetsError }, { isKnownAway = false } = {}) {
  const tree = makeTree();
  const partial = tree.path("file.part");
  const order: string[] = [];
  const failing = (url: string, error: AssetsError) => ({
    url,
    host: hostOf(url),
    partial,
    divisible: false,
    async locate() {
      order.push(url);
      throw error;
    },
  });
  const clones: Clones = {
    async open() {
      order.push("clone");
      throw gone;
    },
    async close() {},
  };
  const { signal } = new AbortController();
  const policy = { ...DEFAULT_POLICY, retries: 0 };
  const hosts = createHosts(policy);
  if (isKnownAway) hosts.avoid(hostOf(HUB));
  const direct = [failing(HUB, errors.hub), failing(MIRROR, errors.mirror)];
  const offers = withClones(direct, { urls: [HUB, MIRROR] }, { clones, policy, signal, partial: () => partial });
  const digests = createDigestThread();
  const pace = createPace(policy, hosts);
  const shared = { signal, policy, hosts, pace, digests, lane: NO_LANE, rateLimit: createRateLimit(undefined) };
  const wanted = { label: "file.bin", kind: "file", size: 300_000 } as const;
  const digest = { algorithm: "sha256", hex: "a".repeat(64) } as const;
  const { ok } = await fetchBytes({ ...wanted, digest }, offers, { ...shared, emit: () => {} });
  pace.close();
  await digests.close();
  expect(ok).toBe(false);
  return order;
}

describe("a clone of a repository of the Hub", () => {
  it("is asked for once everything else has failed, and the Hub in a way that a clone may not", async () => {
    expect(await asked({ hub: away, mirror: gone })).toEqual([HUB, MIRROR, "clone"]);
  });

  it("is asked for as well where the Hub was found to be away before, and is tried last", async () => {
    expect(await asked({ hub: away, mirror: gone }, { isKnownAway: true })).toEqual([MIRROR, HUB, "clone"]);
  });

  it("is not asked for where the Hub has no such file, whatever became of the others", async () => {
    expect(await asked({ hub: gone, mirror: away })).toEqual([HUB, MIRROR]);
  });
});
