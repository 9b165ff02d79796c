/** A download that is answered with a Git LFS pointer gets the content where the pointer's repository keeps it. */
import { describe, expect, it } from "vitest";
import { sha256Of } from "../helpers/content.js";
import { type LfsBehaviour, startLfsServer } from "../helpers/lfs-server.js";
import { run } from "../helpers/run.js";
import { makeTree } from "../helpers/tree.js";

const BODY = { size: 300_000, seed: 3 };

/** A raw link that gives the pointer, of a server that has the object. */
async function rawLink(behaviour: LfsBehaviour = {}, path = "/o/r/raw/main/x.bin") {
  const server = await startLfsServer(behaviour);
  const { pointer, oid } = server.add(BODY);
  server.files.set(path, pointer);
  const tree = makeTree();
  const url = `${server.origin}${path}`;
  return { server, tree, url, oid, pointer };
}

describe("a raw link that answers with the pointer of the pinned bytes", () => {
  it("is followed to the server of its repository, and the file is put in place", async () => {
    const { server, tree, url, oid } = await rawLink();
    tree.manifestFor({ "x.bin": { url, body: BODY } });
    const report = await run(tree);
    expect([report.exitCode, tree.sha256("x.bin"), tree.leftovers()]).toEqual([0, oid, []]);
    expect(server.batches.map(({ path }) => path)).toEqual(["/o/r.git/info/lfs/objects/batch"]);
    expect(report.of("x.bin")).toMatchObject({
      status: "downloaded",
      url: `${server.endpoint}/objects/${oid}`,
      tried: [{ url, error: { code: "LFS_POINTER" } }],
    });
    expect(report.events.some(({ type }) => type === "transfer:fallback")).toBe(true);
  });

  it("is followed where no size is pinned", async () => {
    const { tree, url, oid } = await rawLink();
    tree.manifestFor({ "x.bin": { url, body: BODY, pin: "sha256" } });
    expect([(await run(tree)).exitCode, tree.sha256("x.bin")]).toEqual([0, oid]);
  });

  it("is followed before the other URLs of the file", async () => {
    const { server, tree, url, oid } = await rawLink();
    tree.manifestFor({ "x.bin": { url: [url, `${server.origin}/nowhere`], body: BODY } });
    expect((await run(tree)).of("x.bin")).toMatchObject({ url: `${server.endpoint}/objects/${oid}` });
  });

  it("leads to the other URLs when its server refuses", async () => {
    const { server, tree, url, oid } = await rawLink({ refuse: () => ({ status: 509, message: "quota" }) });
    const fine = `${server.origin}/objects/${oid}`;
    tree.manifestFor({ "x.bin": { url: [url, fine], body: BODY } });
    expect((await run(tree)).of("x.bin")).toMatchObject({ status: "downloaded", url: fine });
  });

  it("says what it sent and what to do when nothing else has the file", async () => {
    const { tree, url } = await rawLink({ refuse: () => ({ status: 404, message: "no" }) });
    tree.manifestFor({ "x.bin": { url, body: BODY } });
    const { error, tried } = (await run(tree)).of("x.bin");
    expect(error).toMatchObject({ code: "LFS_POINTER", hint: expect.stringContaining("URL of the content") });
    expect(tried.map(({ error: { code } }) => code)).toEqual(["LFS_POINTER", "NOT_FOUND"]);
  });
});

describe("a pointer is followed nowhere", () => {
  it("when it stands for other bytes than the pinned ones", async () => {
    const { server, tree, url } = await rawLink();
    tree.manifestFor({ "x.bin": { url, body: BODY, sha256: sha256Of("other") } });
    const { error } = (await run(tree)).of("x.bin");
    expect([error?.code, server.batches]).toEqual(["LFS_POINTER", []]);
    expect(error?.message).toContain("stands for other content");
  });

  it("when no digest is pinned", async () => {
    const { server, tree, url } = await rawLink();
    tree.manifestFor({ "x.bin": { url, body: BODY, pin: "none" } });
    expect((await run(tree)).of("x.bin").error?.code).toBe("LFS_POINTER");
    expect(server.batches).toEqual([]);
  });

  it("when its link names no repository", async () => {
    const { server, tree, url } = await rawLink({}, "/files/x.bin");
    tree.manifestFor({ "x.bin": { url, body: BODY } });
    expect((await run(tree)).of("x.bin").error?.code).toBe("LFS_POINTER");
    expect(server.batches).toEqual([]);
  });
});
