/** What becomes of pointers that a server refuses, and how its addresses are used: in this process, without git. */
import { describe, expect, it, vi } from "vitest";
import { type HydrateOptions, hydrate } from "../../src/commands/hydrate.js";
import { lfsRepository } from "../helpers/lfs-repository.js";
import type { LfsBehaviour } from "../helpers/lfs-server.js";
import type { Tree } from "../helpers/tree.js";

const BODY = { size: 200_000, seed: 1 };

/** Hydrates the whole tree, impatiently, as somebody with an empty home. */
async function run(tree: Tree, { policy, ...options }: Partial<HydrateOptions> = {}) {
  vi.stubEnv("PATH", "");
  vi.stubEnv("HOME", tree.path(".git/home"));
  try {
    const impatient = { retries: 0, baseDelayMs: 0, maxDelayMs: 0, ...policy };
    const network = { httpProxy: "", httpsProxy: "", noProxy: "" };
    const report = await hydrate({ paths: [tree.root], cwd: tree.root, network, ...options, policy: impatient });
    const of = (path: string) => report.outcomes.find((outcome) => outcome.path === path);
    return { ...report, of, error: report.outcomes[0]?.error, text: JSON.stringify(report) };
  } finally {
    vi.unstubAllEnvs();
  }
}

describe("what cannot be turned into a file", () => {
  it("is a pointer that is malformed, or whose object went through an extension", async () => {
    const { tree } = await lfsRepository({ "fine.bin": "fine" });
    const pointer = tree.read("fine.bin").toString();
    tree.write("bad.bin", pointer.replace(/size \d+/, "size many"));
    const extension = `ext-0-foo sha256:${"ab".repeat(32)}\noid`;
    tree.write("ext.bin", pointer.replace("oid", extension));
    const { exitCode, outcomes } = await run(tree);
    expect(exitCode).toBe(4);
    expect(outcomes.map(({ path, error }) => [path, error?.message])).toEqual([
      ["bad.bin", expect.stringContaining('"many"')],
      ["ext.bin", expect.stringContaining("extension")],
      ["fine.bin", undefined],
    ]);
  });

  it("stays the pointer that it was when the server sends other bytes", async () => {
    const { tree, server } = await lfsRepository({ "a.bin": BODY });
    const other = server.add({ size: BODY.size, seed: 2 });
    server.behaviour.entry = () => ({ actions: { download: { href: `${server.origin}/objects/${other.oid}` } } });
    const before = tree.read("a.bin").toString();
    expect((await run(tree)).error?.code).toBe("DIGEST_MISMATCH");
    expect([tree.read("a.bin").toString(), tree.leftovers()]).toEqual([before, []]);
  });

  it("is told with where to look when there is neither a server nor a copy", async () => {
    const { tree } = await lfsRepository({ "a.bin": BODY });
    tree.write(".git/config", "");
    expect((await run(tree)).error).toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("names no server"),
      hint: expect.stringContaining("ASSETS_REFERENCE"),
    });
    tree.remove(".git");
    expect((await run(tree)).error?.message).toContain("no git repository");
  });

  it("is not asked for with --offline", async () => {
    const { tree, server } = await lfsRepository({ "a.bin": BODY });
    expect((await run(tree, { policy: { offline: true } })).exitCode).toBe(8);
    expect(server.batches).toEqual([]);
  });
});

