/** `assets verify --sums`, held against the real `sha256sum -c` where there is one. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runInProcess } from "../helpers/in-process.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const WINDOWS = process.platform === "win32";
const noSha256sum = WINDOWS || spawnSync("sha256sum", ["--version"]).status !== 0;

function digest(text: string, algorithm = "sha256"): string {
  return createHash(algorithm).update(text).digest("hex");
}

async function verify(tree: Tree, args: string[], input?: string) {
  const { code, stdout, stderr } = await runInProcess(["verify", ...args, "--json"], {
    cwd: tree.root,
    ...(input !== undefined && { input }),
  });
  return { code, stderr, report: JSON.parse(stdout) };
}

describe("assets verify --sums", () => {
  it("needs no manifest: exit code 0 when all files match, and says how they were proven", async () => {
    const tree = makeTree();
    tree.write("data/a.bin", "aaa");
    tree.write("data/SHA256SUMS", `${digest("aaa")}  a.bin\n`);
    const { code, stdout, stderr } = await runInProcess(["verify", "--sums", "data/SHA256SUMS"], { cwd: tree.root });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^1 file, 3 B verified in .*: all match the list\.\n$/),
    });
    expect(stderr).not.toContain("manifest");
    expect(tree.files()).toEqual(["data/SHA256SUMS", "data/a.bin"]);
  });

  it("proves files by the distinfo of a port and by the fields of Debian, whose sizes are no findings", async () => {
    const tree = makeTree();
    tree.write("a.bin", "aaa");
    const base64 = createHash("sha256").update("aaa").digest("base64");
    tree.write(
      "distinfo",
      `SHA256 (a.bin) = ${base64}\nSIZE (a.bin) = 3\nBLAKE2s (a.bin) = ${digest("aaa", "blake2s256")}\n`,
    );
    tree.write("Release", `Origin: x\nSHA256:\n ${digest("aaa")} 3 a.bin\n`);
    const { code, report } = await verify(tree, ["--sums", "distinfo", "--sums", "Release"]);
    expect(code).toBe(0);
    expect(report.files.map(({ algorithm, status }: Record<string, string>) => [algorithm, status])).toEqual([
      ["SHA256", "valid"],
      ["BLAKE2s", "valid"],
      ["SHA256", "valid"],
    ]);
  });

  it("tells another digest, a missing file, a folder and an unreadable line apart, with exit code 1", async () => {
    const tree = makeTree();
    tree.write("good", "good");
    tree.write("bad", "bad");
    mkdirSync(tree.path("folder"));
    const lines = ["good", "bat", "gone", "folder"].map((text) => `${digest(text)}  ${text === "bat" ? "bad" : text}`);
    tree.write("sums", `# all of them\n${lines.join("\r\n")}\r\nnonsense\n`);
    const { code, report } = await verify(tree, ["--sums", "sums"]);
    expect(code).toBe(1);
    expect(report).toMatchObject({
      schemaVersion: 1,
      command: "verify",
      ok: false,
      totals: { files: 4, bytes: 4, findings: 4, weak: 0 },
      malformed: [{ sums: "sums", line: 6, reason: "it is no line of checksums" }],
    });
    expect(report.files.map(({ path, status, line }: Record<string, unknown>) => [path, status, line])).toEqual([
      ["good", "valid", 2],
      ["bad", "mismatch", 3],
      ["gone", "missing", 4],
      ["folder", "unreadable", 5],
    ]);
    const { stdout } = await runInProcess(["verify", "--sums", "sums"], { cwd: tree.root });
    for (const words of ["bad", "gone", "folder", "sums:6:", "3 of 4 files fail"]) expect(stdout).toContain(words);
  });

  it("says of MD5 and SHA-1 that they are weak", async () => {
    const tree = makeTree();
    tree.write("a", "a");
    tree.write(
      "sums",
      `MD5 (a) = ${digest("a", "md5")}\nSHA1 (a) = ${digest("a", "sha1")}\nSHA512 (a) = ${digest("a", "sha512")}\n`,
    );
    const { code, stdout } = await runInProcess(["verify", "--sums", "sums"], { cwd: tree.root });
    expect(code).toBe(0);
    expect(stdout).toContain("MD5 and SHA1 are weak");
    expect((await verify(tree, ["--sums", "sums"])).report.totals).toMatchObject({ files: 3, weak: 2 });
  });

  it("takes several lists, each relative to its own folder, and one from standard input", async () => {
    const tree = makeTree();
    tree.write("one/a", "1");
    tree.write("two/a", "2");
    tree.write("a", "3");
    tree.write("one/sums", `${digest("1")}  a\n`);
    tree.write("two/sums", `${digest("2")} *a\n`);
    const args = ["--sums", "one/sums", "--sums", tree.path("two/sums"), "--sums", "-"];
    const { code, report } = await verify(tree, args, `${digest("3")}  a\n`);
    expect({ code, files: report.totals.files, sums: report.sums[2] }).toEqual({
      code: 0,
      files: 3,
      sums: "standard input",
    });
  });

  it.each([
    [["--sums", "nowhere"], "nowhere is not there"],
    [["--sums", "prose"], "has no line of checksums"],
    [["--sums", "short"], "(line 1: BLAKE2b-256 is not supported)"],
    [["--sums", "prose", "some-id"], "--sums stands alone"],
    [["--sums", "prose", "--repair"], "--sums stands alone"],
    [["--sums", "-", "--sums", "-"], "only once"],
    [["--sums", "prose", "--quick"], "--sums stands alone"],
    [["--sums", "prose", "--output", "sarif=x"], "or with --json"],
  ])("refuses %j with exit code 2", async (args, says) => {
    const tree = makeTree();
    tree.write("prose", "Once upon a time\n");
    tree.write("short", `BLAKE2b-256 (a) = ${digest("")}\n`);
    const { code, report } = await verify(tree, args);
    expect(code).toBe(2);
    expect(report.error.message).toContain(says);
  });

  it.skipIf(WINDOWS)("waits for no pipe, and reads no device to its end", async () => {
    const tree = makeTree();
    expect(spawnSync("mkfifo", [tree.path("pipe")]).status).toBe(0);
    tree.write("sums", `${digest("")}  pipe\n${digest("")}  /dev/zero\n`);
    const { code, report } = await verify(tree, ["--sums", "sums"]);
    expect(code).toBe(1);
    expect(report.files.map(({ status }: { status: string }) => status)).toEqual(["unreadable", "unreadable"]);
  });

  it.skipIf(noSha256sum)("judges what sha256sum writes as sha256sum -c does, whatever the names are", async () => {
    const tree = makeTree();
    const names = [
      "plain",
      "two words",
      " lead",
      "trail ",
      "*star",
      "new\nline",
      "back\\slash",
      "re\rturn",
      "\\n",
      "дані",
      "(x) = y",
    ];
    for (const name of names) tree.write(name, name);
    for (const mode of ["--text", "--binary", "--tag"]) {
      const sums = spawnSync("sha256sum", [mode, "--", ...names], { cwd: tree.root, encoding: "utf8" });
      expect(sums.status).toBe(0);
      tree.write("sums", sums.stdout);
      expect((await verify(tree, ["--sums", "sums"])).report).toMatchObject({
        ok: true,
        totals: { files: names.length },
      });
      tree.write("new\nline", "changed");
      const theirs = spawnSync("sha256sum", ["-c", "sums"], { cwd: tree.root, encoding: "utf8" });
      const ours = await verify(tree, ["--sums", "sums"]);
      expect([ours.code, theirs.status]).toEqual([1, 1]);
      const failed = ours.report.files.filter(({ status }: { status: string }) => status !== "valid");
      expect(failed.map(({ path }: { path: string }) => path)).toEqual(["new\nline"]);
      expect(theirs.stdout.split("\n").filter((line) => line.endsWith("FAILED"))).toHaveLength(1);
      tree.write("new\nline", "new\nline");
    }
  });
});
