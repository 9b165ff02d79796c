/** What the real program says could be better about a manifest, and what it mends by itself. */
import { spawnSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sha256Of } from "../helpers/content.js";
import { runInProcess } from "../helpers/in-process.js";
import { makeTree } from "../helpers/tree.js";

const hasGit = spawnSync("git", ["--version"]).status === 0;
const PIN = sha256Of("x");

function project(assets: string) {
  const tree = makeTree();
  tree.write("assets.manifest.json", `{\n  "version": 1,\n  "assets": [\n${assets}\n  ]\n}\n`);
  const run = (args: string[]) => runInProcess(args, { cwd: tree.root });
  const lint = async (...args: string[]) => {
    const { code, stdout } = await run(["lint", "--json", ...args]);
    const report = JSON.parse(stdout) as {
      findings: { rule: string; level: string; line: number; path?: string; fixed?: true; fix?: string }[];
    };
    return { ...report, code, rules: report.findings.map(({ rule }) => rule) };
  };
  return { tree, run, lint, text: () => tree.read("assets.manifest.json").toString() };
}

const FINE = `    { "id": "fine", "type": "model", "license": "MIT", "url": "https://h.example/a", "fallbackUrls": ["https://i.example/a"],
      "localPath": "m/a.onnx", "size": 1, "sha256": "${PIN}" }`;

