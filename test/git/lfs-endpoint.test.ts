/** Which server a repository's settings name for Git LFS: the same that git-lfs names. */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { gitConfig, parseConfigFile } from "../../src/git/config-text.js";
import { extraHeaders, lfsEndpoint } from "../../src/git/lfs-endpoint.js";
import { findRepository } from "../../src/git/repository.js";
import { readSettings } from "../../src/git/settings.js";
import { makeTree } from "../helpers/tree.js";

const hasLfs = spawnSync("git", ["lfs", "version"]).status === 0;
const ORIGIN = '[remote "origin"]\n url = https://host.example/o/r\n';

/** Settings, those of `.lfsconfig`, the server. */
const CASES: [title: string, own: string, committed: string, url: string][] = [
  ["a remote by https", ORIGIN, "", "https://host.example/o/r.git/info/lfs"],
  ["one that ends in .git", ORIGIN.replace("o/r", "o/r.git"), "", "https://host.example/o/r.git/info/lfs"],
  ["one that ends in a slash", ORIGIN.replace("o/r", "o/r/"), "", "https://host.example/o/r.git/info/lfs"],
  ["a remote by ssh", ORIGIN.replace("https://", "ssh://git@"), "", "https://host.example/o/r.git/info/lfs"],
  [
    "one with a port",
    ORIGIN.replace("https://host.example", "ssh://git@host.example:2222"),
    "",
    "https://host.example/o/r.git/info/lfs",
  ],
  [
    "the short form of ssh",
    ORIGIN.replace("https://host.example/", "git@host.example:"),
    "",
    "https://host.example/o/r.git/info/lfs",
  ],
  ["git's own protocol", ORIGIN.replace("https", "git"), "", "https://host.example/o/r.git/info/lfs"],
  ["lfs.url", `${ORIGIN}[lfs]\n url = https://lfs.example/x\n`, "", "https://lfs.example/x"],
  ["lfs.url of .lfsconfig", ORIGIN, "[lfs]\n url = https://lfs.example/x\n", "https://lfs.example/x"],
  [
    "the user's lfs.url over that of .lfsconfig",
    `${ORIGIN}[lfs]\n url = https://mine.example/\n`,
    "[lfs]\n url = https://lfs.example/x\n",
    "https://mine.example",
  ],
  ["the remote's lfsurl", `${ORIGIN} lfsurl = https://lfs.example/y\n`, "", "https://lfs.example/y"],
  [
    "the remote's lfsurl of .lfsconfig",
    ORIGIN,
    '[remote "origin"]\n lfsurl = https://lfs.example/y\n',
    "https://lfs.example/y",
  ],
  [
    "the only remote, whatever its name",
    ORIGIN.replace("origin", "up.stream"),
    "",
    "https://host.example/o/r.git/info/lfs",
  ],
  [
    "origin of several",
    `${ORIGIN}[remote "b"]\n url = https://b.example/b\n`,
    "",
    "https://host.example/o/r.git/info/lfs",
  ],
  [
    "remote.lfsdefault of several",
    `${ORIGIN}[remote "b"]\n url = https://b.example/b\n[remote]\n lfsdefault = b\n`,
    "",
    "https://b.example/b.git/info/lfs",
  ],
  [
    "the branch's remote of several",
    `${ORIGIN}[remote "b"]\n url = https://b.example/b\n[branch "main"]\n remote = b\n`,
    "",
    "https://b.example/b.git/info/lfs",
  ],
  [
    "the longest insteadOf",
    ORIGIN.replace("https://host.example/", "gh:o/") +
      '[url "https://short.example/"]\n insteadOf = "gh:"\n[url "https://long.example/"]\n insteadOf = "gh:o/"\n',
    "",
    "https://long.example/o/r.git/info/lfs",
  ],
  [
    "insteadOf in lfs.url",
    `${ORIGIN}[lfs]\n url = lfs:x\n[url "https://lfs.example/"]\n insteadOf = "lfs:"\n`,
    "",
    "https://lfs.example/x",
  ],
];

