/** Secrets given to the real program: where they go, and that they come out nowhere. */
import { randomUUID } from "node:crypto";
import { chmodSync } from "node:fs";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { makeTgz } from "../helpers/archives.js";
import { runBin } from "../helpers/bin.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import type { FaultName } from "../helpers/faults.js";
import { GIT_ENV, hasGit } from "../helpers/git.js";
import { runInProcess } from "../helpers/in-process.js";
import { lfsRepository } from "../helpers/lfs-repository.js";
import { startRegistry } from "../helpers/registry.js";
import { type FileSpec, makeTree, type Tree } from "../helpers/tree.js";

const BODY = { size: 50_000, seed: 101 };
const MODES = [["--verbose"], ["--json"], ["--ndjson"]];
const FAULTS: FaultName[] = [
  "401",
  "404",
  "503",
  "flips one bit",
  "resets in the middle of the body",
  "redirects to another origin",
  "redirects to a URL with a password",
  "redirects to a signed URL that is refused",
  "echoes the Authorization header in its error body",
  "garbage instead of HTTP",
  "says 200 with a JSON error",
];

const base64 = (text: string) => Buffer.from(text).toString("base64");
/**
 * Texts in which CANARY is a word that no other run was told, for a process hides what it was told once; PAIR becomes the
 * login of it for Basic.
 */
function freshly(): (text: string) => string {
  const canary = `CANARY-${randomUUID()}`;
  return (text) => text.replaceAll("CANARY", canary).replaceAll("PAIR", base64(`user:${canary}-PASSWORD`));
}
const header = (text: string) => (origin: string) => `[http "${origin}/"]\n\textraHeader = ${text}\n`;
/** Git's settings and variables that hold the login of a server. */
const LOGINS: [from: string, config: (origin: string) => string, env: Record<string, string>][] = [
  ["the server's URL", (origin) => `[lfs]\n\turl = ${origin.replace("//", "//user:CANARY-PASSWORD@")}/info/lfs\n`, {}],
  ["an extra header for Basic", header("AUTHORIZATION: basic PAIR"), {}],
  ["an extra header for Bearer", header("Authorization: Bearer CANARY-TOKEN"), {}],
  ["an extra header of the server's own", header("PRIVATE-TOKEN: CANARY-TOKEN"), {}],
  ["an extra header of cookies", header('"Cookie: theme=dark; session=CANARY-TOKEN"'), {}],
  ["a variable with a token", () => "", { ASSETS_TOKEN_127_0_0_1: "CANARY-TOKEN" }],
  ["a variable with a password", () => "", { ASSETS_TOKEN_127_0_0_1: "user:CANARY-PASSWORD" }],
  ["a netrc file", () => "", { NETRC: "netrc" }],
];
const HELPER = '[credential]\n\thelper = "!f() { echo username=user; echo password=CANARY-PASSWORD; }; f"\n';
if (hasGit && process.platform !== "win32") {
  LOGINS.push(["git's credential helpers", () => HELPER, { ...GIT_ENV, PATH: process.env.PATH ?? "" }]);
}

/** What a server may send back of a request's headers: them as they are, and what they say. */
function echo(headers: NodeJS.Dict<string | string[]>): string {
  const own = Object.entries(headers).filter(([name]) => /auth|token|cookie/.test(name));
  return own
    .map(([name, value]) => {
      const [word = ""] = /\S+$/.exec(String(value)) ?? [];
      return `${name}: ${value} ${word} ${word.slice(word.indexOf("=") + 1)} ${Buffer.from(word, "base64")}`;
    })
    .join("; ");
}

/** Everything that the program left on disk. */
function leftOnDisk(tree: Tree): string {
  const names = tree.files().filter((file) => file !== "assets.manifest.json" && !file.startsWith("file-"));
  return names.map((name) => `${name}\n${tree.read(name).toString("latin1")}`).join("\n");
}