describe("what the server refuses has advice of its own", () => {
  it.each([
    [401, "ACCESS", 7, /asks for a login/, /ASSETS_TOKEN_127_0_0_1/],
    [403, "ACCESS", 7, /forbidden/, /login/],
    [404, "NOT_FOUND", 4, /is not there/, /git lfs push/],
    [410, "NOT_FOUND", 4, /removed by its owner/, /ASSETS_REFERENCE/],
    [413, "BAD_RESPONSE", 4, /too large/, /fewer/],
    [422, "BAD_RESPONSE", 4, /invalid/, /pointer/],
    [429, "NETWORK", 4, /cannot be had now/, /fewer requests/],
    [500, "NETWORK", 4, /cannot be had now/, /later/],
    [509, "ACCESS", 7, /quota/, /Until then/],
  ])("HTTP %i of the whole batch", async (status, code, exit, message, hint) => {
    const { tree } = await lfsRepository({ "a.bin": BODY }, { refuse: () => ({ status, message: "said so" }) });
    const { exitCode, error } = await run(tree);
    expect([exitCode, error?.code]).toEqual([exit, code]);
    expect(error?.message).toMatch(message);
    expect(error?.message).toContain("said so");
    expect(error?.hint).toMatch(hint);
  });

  it.each([
    [404, "NOT_FOUND", /git lfs push/],
    [410, "NOT_FOUND", /ASSETS_REFERENCE/],
    [422, "BAD_RESPONSE", /pointer/],
    [509, "ACCESS", /Until then/],
  ])("code %i of one object, while others are fetched", async (status, code, hint) => {
    const { tree, oids, server } = await lfsRepository({ "a.bin": BODY, "b.bin": "fine" });
    const refused = { error: { code: status, message: "said so" } };
    server.behaviour.entry = (oid) => (oid === oids["a.bin"] ? refused : undefined);
    const error = (await run(tree)).of("a.bin")?.error;
    expect(error).toMatchObject({ code, hint: expect.stringMatching(hint) });
    expect(error?.message).toContain((oids["a.bin"] ?? "").slice(0, 12));
    expect(tree.read("b.bin").toString()).toBe("fine");
  });

  it("a quota that is used up is known by the server's words, whatever the status", async () => {
    const message = "This repository is over its data quota. Purchase more data packs to restore access.";
    const { tree } = await lfsRepository({ "a.bin": BODY }, { refuse: () => ({ status: 403, message }) });
    expect((await run(tree)).error).toMatchObject({
      code: "ACCESS",
      message: expect.stringContaining("over its data quota"),
    });
  });

  it("is tried again where that may help", async () => {
    let asked = 0;
    const refuse = () => (++asked === 1 ? { status: 503, message: "busy" } : undefined);
    const { tree, oids } = await lfsRepository({ "a.bin": BODY }, { refuse });
    expect((await run(tree, { policy: { retries: 2 } })).exitCode).toBe(0);
    expect([asked, tree.sha256("a.bin")]).toEqual([2, oids["a.bin"]]);
  });

  it("shows no control characters and no login of the server's words", async () => {
    const message = "\u001b[2Jno: https://user:secret@host/ token";
    const { tree } = await lfsRepository({ "a.bin": BODY }, { refuse: () => ({ status: 403, message }) });
    const { text, error } = await run(tree);
    expect(text).not.toContain("secret");
    expect(error?.message).toContain("\\u{1b}[2Jno");
  });

  it.each([
    ["no objects", { refuse: () => ({ status: 200 }) }],
    ["an address that is none", { entry: () => ({ actions: { download: { href: "file:///etc/passwd" } } }) }],
    ["an object without an address", { entry: () => ({}) }],
    ["an address of another shape", { entry: () => ({ actions: { download: [1] } }) }],
    ["an object that nobody asked for", { entry: () => ({ oid: "x" }) }],
  ])("and an answer with %s fails that file alone", async (_, behaviour) => {
    const { tree } = await lfsRepository({ "a.bin": BODY }, behaviour as LfsBehaviour);
    const before = tree.read("a.bin").toString();
    const { error } = await run(tree);
    expect(["BAD_RESPONSE", "NOT_FOUND"]).toContain(error?.code);
    expect(tree.read("a.bin").toString()).toBe(before);
  });
});

describe("addresses of objects", () => {
  it("that need headers are asked with them, and those of a stranger's making change nothing else", async () => {
    const seen: unknown[] = [];
    const header = { "X-Key": "abcdefgh", Range: "bytes=0-1", Host: "evil.example" };
    const { tree, oids } = await lfsRepository(
      { "a.bin": BODY },
      {
        action: { header },
        refuseObject(_, headers) {
          seen.push([headers["x-key"], headers.range, headers.host?.startsWith("127.")]);
          return undefined;
        },
      },
    );
    expect((await run(tree)).exitCode).toBe(0);
    expect([tree.sha256("a.bin"), seen[0]]).toEqual([oids["a.bin"], ["abcdefgh", undefined, true]]);
  });

  it("that have expired are asked for anew", async () => {
    const bodies = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`f/${index}`, `body ${index}`]));
    const { tree, server } = await lfsRepository(bodies, { action: { expires_in: 1 } });
    expect((await run(tree, { jobs: 1 })).exitCode).toBe(0);
    // Whatever has less than five seconds left is not used a second time.
    expect(server.batches).toHaveLength(6);
  });

  it("that have long to live, or a date that stands for none, are used as they are", async () => {
    for (const action of [{ expires_in: 3600 }, { expires_at: "0001-01-01T00:00:00Z" }]) {
      const bodies = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`f/${index}`, `body ${index}`]));
      const { tree, server } = await lfsRepository(bodies, { action });
      expect((await run(tree, { jobs: 1 })).exitCode).toBe(0);
      expect(server.batches).toHaveLength(1);
    }
  });

  it("that are refused as if they had expired are asked for once more", async () => {
    let refusals = 0;
    const { tree, server } = await lfsRepository(
      { "a.bin": BODY },
      { refuseObject: () => (++refusals === 1 ? 403 : undefined) },
    );
    expect((await run(tree)).exitCode).toBe(0);
    expect(server.batches).toHaveLength(2);
  });
});
