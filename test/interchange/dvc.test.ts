/** Files of DVC: outputs, folders, remotes, and what pins nothing. */
import { describe, expect, it } from "vitest";
import { dvcInGit, dvcMember, dvcObjectUrl, dvcRemote, readDvcFile, readDvcFolder } from "../../src/interchange/dvc.js";

const MD5 = "0123456789abcdef0123456789abcdef";

describe("a .dvc file", () => {
  it("of version 3 has size and MD5, and an object below files/md5", () => {
    const { outs, refused } = readDvcFile(
      `outs:\n- md5: ${MD5}\n  size: 12\n  hash: md5\n  path: data.txt\n`,
      "raw/data.txt.dvc",
    );
    expect(refused).toEqual([]);
    expect(outs).toMatchObject([{ path: "raw/data.txt", object: MD5, md5: MD5, size: 12, legacy: false, urls: [] }]);
    const [out] = outs;
    expect(out && dvcObjectUrl("https://r.example/store/", out)).toBe(
      `https://r.example/store/files/md5/01/${MD5.slice(2)}`,
    );
  });

  it("of an older version pins by MD5 only what DVC cannot have taken for text", () => {
    const text = `md5: ${MD5}\nwdir: ..\nouts:\n- md5: ${MD5}\n  path: a/data.xml\n  cache: true\n- md5: ${MD5}\n  path: a/model.pt\n`;
    const { outs, notes } = readDvcFile(text, "a/x.dvc");
    expect(outs).toMatchObject([
      { path: "a/data.xml", object: MD5, legacy: true },
      { path: "a/model.pt", md5: MD5, legacy: true },
    ]);
    expect(outs[0]).not.toHaveProperty("md5");
    expect(notes[0]?.message).toMatch(/other line ends/);
    expect(outs[0] && dvcObjectUrl("https://r.example", outs[0])).toBe(`https://r.example/01/${MD5.slice(2)}`);
  });

  it("of dvc import-url names the URL that it came from", () => {
    const text = `frozen: true\ndeps:\n- etag: '"x"'\n  path: https://x.example/d.zip\nouts:\n- md5: ${MD5}\n  hash: md5\n  path: d.zip\n`;
    expect(readDvcFile(text, "d.zip.dvc").outs[0]?.urls).toEqual(["https://x.example/d.zip"]);
  });

  it("of dvc import says which repository it is from", () => {
    const text = `deps:\n- path: d\n  repo:\n    url: https://git.example/r\n    rev_lock: abc\nouts:\n- md5: ${MD5}\n  hash: md5\n  path: d\n`;
    expect(readDvcFile(text, "d.dvc").notes[0]?.message).toMatch(/https:\/\/git.example\/r: dvc push does not/);
  });

  it("keeps an MD5 of digits alone", () => {
    const digits = "1".repeat(32);
    expect(readDvcFile(`outs: [{md5: ${digits}, hash: md5, path: a}]`, "a.dvc").outs[0]?.md5).toBe(digits);
  });

  it.each([
    ["aliases that grow", `a: &a [x,x]\nb: &b [*a,*a]\nouts: [*b,*b]`, /YAML/],
    ["no YAML", "outs: [", /YAML/],
    ["a key that is there twice", "outs: []\nouts: []", /YAML/],
    ["nothing of DVC", "- 1\n", /names no outputs/],
    ["an output without a path", `outs: [{md5: ${MD5}}]`, /no path/],
    ["a digest that leads elsewhere", "outs: [{md5: ../../../etc/passwd, path: a}]", /no MD5/],
    ["a SHA-256 that is none", `outs: [{md5: ${MD5}, path: a, meta: {assets: {sha256: "12"}}}]`, /a: 12 is no SHA256/],
    ["an output in a bucket", `outs: [{md5: ${MD5}, path: "s3://b/x"}]`, /outside the repository/],
    ["tags that make objects", "outs: [!!python/object/apply:os.system [ls]]", /YAML|no path/],
  ])("is refused in one remark: %s", (_, text, message) => {
    const { outs, refused } = readDvcFile(text, "x.dvc");
    expect(outs).toEqual([]);
    expect(refused[0]?.message).toMatch(message);
  });

  it("leaves it to the manifest's rules that a path climbs out", () => {
    expect(readDvcFile(`outs: [{md5: ${MD5}, hash: md5, path: ../../x}]`, "a/x.dvc").outs[0]?.path).toBe("../x");
  });
});

describe("a dvc.lock", () => {
  const stage = (path: string) => `    outs:\n    - path: ${path}\n      hash: md5\n      md5: ${MD5}\n      size: 3\n`;

  it("has outputs by stage, in both of its versions", () => {
    const stages = `  prepare:\n    cmd: x\n${stage("data/a.bin")}  train@0:\n${stage("model.bin")}`;
    const paths = (text: string) => readDvcFile(text, "dvc.lock").outs.map(({ path }) => path);
    expect(paths(`schema: '2.0'\nstages:\n${stages}`)).toEqual(["data/a.bin", "model.bin"]);
    expect(paths(stages)).toEqual(["data/a.bin", "model.bin"]);
  });

  it("leaves to git what dvc.yaml says is not cached", () => {
    const inGit = dvcInGit(
      "stages:\n  e:\n    metrics:\n    - scores.json:\n        cache: false\n    outs:\n    - m.bin\n",
    );
    const { outs, notes } = readDvcFile(`schema: '2.0'\nstages:\n  e:\n${stage("scores.json")}`, "dvc.lock", inGit);
    expect(outs).toEqual([]);
    expect(notes[0]?.message).toMatch(/kept by git/);
  });
});

describe("the listing of a folder", () => {
  it("names its files, whose objects stand beside it", () => {
    const folder = { path: "data", object: `${MD5}.dir`, legacy: false, urls: [], place: "d.dvc" };
    const [member] = readDvcFolder(JSON.stringify([{ md5: MD5, relpath: "sub/a.csv" }])) ?? [];
    expect(member && dvcMember(folder, member)).toMatchObject({ path: "data/sub/a.csv", md5: MD5, object: MD5 });
    expect(dvcObjectUrl("https://r.example", folder)).toBe(`https://r.example/files/md5/01/${MD5.slice(2)}.dir`);
  });

  it.each(["", "{}", "[1]", '[{"relpath":"a","md5":"x"}]', '[{"md5":"x"}]'])("is none: %s", (text) => {
    expect(readDvcFolder(text)).toBeUndefined();
  });
});

describe("the remote of a configuration", () => {
  const config = `['remote "storage"']\nurl = https://r.example/get-started\n[core]\nremote = storage\n['remote "other"']\n    url = s3://b\n`;

  it("is the one that is meant, which config.local outranks", () => {
    expect(dvcRemote([config])).toEqual({ name: "storage", url: "https://r.example/get-started" });
    expect(dvcRemote([config], "other")?.url).toBe("s3://b");
    expect(dvcRemote([config, "[core]\r\nremote = other\r\n"])?.name).toBe("other");
    expect(dvcRemote([config], "none")).toBeUndefined();
    expect(dvcRemote(['[remote "only"]\nurl=../x\n'])?.url).toBe("../x");
    expect(dvcRemote([""])).toBeUndefined();
  });
});
