/** Git LFS servers that the manifest names as sources: `lfs:https://host/o/r.git/info/lfs`. */
import { describe, expect, it } from "vitest";
import { type LfsBehaviour, startLfsServer } from "../helpers/lfs-server.js";
import { run } from "../helpers/run.js";
import { makeTree } from "../helpers/tree.js";

const BODY = { size: 300_000, seed: 3 };

async function named(behaviour: LfsBehaviour = {}, { files = 1, before = [] as string[] } = {}) {
  const server = await startLfsServer(behaviour);
  const tree = makeTree();
  const bodies = Array.from({ length: files }, (_, seed) => ({ ...BODY, seed }));
  const oids = bodies.map((body) => server.add(body).oid);
  const url = [...before.map((path) => `${server.origin}${path}`), `lfs:${server.endpoint}`];
  tree.manifestFor(Object.fromEntries(bodies.map((body, at) => [`${at}.bin`, { url, body }])));
  return { server, tree, oids };
}

describe("a Git LFS server as the source of a file", () => {
  it("is asked for all of its files together", async () => {
    const { server, tree, oids } = await named({}, { files: 30 });
    const report = await run(tree);
    expect(report.exitCode).toBe(0);
    expect(oids.map((_, at) => tree.sha256(`${at}.bin`))).toEqual(oids);
    expect(server.batches).toHaveLength(1);
    expect(report.of("0.bin")).toMatchObject({ status: "downloaded", url: `${server.endpoint}/objects/${oids[0]}` });
  });

  it("comes in its turn, after the URLs that stand before it", async () => {
    const { server, tree } = await named({}, { before: ["/gone"] });
    const { tried, url } = (await run(tree)).of("0.bin");
    expect(tried).toMatchObject([{ url: `${server.origin}/gone`, error: { code: "NOT_FOUND" } }]);
    expect(url).toContain(server.endpoint);
  });

  it("that wants a login says which variable to set", async () => {
    const { tree } = await named({ login: "Basic eDp5" });
    const { error } = (await run(tree)).of("0.bin");
    expect(error).toMatchObject({ code: "ACCESS", hint: expect.stringContaining("ASSETS_TOKEN_127_0_0_1") });
  });

  it("is not asked with --offline", async () => {
    const { server, tree } = await named();
    expect((await run(tree, { policy: { offline: true } })).of("0.bin").error?.code).toBe("OFFLINE");
    expect(server.batches).toEqual([]);
  });
});
