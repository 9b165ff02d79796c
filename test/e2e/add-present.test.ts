/** Adding what is here already with the real program: in its place, in another's, or in the manifest. */
import { describe, expect, it } from "vitest";
import { entries, project, START } from "../helpers/authoring.js";
import { sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { startHub } from "../helpers/hub.js";
import { makeTree } from "../helpers/tree.js";

const MODEL = { size: 300_000, seed: 5 };

describe("assets add", () => {
  it("pins the file that lies in its place when it is told where it comes from, and asks for that first", async () => {
    const { tree, run, text } = project();
    tree.write("models/a.bin", MODEL);
    const asked = await run(["add", "models/a.bin"]);
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining("--url URL") });
    expect(text()).toBe(START);
    const server = await startFaultServer();
    const url = server.serve("/a.bin", { body: MODEL });
    expect(await run(["add", "models/a.bin", "--url", url])).toMatchObject({ code: 0 });
    expect(entries(tree)[0]).toMatchObject({ url, localPath: "models/a.bin", sha256: sha256Of(MODEL) });
    expect(server.to("/a.bin").filter(({ method }) => method === "GET")).toEqual([]);
  });

  it("gives the file in its place the name and type that it has there, where its URL calls it something else", async () => {
    const { tree, run } = project();
    tree.write("data/table.csv", "1,2");
    const server = await startFaultServer();
    const url = server.serve("/get/blob-77.onnx", { body: "1,2" });
    expect(await run(["add", "data/table.csv", "--url", url])).toMatchObject({ code: 0 });
    expect(entries(tree)).toMatchObject([
      { id: "table", type: "dataset", url, localPath: "data/table.csv", sha256: sha256Of("1,2") },
    ]);
  });

  it("takes no file from outside of the root for one in its place, and says why", async () => {
    const { tree, run, text } = project();
    const outside = makeTree().write("file.bin", MODEL);
    const done = await run(["add", outside, "--url", "https://host.example/file.bin"]);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain(`${outside} lies outside of ${tree.root}, where no asset can be.`);
    expect([text(), tree.files()]).toEqual([START, ["assets.manifest.json"]]);
  });

  it("refuses to pin a local file that is not what the publisher states", async () => {
    const { tree, run, text } = project();
    tree.write("models/model.onnx", "changed");
    const hub = await startHub({ repos: { "org/m": { large: { "model.onnx": MODEL } } } });
    const args = ["add", "models/model.onnx", "--url", "hf:org/m/model.onnx"];
    expect(await run(args, { HF_ENDPOINT: hub.url })).toMatchObject({ code: 5 });
    expect(text()).toBe(START);
    expect(tree.read("models/model.onnx").toString()).toBe("changed");
  });

  it("leaves a file alone that stands where it would put another", async () => {
    const { tree, run, text } = project();
    const server = await startFaultServer();
    const url = server.serve("/data.csv", { body: "theirs" });
    tree.write("mine.csv", "my work");
    const done = await run(["add", url, "--path", "mine.csv"]);
    expect(done).toMatchObject({ code: 6, stdout: expect.stringContaining("--url URL") });
    expect(tree.read("mine.csv").toString()).toBe("my work");
    expect(text()).toBe(START);
  });

  it("says of a file that is there already which options were not carried out, and what brings that about", async () => {
    const { run, text } = project();
    const server = await startFaultServer();
    const url = server.serve("/a.bin", { body: "a" });
    await run(["add", url, "--license", "MIT", "--tag", "one"]);
    const before = text();
    const same = await run(["add", url, "--license", "MIT", "--tag", "one", "--size", "1", "--path", "models/a/"]);
    expect(same).toMatchObject({ code: 0, stdout: expect.not.stringContaining("not carried out") });
    const fallback = server.serve("/mirror.bin", { body: "a" });
    const more = ["--fallback", fallback, "--license", "CC0-1.0", "--tag", "two", "--path", "models/b/", "--required"];
    const done = await run(["add", url, ...more]);
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(
      /not carried out: --path, --license, --tag, --required, --fallback\..*assets remove a\n/,
    );
    expect(text()).toBe(before);
  });

  it.each([
    ["SHA-256", ["--sha256", sha256Of("other")]],
    ["size", ["--size", "9"]],
  ])("fails for a file that is there already with another %s than is known of it", async (name, flags) => {
    const { run, text } = project();
    const server = await startFaultServer();
    const url = server.serve("/a.bin", { body: "a" });
    await run(["add", url]);
    const before = text();
    const done = await run(["add", url, ...flags]);
    expect(done).toMatchObject({ code: 5, stdout: expect.stringMatching(`you say the ${name}.*manifest pins`) });
    expect(text()).toBe(before);
  });

  it("says what is there already, and changes nothing", async () => {
    const { run, text } = project();
    const server = await startFaultServer();
    const url = server.serve("/data.csv", { body: "x" });
    await run(["add", url]);
    const before = text();
    expect(await run(["add", url])).toMatchObject({ code: 0, stdout: expect.stringContaining("there already") });
    expect(text()).toBe(before);
  });

  it("pins what a Git LFS pointer stands for, and fetches no content", async () => {
    const { tree, run } = project();
    const oid = sha256Of(MODEL);
    tree.write("models/a.bin", `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize 300000\n`);
    const server = await startFaultServer();
    const url = server.serve("/a.bin", { body: MODEL });
    expect(await run(["add", "models/a.bin", "--url", url])).toMatchObject({ code: 0 });
    expect(entries(tree)[0]).toMatchObject({ sha256: oid, size: 300_000, pinnedAs: "declared" });
    expect(server.to("/a.bin").filter(({ method }) => method === "GET")).toEqual([]);
  });
});