describe("assets lint", () => {
  it("tells those who want to hear little only of what made it fail", async () => {
    const open = FINE.replace('"size": 1, ', "");
    const both = `${open},\n${FINE.replace(`, "sha256": "${PIN}"`, "").replaceAll("fine", "bare").replace("m/a", "m/b")}`;
    const { run } = project(both);
    const { code, stdout } = await run(["lint", "--quiet"]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("unpinned")]);
    expect(stdout).not.toMatch(/no-size|note .*no-|Git was not asked/);
    expect(await project(open).run(["lint", "--quiet"])).toMatchObject({ code: 0, stdout: "" });
  });

  it("finds nothing in a manifest that has all it could have", async () => {
    const { lint } = project(FINE);
    expect(await lint()).toMatchObject({ code: 0, findings: [] });
  });

  it.each([
    ["unpinned", "error", `"sha256": "${PIN}"`, '"x-was": 1'],
    ["weak-pin", "warning", `"sha256": "${PIN}"`, '"md5": "0123456789abcdef0123456789abcdef"'],
    ["no-size", "note", '"size": 1, ', ""],
    ["no-license", "note", '"license": "MIT", ', ""],
    ["single-source", "note", '"fallbackUrls": ["https://i.example/a"],', ""],
    ["pickle", "warning", "m/a.onnx", "m/a.pt"],
    ["plain-http", "warning", "https://i.example", "http://i.example"],
    ["moving-reference", "warning", "https://h.example/a", "hf:org/m/a"],
    ["secret-in-url", "error", "https://h.example/a", "https://user:hunter2hunter2@h.example/a"],
    ["secret-in-url", "error", "https://i.example/a", "https://i.example/a?X-Amz-Signature=abcdef"],
    ["secret-in-url", "error", '"license": "MIT"', '"license": "MIT", "homepage": "https://me:word@h.example/"'],
    ["secret-in-url", "warning", "https://i.example/a", "https://i.example/a?key=model.bin"],
    ["secret-in-url", "warning", '"license": "MIT"', '"license": "MIT", "homepage": "https://h.example/?code=5"'],
    ["dead-field", "warning", '"size": 1', '"size": 1, "size_mb": 1'],
    ["dead-field", "warning", '"size": 1', '"size": 1, "md5": "0123456789abcdef0123456789abcdef"'],
    ["dead-field", "warning", '["https://i.example/a"]', '["https://i.example/a", "https://h.example/a"]'],
    ["dead-field", "warning", '"license": "MIT"', '"license": "MIT", "tags": []'],
  ])("finds %s, an %s, with its line", async (rule, level, part, other) => {
    const { lint } = project(FINE.replace(part, other));
    const { findings, code } = await lint();
    expect(findings).toMatchObject([{ rule, level }]);
    expect([4, 5]).toContain(findings[0]?.line);
    expect(code).toBe(level === "error" ? 1 : 0);
    expect((await lint("--strict")).code).toBe(level === "note" ? 0 : 1);
    expect(await lint("--ignore", rule)).toMatchObject({ code: 0, findings: [] });
  });

  it("shows no login that it finds, whatever else there is to say of its URL", async () => {
    const login = "https://me:CANARY@h.example/a";
    const { lint, run } = project(
      FINE.replace("https://h.example/a", login.replace("https", "http"))
        .replace(
          '["https://i.example/a"]',
          `["${login}", "${login}", "https://me:CANARY@huggingface.co/o/m/resolve/main/a"]`,
        )
        .replace('"license": "MIT"', '"license": "MIT", "homepage": "https://me:CANARY@h.example/"'),
    );
    const { rules } = await lint();
    expect([...new Set(rules)].sort()).toEqual(["dead-field", "moving-reference", "plain-http", "secret-in-url"]);
    for (const how of ["--json", "--verbose", "--format=sarif", "--format=github", "--format=junit", "--format=tap"]) {
      const { stdout, stderr } = await run(["lint", how]);
      expect([how, stdout]).toEqual([how, expect.stringContaining("h.example/a")]);
      expect(`${stdout}${stderr}`).not.toContain("CANARY");
    }
  });

  it("finds a whole repository whose files are not written down", async () => {
    const { lint } = project(
      '    { "id": "all", "type": "model", "license": "MIT", "path": "m", "source": "hf:org/m@main" }',
    );
    expect(await lint()).toMatchObject({ code: 1, findings: [{ rule: "unpinned", fix: "assets lock all" }] });
  });

  it("finds the same content under two names, and plain http only where others could listen", async () => {
    const second = FINE.replace('"fine"', '"second"').replace("m/a.onnx", "m/b.onnx").replace(/https/g, "http");
    const { lint } = project(`${FINE},\n${second.replace(/[hi]\.example/g, "127.0.0.1:8080/$&")}`);
    expect((await lint()).rules).toEqual(["duplicate-content"]);
  });

  it("leaves a field that says nothing but in a comment to its author, and says so", async () => {
    const { lint, text } = project(FINE.replace('["https://i.example/a"]', "[ /* TODO */ ]"));
    const before = text();
    const { findings } = await lint("--fix");
    expect(findings).toContainEqual(
      expect.objectContaining({
        rule: "dead-field",
        fixable: false,
        message: expect.stringMatching(/A comment is in it/),
      }),
    );
    expect(text()).toBe(before);
  });

  it("takes out what says nothing with --fix, and nothing else", async () => {
    const dead = FINE.replace(
      '"size": 1,',
      '"size": 1, "size_mb": 2, // about\n      "tags": ["a", "b", "a"],',
    ).replace('["https://i.example/a"]', '["https://h.example/a", "https://i.example/a"]');
    const { lint, text, run } = project(`    // ours\n${dead} // end`);
    const before = text();
    expect((await lint("--fix", "--dry-run")).rules).toEqual(["dead-field", "dead-field", "dead-field"]);
    expect(text()).toBe(before);
    expect(await lint("--fix")).toMatchObject({ code: 0, written: true });
    expect(text()).toBe(
      before.replace(', "size_mb": 2,', ",").replace('"b", "a"]', '"b"]').replace('["https://h.example/a", ', "["),
    );
    expect((await lint()).findings).toEqual([]);
    expect(await run(["lint", "--dry-run"])).toMatchObject({ code: 2 });
  });

  it.skipIf(!hasGit)("finds what git has or may get, and keeps it out with --fix", async () => {
    const { tree, lint } = project(`${FINE},\n${FINE.replace('"fine"', '"src"').replace("m/a.onnx", "src/b[1].onnx")}`);
    const git = (...args: string[]) => spawnSync("git", args, { cwd: tree.root });
    git("init", "-q");
    tree.write("src/code.ts", "");
    git("add", "src");
    expect((await lint("--ignore", "duplicate-content")).rules).toEqual(["not-ignored", "not-ignored"]);
    await lint("--fix");
    expect(tree.read(".gitignore").toString()).toContain("\n/m/\n/src/b\\[1\\].onnx\n");
    expect((await lint("--ignore", "duplicate-content")).rules).toEqual([]);
    tree.write("m/a.onnx", "x");
    git("add", "-f", "m/a.onnx");
    expect(await lint("fine")).toMatchObject({
      code: 1,
      findings: [{ rule: "tracked-by-git", fix: "git rm --cached -- m/a.onnx" }],
    });
  });

  it.skipIf(!hasGit)("warns of pointers in git, and takes all that git has of files out by one command", async () => {
    const files = Array.from({ length: 8 }, (_, index) => `m/a ${index}.onnx`);
    const entries = files.map((path, index) => FINE.replace('"fine"', `"m${index}"`).replace("m/a.onnx", path));
    const { tree, run, lint } = project(entries.join(",\n"));
    const git = (...args: string[]) => spawnSync("git", args, { cwd: tree.root });
    git("init", "-q");
    for (const path of files) {
      tree.write(path, `version https://git-lfs.github.com/spec/v1\noid sha256:${PIN}\nsize ${path.length}\n`);
    }
    tree.write("m/a 7.onnx", "x");
    git("add", "-f", "m");
    const { findings, code } = await lint("--ignore", "duplicate-content");
    expect(findings.map(({ rule, level }) => `${rule} ${level}`)).toEqual([
      ...Array.from({ length: 7 }, () => "tracked-by-git warning"),
      "tracked-by-git error",
    ]);
    expect(code).toBe(1);
    const { stdout } = await run(["lint", "--ignore", "duplicate-content"]);
    expect(stdout).toContain("its Git LFS pointer is in git");
    const [, command = ""] = /To mend: (git rm .*)/.exec(stdout) ?? [];
    spawnSync("sh", ["-c", command], { cwd: tree.root });
    expect(git("ls-files").stdout.toString()).toBe("");
    expect((await lint("--ignore", "duplicate-content")).rules).not.toContain("tracked-by-git");
  });

  it.skipIf(!hasGit)("writes no .gitignore through a link", async () => {
    const { tree, lint } = project(FINE);
    spawnSync("git", ["init", "-q"], { cwd: tree.root });
    tree.write("theirs", "keep\n");
    symlinkSync(tree.path("theirs"), tree.path(".gitignore"));
    await lint("--fix");
    expect(tree.read("theirs").toString()).toBe("keep\n");
  });

  it.skipIf(!hasGit)("keeps git from a file without a change to any other byte of .gitignore", async () => {
    const { tree, lint } = project(FINE.replace("m/a.onnx", "voil\u00e0/a.onnx"));
    spawnSync("git", ["init", "-q"], { cwd: tree.root });
    const before = Buffer.from("caf\xe9/\n", "latin1");
    tree.write(".gitignore", before);
    await lint("--fix");
    const after = tree.read(".gitignore");
    expect(after.subarray(0, before.length)).toEqual(before);
    expect(after.subarray(before.length).toString()).toContain("\n/voil\u00e0/\n");
    // What git reads no line of is no place for further ones, and nothing is said to be mended.
    const wide = Buffer.from("\ufeffa/\n", "utf16le");
    tree.write(".gitignore", wide);
    const { findings } = await lint("--fix");
    expect(findings.map(({ rule, fixed }) => [rule, fixed])).toEqual([["not-ignored", undefined]]);
    expect(tree.read(".gitignore")).toEqual(wide);
  });

  it("answers in the formats of verify, each finding with its place", async () => {
    const { run, tree } = project(FINE.replace(`"sha256": "${PIN}"`, '"x-was": 1'));
    const args = ["--output", "sarif=lint.sarif", "--output", "junit=lint.xml", "--output", "tap=lint.tap"];
    const done = await run(["lint", "--format", "github", ...args]);
    expect(done.code).toBe(1);
    expect(done.stdout).toMatch(/^::error .*file=assets\.manifest\.json,line=4/m);
    const { runs } = JSON.parse(tree.read("lint.sarif").toString());
    expect(runs[0].results[0]).toMatchObject({ ruleId: "unpinned", level: "error" });
    expect(tree.read("lint.xml").toString()).toContain("<failure");
    expect(tree.read("lint.tap").toString()).toContain("not ok 1");
  });

  it("looks at what is selected only, and names the command that helps", async () => {
    const bad = FINE.replace('"fine"', '"bad"').replace("m/a.onnx", "m/c.onnx").replace(PIN, sha256Of("y"));
    const { lint, run } = project(`${FINE},\n${bad.replace(/, "sha256": "[^"]*"/, "")}`);
    expect((await lint("fine")).findings).toEqual([]);
    expect((await lint("bad")).findings).toMatchObject([{ rule: "unpinned", fix: "assets lock bad" }]);
    expect(await run(["lint", "--ignore", "nonsense"])).toMatchObject({ code: 2 });
  });
});
