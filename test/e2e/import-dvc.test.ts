/** Importing repositories of DVC through the real program. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { assets, MANIFEST, manifestOf } from "../helpers/authoring.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { makeTree } from "../helpers/tree.js";

const SMALL = { size: 3_000, seed: 1 };
const LARGE = { size: 300_000, seed: 2 };
const md5Of = (body: Parameters<typeof bytesOf>[0]) => createHash("md5").update(bytesOf(body)).digest("hex");

describe("assets import dvc", () => {
  const objectAt = (md5: string) => `files/md5/${md5.slice(0, 2)}/${md5.slice(2)}`;

  it("takes files and folders over, from a remote on the web, by which they are fetched and checked", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const listing = JSON.stringify([
      { md5: md5Of(SMALL), relpath: "train.csv" },
      { md5: md5Of(LARGE), relpath: "sub/test.csv" },
    ]);
    for (const body of [SMALL, LARGE]) server.serve(`/store/${objectAt(md5Of(body))}`, { body });
    server.serve(`/store/${objectAt(md5Of(listing))}.dir`, { body: listing });
    const config = `[core]\n    remote = web\n['remote "web"']\n    url = ${server.main}/none\n`;
    tree.write(".dvc/config", `${config}['remote "other"']\n    url = ${server.main}/store\n`);
    tree.write(".dvc/config.local", `['remote "web"']\n    url = ${server.main}/store\n`);
    tree.write("data/raw.dvc", `outs:\n- md5: ${md5Of(listing)}.dir\n  nfiles: 2\n  hash: md5\n  path: raw\n`);
    tree.write(
      "model.bin.dvc",
      `outs:\n- md5: ${md5Of(SMALL)}\n  size: ${SMALL.size}\n  hash: md5\n  path: model.bin\n  remote: other\n`,
    );

    const { code, stdout } = await assets(tree, ["import", "dvc"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/3 files in 2 assets .*3 without a SHA-256/);
    expect(manifestOf(tree).assets).toMatchObject([
      {
        id: "data/raw",
        type: "dataset",
        path: "data/raw",
        files: [{ path: "train.csv", md5: md5Of(SMALL) }, { path: "sub/test.csv" }],
      },
      { id: "model.bin", type: "model", files: [{ size: SMALL.size, md5: md5Of(SMALL) }] },
    ]);
    expect((await assets(tree, ["download", "--all"])).code).toBe(0);
    expect(tree.sha256("data/raw/sub/test.csv")).toBe(sha256Of(LARGE));
  });

  it("says of a remote that is a folder that its address is one of this machine", async () => {
    const tree = makeTree();
    tree.write("store/x", "");
    tree.write("repo/.dvc/config", `['remote "local"']\nurl = ../../store\n`);
    tree.write("repo/b.dvc", `outs:\n- md5: ${"0".repeat(31)}2\n  hash: md5\n  path: b\n`);
    const run = await assets(tree, ["import", "dvc", "--json"]);
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout).notes).toEqual([
      {
        place: "repo/b.dvc",
        message: expect.stringMatching(/remote local is a folder, and file:.*of this machine only/),
      },
    ]);
  });

  it("refuses a folder whose listing is not the one that its name says, and what no remote has", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    server.serve(`/store/${objectAt(`${"0".repeat(31)}1`)}.dir`, { body: "[]" });
    tree.write(".dvc/config", `['remote "s3"']\nurl = s3://bucket\n`);
    tree.write("a.dvc", `outs:\n- md5: ${"0".repeat(31)}1.dir\n  hash: md5\n  path: a\n`);
    tree.write("b.dvc", `outs:\n- md5: ${"0".repeat(31)}2\n  hash: md5\n  path: b\n`);
    const far = await assets(tree, ["import", "dvc"]);
    expect(far).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/s3:\/\/bucket, which assets cannot ask: --remote URL/),
    });
    const web = await assets(tree, ["import", "dvc", "--remote", `${server.main}/store`, "a.dvc"]);
    expect(web).toMatchObject({ code: 1, stdout: expect.stringMatching(/sends other bytes than its name says/) });
    expect(tree.exists(MANIFEST)).toBe(false);
  });
});