describe("secrets", () => {
  it("in URLs of a manifest are shown nowhere, however a download ends", { timeout: 60_000 }, async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const files: Record<string, FileSpec> = {};
    for (const [n, fault] of FAULTS.entries()) {
      const signed = `/file-${n}?X-Amz-Signature=CANARY-SIGNED&token=CANARY-TOKEN`;
      const url = server.serve(signed, { body: BODY, fault }).replace("//", "//user:CANARY-PASSWORD@");
      files[`file-${n}`] = { url, body: BODY };
    }
    tree.manifestFor(files);
    const args = ["download", "--all", "--retries", "0", "--log-file", tree.path("log.txt")];
    for (const mode of MODES) {
      const { stdout, stderr } = await runBin([...args, ...mode], { cwd: tree.root });
      expect([mode, `${stdout}\n${stderr}`]).toEqual([mode, expect.not.stringContaining("CANARY")]);
    }
    expect(tree.exists("log.txt")).toBe(true);
    expect(leftOnDisk(tree)).not.toContain("CANARY");
  });

  it("in URLs go to their own origin only", { timeout: 20_000 }, async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const url = server.serve("/a", { body: BODY, fault: "redirects to another origin" });
    tree.manifestFor({ "a.bin": { url: url.replace("//", "//user:CANARY@"), body: BODY } });
    expect((await runBin(["download", "--all"], { cwd: tree.root })).code).toBe(0);
    const [first, second] = server.requests;
    expect(first?.headers.authorization).toBe(`Basic ${Buffer.from("user:CANARY").toString("base64")}`);
    expect([second?.origin, JSON.stringify(second?.headers)]).toEqual([
      server.other,
      expect.not.stringMatching(/authorization|CANARY/),
    ]);
  });

  it("of the user's npm configuration go to the registry, not to where its tarballs lie, nor to the screen", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const body = bytesOf(BODY);
    const tarball = makeTgz({ "a.bin": body }, { prefix: "package/" });
    server.serve("/data/-/data-1.0.0.tgz", { body: tarball });
    const registry = await startRegistry({
      packages: { data: { "1.0.0": tarball } },
      authorization: "Bearer CANARY-NPM",
      tarballsAt: `${server.main}/`,
    });
    tree.manifestFor({ "a.bin": { url: "npm:data@1.0.0/a.bin", body: BODY } });
    const home = makeTree();
    const npmrc = home.write(
      ".npmrc",
      `registry=${registry.url}\n//${new URL(registry.url).host}/:_authToken=CANARY-NPM\n`,
    );
    chmodSync(npmrc, 0o600);
    const args = ["download", "--all", "--verbose"];
    const result = await runBin(args, { cwd: tree.root, env: { npm_config_userconfig: npmrc } });
    expect([result.code, result.stderr]).toEqual([0, expect.not.stringContaining("CANARY")]);
    expect(tree.sha256("a.bin")).toBe(sha256Of(BODY));
    expect(registry.requests[0]?.headers.authorization).toBe("Bearer CANARY-NPM");
    expect(JSON.stringify(server.requests.map(({ headers }) => headers))).not.toMatch(/authorization|CANARY/);
    expect(`${result.stdout}${leftOnDisk(tree)}`).not.toContain("CANARY");
  });

  it.each([
    "https://user:pa/CANARY-PASSWORD@host.example/o/r.git",
    "https://user:CANARY-PASSWORD@host.example:443x/o/r.git",
    "HTTPS://user:C@CANARY-PASSWORD@host.example:443x/o/r.git",
    "s3://user:pa/CANARY-PASSWORD@bucket/r",
  ])("in the URL of a remote are shown nowhere, also where it is none that can be read: %s", async (url) => {
    const { tree } = await lfsRepository({ "a.bin": BODY });
    const args = ["lfs", "hydrate", "--retries", "0", "--log-file", tree.path("log.txt")];
    for (const mode of MODES) {
      tree.write(".git/config", `[remote "origin"]\n\turl = ${freshly()(url)}\n`);
      const { code, stdout, stderr } = await runInProcess([...args, ...mode], { cwd: tree.root, env: { PATH: "" } });
      expect([mode, code, `${stdout}\n${stderr}`]).toEqual([mode, 4, expect.stringContaining("cannot be asked")]);
      expect([mode, `${stdout}\n${stderr}`]).toEqual([mode, expect.not.stringContaining("CANARY")]);
    }
    expect(tree.read("log.txt").toString()).not.toContain("CANARY");
  });

  it.each(LOGINS)("of %s are not shown when a Git LFS server sends them back", async (_, config, env) => {
    const { tree, server } = await lfsRepository({ "a.bin": BODY });
    const own = freshly();
    tree.write(".git/config", `${tree.read(".git/config")}${own(config(server.origin))}`);
    chmodSync(tree.write("netrc", own("machine 127.0.0.1 login user password CANARY-PASSWORD\n")), 0o600);
    const variables = Object.entries(env).map(([name, value]) => [
      name,
      name === "NETRC" ? tree.path(value) : own(value),
    ]);
    let echoed = "";
    server.behaviour.refuse = ({ headers }) => {
      echoed = echo(headers);
      return echoed === "" ? { status: 401 } : { status: 403, message: echoed };
    };
    const args = ["lfs", "hydrate", "a.bin", "--retries", "0", "--verbose", "--log-file", tree.path("log.txt")];
    const options = { cwd: tree.root, env: { PATH: "", ...Object.fromEntries(variables) } };
    const { stdout, stderr } = await runInProcess(args, options);
    expect([echoed, stdout]).toEqual([expect.stringContaining("CANARY"), expect.stringContaining("***")]);
    const text = `${stdout}\n${stderr}\n${tree.read("log.txt")}`;
    expect(text).not.toContain("CANARY");
    expect(text).not.toContain(own("PAIR"));
  });

  it("that a Git LFS server names are hidden, and plain words that it calls secret are not", async () => {
    const { tree, server, oids } = await lfsRepository({ "a.bin": BODY, "b.bin": "b" });
    const login = Buffer.from("user:CANARY-of-the-server").toString("base64");
    server.behaviour.action = { header: { Authorization: `Basic ${login}`, "X-Key": "the committed" } };
    server.behaviour.entry = (oid) => {
      return oid === oids["b.bin"]
        ? { error: { code: 404, message: `user:CANARY-of-the-server ${login}` } }
        : undefined;
    };
    const args = ["lfs", "hydrate", "--verbose", "--retries", "0", "--log-file", tree.path("log.txt")];
    const { stdout, stderr } = await runBin(args, { cwd: tree.root, env: { PATH: "" } });
    expect([tree.sha256("a.bin"), stdout]).toEqual([oids["a.bin"], expect.stringContaining("Whoever committed")]);
    const text = `${stdout}\n${stderr}\n${tree.read("log.txt")}`;
    expect(text).toContain("is not there (404: user:*** ***)");
    expect(text).not.toContain("CANARY");
  });
});
