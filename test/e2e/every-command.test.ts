/** Every command as a process of its own, held against the same words run in the test's own process. */
import { describe, expect, it } from "vitest";
import { type BinResult, runBin } from "../helpers/bin.js";
import { sha256Of } from "../helpers/content.js";
import { runInProcess } from "../helpers/in-process.js";
import { makeTree } from "../helpers/tree.js";

const LISTED = `${sha256Of("aaa")}  to/a.txt\n`;

/** A project with one file in its place, one that can be copied, and a list. */
function project() {
  const tree = makeTree();
  tree.write("from/a.txt", "aaa");
  tree.write("to/b.txt", "bbb");
  tree.write("SHA256SUMS", LISTED);
  tree.write("none.bin", "");
  tree.manifestFor({
    "to/a.txt": { url: "from/a.txt", body: "aaa", id: "alpha", type: "model", required: true },
    "to/b.txt": { url: "from/b.txt", body: "bbb", id: "beta", type: "dataset" },
  });
  return tree;
}

/** What must be the same of two runs: all but times, and the folders that they ran in. */
function facts({ code, signal, stdout, stderr }: BinResult, root: string) {
  const plain = (text: string) =>
    text
      .replaceAll(root, "ROOT")
      .replaceAll(/"(durationMs|bytesPerSecond|startedAt)": ?[\d.]+/g, '"$1": 0')
      .replaceAll(/"(\w*(?:time|created|timestamp|serialNumber)\w*)": ?"[^"]*"/gi, '"$1": ""')
      .replaceAll(/ (?:timestamp|time)="[^"]*"/g, "")
      .replaceAll(/\b[\d.]+ (?:ms|s|[kMG]?B\/s)\b/g, "0 s");
  return { code, signal, stdout: plain(stdout), stderr: plain(stderr) };
}

describe("in a process of its own and in this one the same is said and done by", () => {
  it.each<[line: string, input?: string]>([
    ["--help"],
    ["--version"],
    ["dwnload"],
    ["list --nope"],
    ["list"],
    ["list --json"],
    ["download --all"],
    ["download alpha --ndjson"],
    ["download alpa"],
    ["verify"],
    ["verify --format sarif"],
    ["verify --format junit"],
    ["verify --format tap"],
    ["verify to"],
    ["verify --sums -", LISTED],
    ["repair"],
    ["status"],
    ["path alpha"],
    ["cache-key"],
    ["lfs"],
    ["lfs hydrate"],
    ["init"],
    ["add from/a.txt --url https://127.0.0.1/a.txt"],
    ["lock"],
    ["import lfs"],
    ["import dvc"],
    ["import sums SHA256SUMS --base-url https://127.0.0.1/ --path new"],
    ["import json - --dry-run", `M = {"m": ("https://127.0.0.1/m.bin", "${"a".repeat(64)}")}`],
    ["export sums"],
    ["export metalink"],
    ["export cyclonedx"],
    ["info alpha"],
    ["lint"],
    ["audit"],
    ["remove beta"],
    ["hash to/b.txt"],
    ["schema"],
  ])("assets %s", async (line, input) => {
    const [own, here] = [project(), project()];
    const of = (cwd: string) => ({ cwd, env: { PATH: "" }, ...(input !== undefined && { input }) });
    const words = line.split(" ");
    const result = facts(await runBin(words, of(own.root)), own.root);
    expect(facts(await runInProcess(words, of(here.root)), here.root)).toEqual(result);
    expect(here.files()).toEqual(own.files());
    expect(result.stderr).not.toContain("this is a bug");
  });
});
