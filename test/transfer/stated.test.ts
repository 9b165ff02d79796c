/** Digests that publishers state beside or instead of a SHA-256: checked while a file is fetched. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { bytesOf } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { run } from "../helpers/run.js";
import { makeTree } from "../helpers/tree.js";

const SMALL = { size: 20_000, seed: 3 };
/** More than is hashed on the spot. */
const LARGE = { size: 6 * 1024 * 1024, seed: 4 };
const OTHER = { size: 20_000, seed: 5 };

function digestsOf(body: { size: number; seed: number }) {
  const bytes = bytesOf(body);
  const hash = (algorithm: string, head = "") => createHash(algorithm).update(head).update(bytes).digest("hex");
  const gitBlob = hash("sha1", `blob ${body.size}\0`);
  return { md5: hash("md5"), sha1: hash("sha1"), sha512: hash("sha512"), gitBlob };
}

/** Fetches one file that the manifest gives these digests. */
async function fetched(bodies: { size: number; seed: number }[], digests: object) {
  const server = await startFaultServer();
  const tree = makeTree();
  const [url, ...fallbackUrls] = bodies.map((body, index) => server.serve(`/${index}`, { body }));
  const file = { path: "a.bin", url, fallbackUrls, ...digests };
  tree.write(
    "assets.manifest.json",
    JSON.stringify({ version: 1, assets: [{ id: "a", type: "model", files: [file] }] }),
  );
  const report = await run(tree, { policy: { retries: 0 } });
  return { report, tree, outcome: report.of("a.bin") };
}

describe("a digest that is stated without a SHA-256", () => {
  it.each(["md5", "sha1", "sha512", "gitBlob"] as const)(
    "%s lets the right bytes pass, small and large",
    async (key) => {
      for (const body of [SMALL, LARGE]) {
        const { outcome } = await fetched([body], { [key]: digestsOf(body)[key].toUpperCase() });
        expect(outcome.status).toBe("downloaded");
      }
    },
  );

  it.each(["md5", "sha1", "sha512", "gitBlob"] as const)(
    "%s refuses others, and nothing is put in place",
    async (key) => {
      const { outcome, tree } = await fetched([OTHER], { [key]: digestsOf(SMALL)[key] });
      expect(outcome).toMatchObject({ status: "failed", error: { code: "DIGEST_MISMATCH" } });
      expect(outcome.error?.message).toContain(digestsOf(OTHER)[key]);
      expect(tree.exists("a.bin")).toBe(false);
    },
  );

  it("sends to the next URL when the first has other bytes", async () => {
    const { outcome, tree } = await fetched([OTHER, SMALL], { md5: digestsOf(SMALL).md5 });
    expect(outcome.status).toBe("downloaded");
    expect(tree.read("a.bin").equals(bytesOf(SMALL))).toBe(true);
  });

  it("is not enough when another one differs", async () => {
    const { outcome } = await fetched([SMALL], { md5: digestsOf(SMALL).md5, sha512: digestsOf(OTHER).sha512 });
    expect(outcome.error?.code).toBe("DIGEST_MISMATCH");
  });

  it("leaves the file unpinned, and the warning says what was checked", async () => {
    const { report, tree } = await fetched([SMALL], { md5: digestsOf(SMALL).md5 });
    const warnings = report.events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
    expect(warnings).toEqual([expect.stringMatching(/No SHA-256 is pinned for a\.bin: other digests are checked/)]);
    await expect(run(tree, { requirePins: true })).rejects.toMatchObject({ code: "UNPINNED" });
  });
});
