/** `assets verify FOLDER`, through the real program. */
import { mkdirSync, symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { GOOD } from "../formats/samples.js";
import { powerlessUser, runBin } from "../helpers/bin.js";
import { runInProcess } from "../helpers/in-process.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 12345\n`;

async function verify(tree: Tree, args: string[], run = runInProcess) {
  const { code, stdout } = await run(["verify", ...args, "--json"], { cwd: tree.root });
  return { code, report: JSON.parse(stdout) };
}

/** A folder with one of each kind of suspicious file, and good ones beside them. */
function mixed(): Tree {
  const tree = makeTree();
  for (const [name, bytes] of Object.entries(GOOD)) tree.write(`models/good/${name}`, bytes);
  tree.write("models/pointer.onnx", POINTER);
  tree.write("models/README.md", POINTER);
  tree.write("models/empty.bin", "");
  tree.write("models/page.gguf", `<!DOCTYPE html>\n<html>${" ".repeat(3000)}</html>`);
  tree.write("models/cut.safetensors", (GOOD["a.safetensors"] as Buffer).subarray(0, -1));
  tree.write("models/.cache/big.incomplete", "x");
  tree.write("models/py/__init__.py", "");
  tree.write("models/.gitkeep", "");
  tree.write("models/page.html", "<html></html>");
  return tree;
}

describe("assets verify FOLDER", () => {
  it("needs no manifest, names what is suspicious and why, and exits with 1", async () => {
    const tree = mixed();
    const { code, report } = await verify(tree, ["models"]);
    expect(code).toBe(1);
    expect(report).toMatchObject({ schemaVersion: 1, command: "verify", ok: false, unreadable: [] });
    expect(report.suspects.map(({ path, kind }: Record<string, string>) => [path, kind])).toEqual([
      ["models/.cache/big.incomplete", "leftover"],
      ["models/README.md", "pointer"],
      ["models/cut.safetensors", "format"],
      ["models/empty.bin", "empty"],
      ["models/page.gguf", "page"],
      ["models/pointer.onnx", "pointer"],
    ]);
    expect(report.totals).toEqual({ files: Object.keys(GOOD).length + 9, suspects: 6 });
    const { stdout } = await runInProcess(["verify", "./models"], { cwd: tree.root });
    for (const words of ["suspicious, which is not to say wrong", "assets lfs", "12345 bytes", "cut off"]) {
      expect(stdout).toContain(words);
    }
  });

  it("finds nothing in a good folder, and does not call that a proof", async () => {
    const { code, stdout } = await runInProcess(["verify", "./models/good/"], { cwd: mixed().root });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("Nothing is proven by that") });
  });

  it("follows no link, enters neither .git nor the tool's own folder, waits for no pipe", async () => {
    const tree = makeTree();
    const outside = makeTree();
    outside.write("empty.bin", "");
    mkdirSync(tree.path("m"));
    symlinkSync(outside.root, tree.path("m/link"));
    symlinkSync(outside.path("empty.bin"), tree.path("m/link.bin"));
    tree.write("m/.git/empty.bin", "");
    tree.write("m/.assets/empty.bin", "");
    const { spawnSync } = await import("node:child_process");
    if (process.platform !== "win32") spawnSync("mkfifo", [tree.path("m/pipe.bin")]);
    expect((await verify(tree, ["./m"])).report).toMatchObject({ ok: true, totals: { files: 0 } });
  });

  it("never takes a misspelt id for a folder, but says how that would be asked for", async () => {
    const tree = mixed();
    tree.manifestFor({ "models/good/a.onnx": { url: "x", body: GOOD["a.onnx"] as Buffer, id: "onnx" } });
    expect((await verify(tree, ["onnx"])).code).toBe(0);
    const { code, report } = await verify(tree, ["models"]);
    expect(code).toBe(2);
    expect(report.error).toMatchObject({ code: "UNKNOWN_ID", hint: expect.stringContaining("assets verify ./models") });
    expect((await verify(tree, ["./models"])).code).toBe(1);
  });

  it.each([
    [["./models", "some-id"], "A folder stands alone"],
    [["./models", "--repair"], "A folder stands alone"],
    [["./models", "--tag", "x"], "A folder stands alone"],
    [["./nowhere"], "nowhere is not there"],
  ])("refuses %j with exit code 2", async (args, says) => {
    const { code, report } = await verify(mixed(), args);
    expect({ code, message: report.error.message }).toEqual({ code: 2, message: expect.stringContaining(says) });
  });

  const nobody = powerlessUser();
  it.skipIf(nobody === undefined || process.getuid?.() !== 0)(
    "exits with 6 where something cannot be read and nothing else is found",
    async () => {
      const tree = makeTree();
      tree.write("m/a.png", GOOD["a.png"] as Buffer);
      const { chmodSync } = await import("node:fs");
      chmodSync(tree.root, 0o755);
      chmodSync(tree.path("m/a.png"), 0o000);
      const { code, report } = await verify(tree, ["./m"], (words, options) =>
        runBin(words, { ...options, uid: nobody ?? 0 }),
      );
      expect(code).toBe(6);
      expect(report.unreadable).toEqual([{ path: "m/a.png", reason: expect.stringContaining("EACCES") }]);
    },
  );
});
