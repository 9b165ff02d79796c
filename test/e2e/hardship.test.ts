/** The real program where things are not as they should be. */
import { chmodSync, chownSync, mkdirSync } from "node:fs";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { isWindows } from "../../src/platform.js";
import { powerlessUser, runBin } from "../helpers/bin.js";
import { sha256Of } from "../helpers/content.js";
import { sendText } from "../helpers/exchange.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { runInProcess } from "../helpers/in-process.js";
import { type FileSpec, makeTree, type Tree } from "../helpers/tree.js";

const BODY = { size: 50_000, seed: 111 };
const SHA256 = sha256Of(BODY);
const uid = isWindows ? undefined : powerlessUser();

/** Gives a tree to the user that the program runs as, but for one folder that it may not write. */
function handOver(tree: Tree, readOnly: string): void {
  mkdirSync(tree.path(readOnly), { recursive: true });
  if (uid !== undefined && process.getuid?.() === 0) chownSync(tree.root, uid, uid);
  chmodSync(tree.path(readOnly), 0o555);
}

describe("a download by the real program", () => {
  it("from a dead first URL falls back to the second, and says so", { timeout: 20_000 }, async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const url = [`${server.dead}/a.bin`, server.serve("/a", { body: BODY })];
    tree.manifestFor({ "a.bin": { url, body: BODY } });
    const result = await runInProcess(["download", "--all", "--verbose"], { cwd: tree.root });
    expect([result.code, tree.sha256("a.bin")]).toEqual([0, SHA256]);
    expect(result.stderr).toContain("refused");
  });

  it("with many jobs prints no warning of Node's own", { timeout: 20_000 }, async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const names = Array.from({ length: 40 }, (_, n) => `f${n}`);
    const url = (name: string) => server.serve(`/${name}`, { body: BODY, fault: ["503"] });
    tree.manifestFor(Object.fromEntries(names.map((name) => [name, { url: url(name), body: BODY }])));
    const result = await runBin(["download", "--all", "--jobs", "32"], { cwd: tree.root });
    expect([result.code, result.stderr]).toEqual([0, expect.not.stringMatching(/Warning|node:/)]);
    expect(await runInProcess(["verify"], { cwd: tree.root })).toMatchObject({ code: 0, stderr: "" });
  });

  it("names each failed file with every URL, why it failed, and what to do", { timeout: 20_000 }, async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const url = [server.serve("/x", { body: BODY, fault: "403" }), server.serve("/y", { body: BODY, fault: "404" })];
    const good = server.serve("/z", { body: BODY });
    tree.manifestFor({ "bad.bin": { url, body: BODY }, "good.bin": { url: good, body: BODY } });
    const { code, stdout } = await runInProcess(["download", "--all"], { cwd: tree.root });
    expect(code).toBe(7);
    for (const told of ["bad.bin", ...url, "403", "404"]) expect(stdout).toContain(told);
    expect(tree.sha256("good.bin")).toBe(SHA256);
  });

  it("shows names and answers without what could drive the terminal", { timeout: 20_000 }, async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const hostile = (exchange: Parameters<typeof sendText>[0]) =>
      sendText(exchange, 302, "", { location: `${server.other}/x\u009b31m` });
    const specs: Record<string, FileSpec> = {
      "a.bin": {
        url: server.serve("/a", { body: BODY, fault: "control characters in the reason phrase" }),
        body: BODY,
      },
      "b.bin": { url: server.serve("/b", { body: BODY, fault: "terminal escapes in its error body" }), body: BODY },
      "c.bin": { url: server.serve("/c", { body: BODY, fault: hostile }), body: BODY },
      "e\u202egnp.bin": { url: server.serve("/d", { body: BODY, fault: "404" }), body: BODY, id: "d" },
    };
    tree.manifestFor(specs);
    for (const mode of [[], ["--ndjson"], ["--json"]]) {
      const { stdout, stderr } = await runInProcess(["download", "--all", "--retries", "0", ...mode], {
        cwd: tree.root,
      });
      const text = `${stdout}${stderr}`.replaceAll("\n", "");
      expect([mode, /\p{Cc}|\u202e/u.exec(text)?.[0]]).toEqual([mode, undefined]);
    }
  });

  it.skipIf(uid === undefined)(
    "into a folder that may not be written fails for that file only, in exit code 6 (needs a user without rights)",
    { timeout: 20_000 },
    async () => {
      const server = await startFaultServer();
      const tree = makeTree();
      tree.manifestFor({
        "locked/a.bin": { url: server.serve("/a", { body: BODY }), body: BODY },
        "b.bin": { url: server.serve("/b", { body: BODY }), body: BODY },
      });
      handOver(tree, "locked");
      const result = await runBin(["download", "--all"], { cwd: tree.root, ...(uid !== undefined && { uid }) });
      expect([result.code, tree.sha256("b.bin"), tree.exists("locked/a.bin")]).toEqual([6, SHA256, false]);
      expect(result.stdout).toMatch(/locked.*(EACCES|permi|not allowed)/);
    },
  );

  it.skipIf(uid === undefined)(
    "in a tree that may not be written at all still knows that everything is here (needs a user without rights)",
    { timeout: 20_000 },
    async () => {
      const server = await startFaultServer();
      const tree = makeTree();
      tree.manifestFor({ "a.bin": { url: server.serve("/a", { body: BODY }), body: BODY } });
      tree.write("a.bin", BODY);
      handOver(tree, ".");
      const options = { cwd: tree.root, ...(uid !== undefined && { uid }) };
      for (const command of ["download", "verify"]) {
        const args = command === "download" ? [command, "--all"] : [command];
        expect([command, (await runBin(args, options)).code]).toEqual([command, 0]);
      }
      expect(server.requests).toEqual([]);
    },
  );
});
