/** Hashing standard input with the real program. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { runBin } from "../helpers/bin.js";
import { sha256Of } from "../helpers/content.js";
import { makeTree } from "../helpers/tree.js";

const BIN = fileURLToPath(new URL("../../bin/assets.js", import.meta.url));

describe("assets hash -", () => {
  it("reads standard input as sha256sum does, beside files and without any", async () => {
    const tree = makeTree();
    tree.write("a", "a");
    const hash = (args: string[], input?: string) =>
      runBin(["hash", ...args], { cwd: tree.root, ...(input && { input }) });
    expect(await hash(["-"], "hello\n")).toMatchObject({ code: 0, stdout: `${sha256Of("hello\n")}  -\n`, stderr: "" });
    expect(await hash(["-"])).toMatchObject({ code: 0, stdout: `${sha256Of("")}  -\n` });
    expect((await hash(["a", "-"], "b")).stdout).toBe(`${sha256Of("a")}  a\n${sha256Of("b")}  -\n`);
    const blob = await hash(["--algorithm", "git-blob", "--json", "-"], "hello\n");
    expect(JSON.parse(blob.stdout).files).toEqual([
      { path: "-", digest: "ce013625030ba8dba906f756967f9e9ca394464a", size: 6 },
    ]);
  });

  it("takes a file of that name by ./-, tells a pointer, and refuses to read the input twice", async () => {
    const tree = makeTree();
    tree.write("-", "file");
    const input = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256Of("x")}\nsize 1\n`;
    const hash = (args: string[]) => runBin(["hash", ...args], { cwd: tree.root, input });
    expect(await hash(["./-"])).toMatchObject({ code: 0, stdout: `${sha256Of("file")}  ./-\n` });
    expect((await hash(["-"])).stderr).toContain("standard input is a Git LFS pointer");
    expect(await hash(["-", "-"])).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("twice") });
  });

  it("hashes input of any length as it comes, and ends at once on Ctrl-C", async () => {
    const child = spawn(process.execPath, [BIN, "hash", "-"], { stdio: "pipe" });
    onTestFinished(() => void child.kill("SIGKILL"));
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    const ended = once(child, "exit");
    // More than any pipe holds: once it is taken, the program reads.
    child.stdin.write(Buffer.alloc(8 * 2 ** 20), () => child.kill("SIGINT"));
    child.stdin.on("error", () => {});
    expect(await ended).toEqual([130, null]);
    expect(stderr).not.toContain("bug");
  });

  it("says what is wrong with an input that cannot be read", async () => {
    const tree = makeTree();
    const folder = openSync(tree.root, "r");
    const child = spawn(process.execPath, [BIN, "hash", "-"], { stdio: [folder, "pipe", "pipe"] });
    closeSync(folder);
    let stderr = "";
    child.stderr?.on("data", (text) => {
      stderr += text;
    });
    expect(await once(child, "close")).toEqual([6, null]);
    expect(stderr).toContain("Cannot read standard input");
    expect(stderr).not.toContain("bug");
  });
});
