/** The real program and servers that a private authority vouches for. */
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { makeTgz } from "../helpers/archives.js";
import { runBin } from "../helpers/bin.js";
import { makeChain } from "../helpers/certificate.js";
import { bytesOf } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { runInProcess } from "../helpers/in-process.js";
import { startRegistry } from "../helpers/registry.js";
import { makeTree } from "../helpers/tree.js";

const BODY = { size: 5000, seed: 12 };
const chain = makeChain();
const others = makeChain();

describe.skipIf(chain === undefined)("a private authority (needs openssl)", () => {
  const { ca, ...tls } = chain ?? { ca: "", key: "", cert: "" };

  /** A file on a server with TLS, and a tree that wants it and holds the authorities. */
  async function prepare() {
    const server = await startFaultServer({ tls });
    server.serve("/a.bin", { body: BODY });
    const tree = makeTree();
    tree.manifestFor({ "a.bin": { url: `${server.tls}/a.bin`, body: BODY } });
    tree.write("ca.pem", ca);
    tree.write("other.pem", others?.ca ?? "");
    // What Node and OpenSSL read for themselves they read as a process starts, from where it starts.
    const download = (args: string[], env: Record<string, string> = {}) =>
      (Object.keys(env).some((name) => /^(NODE|SSL)_/.test(name)) ? runBin : runInProcess)(
        ["download", "--all", ...args],
        { cwd: tree.root, env },
      );
    return { server, tree, download };
  }

  it("is refused unless it is named, and the hint says all the ways to name it", async () => {
    const { server, tree, download } = await prepare();
    const { code, stdout } = await download([], { SSL_CERT_FILE: tree.path("nowhere.pem") });
    expect(code).toBe(4);
    for (const way of ["--ca-file", "ASSETS_CA_FILE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"]) {
      expect(stdout).toContain(way);
    }
    expect(stdout).toContain(`No certificate could be read from SSL_CERT_FILE (${tree.path("nowhere.pem")})`);
    expect(server.requests).toEqual([]);
  });

  it.each<[string, string[], Record<string, string>]>([
    ["--ca-file", ["--ca-file", "ca.pem"], {}],
    ["ASSETS_CA_FILE", [], { ASSETS_CA_FILE: "ca.pem" }],
    ["SSL_CERT_FILE", [], { SSL_CERT_FILE: "ca.pem" }],
    ["SSL_CERT_DIR", [], { SSL_CERT_DIR: "certs" }],
    ["NODE_EXTRA_CA_CERTS", [], { NODE_EXTRA_CA_CERTS: "ca.pem" }],
    ["NODE_EXTRA_CA_CERTS beside --ca-file", ["--ca-file", "other.pem"], { NODE_EXTRA_CA_CERTS: "ca.pem" }],
    ["--ca-file beside NODE_EXTRA_CA_CERTS", ["--ca-file", "ca.pem"], { NODE_EXTRA_CA_CERTS: "other.pem" }],
    ["--ca-file before ASSETS_CA_FILE", ["--ca-file", "ca.pem"], { ASSETS_CA_FILE: "nowhere.pem" }],
  ])("is trusted when it is named by %s", async (_, args, env) => {
    const { tree, download } = await prepare();
    if (env.SSL_CERT_DIR) {
      const hash = execFileSync("openssl", ["x509", "-hash", "-noout", "-in", tree.path("ca.pem")], {
        encoding: "utf8",
      });
      tree.write(`certs/${hash.trim()}.0`, ca);
    }
    expect(await download(args, env)).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/warning/i) });
    expect(tree.read("a.bin").equals(bytesOf(BODY))).toBe(true);
  });

  it.each([
    ["missing", "does not exist"],
    ["empty.pem", "holds no certificate"],
  ])("in a file that is of no use (%s) is wrong usage, whatever there is to download", async (name, says) => {
    const { server, tree, download } = await prepare();
    tree.write("empty.pem", "nothing\n");
    tree.write("a.bin", BODY);
    const { code, stderr } = await download(["--ca-file", name]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`${tree.path(name)} ${says}`)]);
    expect(server.requests).toEqual([]);
  });

  it("of the user's npm configuration goes on counting for npm: sources, and --ca-file is added", async () => {
    const { server, tree, download } = await prepare();
    const tarball = makeTgz({ "a.bin": bytesOf(BODY) }, { prefix: "package/" });
    server.serve("/data/-/data-1.0.0.tgz", { body: tarball });
    const registry = await startRegistry({
      packages: { data: { "1.0.0": tarball } },
      tarballsAt: `${server.tls}/`,
      ...(others && { tls: others }),
    });
    tree.manifestFor({ "a.bin": { url: "npm:data@1.0.0/a.bin", body: BODY } });
    const npmrc = makeTree().write(".npmrc", `registry=${registry.url}\ncafile=${tree.path("other.pem")}\n`);
    const env = { npm_config_userconfig: npmrc };
    expect((await download([], env)).code).toBe(4);
    expect((await download(["--ca-file", "ca.pem"], env)).code).toBe(0);
  });
});