function settingsOf(own: string, committed: string) {
  const read = (text: string) => gitConfig(parseConfigFile(text));
  return { own: read(own), committed: read(committed), branch: "main" };
}

describe("the server of a repository", () => {
  it.each(CASES)("is told by %s", (_, own, committed, url) => {
    expect(lfsEndpoint(settingsOf(own, committed), "/top")).toEqual({ url });
  });

  it.skipIf(!hasLfs)("is the one that git-lfs tells, with git and without", { timeout: 30_000 }, async () => {
    for (const [title, own, committed, url] of CASES) {
      const tree = makeTree();
      const env = { PATH: process.env.PATH, HOME: tree.root, GIT_CONFIG_NOSYSTEM: "1" };
      const git = (...args: string[]) => spawnSync("git", args, { cwd: tree.root, env, encoding: "utf8" });
      git("init", "-q", "-b", "main");
      tree.write(".git/config", `${tree.read(".git/config")}${own}`);
      if (committed !== "") tree.write(".lfsconfig", committed);
      const told = [...git("lfs", "env").stdout.matchAll(/^ *Endpoint(?: \([^)]*\))?=(\S+) /gm)].map(([, one]) => one);
      // Of several remotes it tells the server of each.
      expect([title, told.map((one) => one?.replace(/\/$/, ""))]).toEqual([title, expect.arrayContaining([url])]);
      const repository = await findRepository(tree.root);
      if (repository === undefined) throw new Error("no repository");
      for (const PATH of [env.PATH, ""]) {
        const settings = await readSettings(repository, { env: { ...env, PATH }, home: tree.root });
        expect([title, lfsEndpoint(settings, tree.root)]).toEqual([title, { url }]);
      }
    }
  });

  it("is a folder where the remote is one", () => {
    const remote = (url: string) => lfsEndpoint(settingsOf(`[remote "o"]\n url = ${url}\n`, ""), "/top");
    expect(remote("/srv/r.git")).toEqual({ folder: "/srv/r.git" });
    expect(remote("../r")).toEqual({ folder: "/r" });
    expect(remote("file:///srv/r.git")).toEqual({ folder: "/srv/r.git" });
  });

  it("is none where nothing names one", () => {
    expect(lfsEndpoint(settingsOf("", ""), "/top")).toBeUndefined();
  });

  it("is not told by settings of .lfsconfig that only the user may have", () => {
    const hostile =
      '[remote "origin"]\n url = https://evil.example/\n[url "https://evil.example/"]\n insteadOf = https://\n';
    expect(lfsEndpoint(settingsOf(ORIGIN, hostile), "/top")).toEqual({ url: "https://host.example/o/r.git/info/lfs" });
  });
});

describe("http.extraHeader", () => {
  const headers = (text: string, url = "https://host.example/o/r.git/info/lfs") =>
    extraHeaders(settingsOf(text, ""), url);

  it("counts for the URLs below its own, the nearest alone", () => {
    const text =
      '[http "https://host.example/"]\n extraHeader = "Authorization: basic abc"\n[http]\n extraheader = X-All: 1\n';
    expect(headers(text)).toEqual({ authorization: "basic abc" });
    expect(headers(text, "https://host.example.evil/")).toEqual({ "x-all": "1" });
    expect(headers('[http "https://host.example/oo"]\n extraHeader = "A: 1"\n')).toEqual({});
  });

  it("for all URLs holds no login, which would go to whatever server a repository names", () => {
    expect(headers("[http]\n extraHeader = Authorization: basic abc\n extraHeader = X-Trace: 1\n")).toEqual({
      "x-trace": "1",
    });
  });

  it("may come several times, until an empty one drops those before it", () => {
    expect(headers("[http]\n extraHeader = A: 1\n extraHeader = B: 2\n")).toEqual({ a: "1", b: "2" });
    expect(headers('[http]\n extraHeader = A: 1\n extraHeader = ""\n extraHeader = B: 2\n')).toEqual({ b: "2" });
  });
});
