/** A host that asks to be left alone for long: nobody waits for it without being told. */
import { describe, expect, it } from "vitest";
import { COMMIT, listen } from "../helpers/hub.js";
import { runInProcess } from "../helpers/in-process.js";
import { makeTree } from "../helpers/tree.js";

describe("a long wait that a host asks for", () => {
  it.each([
    [["remote", "ls", "hf:org/name"]],
    [["import", "hf", "org/name"]],
    [["import", "hf", "org/name", "--json"]],
    [["info", "m", "--remote"]],
    [["add", "hf:org/name/a.bin"]],
    [["lock"]],
  ])("is told before it is waited for: assets %j", { timeout: 10_000 }, async (args) => {
    const hub = await listen((_, response) => response.writeHead(429, { "retry-after": "14" }).end());
    const tree = makeTree();
    const file = { id: "m", type: "model", url: `hf:org/name@${COMMIT}/a.bin`, localPath: "a.bin" };
    tree.write("assets.manifest.json", JSON.stringify({ version: 1, assets: [file] }));
    const until = "It is asked again in 14 s.";
    const { stderr } = await runInProcess(args, { cwd: tree.root, env: { HF_ENDPOINT: hub }, until });
    expect(stderr).toContain(until);
  });
});
