/** The logins that `assets lfs hydrate` sends, through the real program: where they come from, and who is asked and told. */
import process from "node:process";
import { describe, expect, it } from "vitest";
import { runBin } from "../helpers/bin.js";
import { GIT_ENV, hasGit } from "../helpers/git.js";
import { errorOf, hydrate } from "../helpers/hydrate.js";
import { lfsRepository } from "../helpers/lfs-repository.js";
import { startProxy } from "../helpers/proxy.js";
import type { Tree } from "../helpers/tree.js";

const BODY = { size: 200_000, seed: 1 };
const onWindows = process.platform === "win32";

describe("logins", () => {
  const LOGIN = `Basic ${Buffer.from("me:secret-word").toString("base64")}`;

  it("come from ASSETS_TOKEN_<HOST>, which goes to the server alone", async () => {
    const { tree, server } = await lfsRepository({ "a.bin": BODY }, { login: LOGIN });
    const { code, stdout, stderr } = await hydrate(tree, [], { ASSETS_TOKEN_127_0_0_1: "me:secret-word" }, runBin);
    expect(code).toBe(0);
    expect(server.batches.map(({ authorization }) => authorization)).toEqual([LOGIN]);
    expect(stdout + stderr).not.toContain("secret-word");
  });

  it("come from the URL of the remote", async () => {
    const { tree, server } = await lfsRepository({ "a.bin": BODY }, { login: LOGIN });
    tree.write(".git/config", `[remote "o"]\n url = ${server.origin.replace("://", "://me:secret-word@")}/o/r\n`);
    const { code, stdout, stderr } = await hydrate(tree, ["--verbose"], {}, runBin);
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain("secret-word");
  });

  it("come from http.extraHeader, as CI services set it", async () => {
    const { tree, server } = await lfsRepository({ "a.bin": BODY }, { login: LOGIN });
    const config = `${tree.read(".git/config")}[http "${server.origin}/"]\n extraheader = AUTHORIZATION: ${LOGIN}\n`;
    tree.write(".git/config", config);
    expect((await hydrate(tree)).code).toBe(0);
  });

  it.each([
    ["the server's URL", (url: string) => `[lfs]\n url = ${url.replace("//", "//me:secret-word@")}\n`],
    [
      "git's http.extraHeader",
      (url: string) => `[lfs]\n url = ${url}\n[http "${url}"]\n extraheader = Authorization: ${LOGIN}\n`,
    ],
  ])("of %s are not sent over plain http, and that is said", async (from, config) => {
    const { tree } = await lfsRepository({ "a.bin": BODY });
    const proxy = await startProxy({ status: 401 });
    tree.write(".git/config", config("http://far.example/o/r.git/info/lfs"));
    const { code, hint } = await errorOf(tree, { HTTP_PROXY: proxy.url });
    expect([code, hint]).toEqual(["ACCESS", expect.stringContaining(`The login of ${from} was not sent`)]);
    expect([proxy.asked, proxy.logins]).toEqual([[expect.stringContaining("POST http://far.example/")], [undefined]]);
  });

  /** Hydrates with a helper that has this password and keeps what it is told, `get` excepted. */
  async function helped(tree: Tree, password: string) {
    const helper = `!f() { echo "$1" >> asked; [ "$1" = get ] && echo username=me && echo password=${password} || cat >> told; }; f`;
    tree.write(".git/config", `${tree.read(".git/config")}[credential]\n helper = ${JSON.stringify(helper)}\n`);
    const { code } = await hydrate(tree, [], { ...GIT_ENV, PATH: process.env.PATH ?? "" });
    return { code, asked: tree.read("asked").toString(), told: tree.exists("told") && tree.read("told").toString() };
  }

  it.skipIf(!hasGit || onWindows)(
    "come from git's credential helpers, which are asked only after a refusal, and told of a login that is right",
    async () => {
      const { tree, server } = await lfsRepository({ "a.bin": BODY, "b.bin": "b" }, { login: LOGIN });
      const { code, asked, told } = await helped(tree, "secret-word");
      expect([code, asked]).toEqual([0, "get\nstore\n"]);
      const host = server.origin.replace("http://", "");
      for (const line of ["protocol=http", `host=${host}`, "username=me", "password=secret-word"]) {
        expect(`\n${told}`).toContain(`\n${line}\n`);
      }
    },
  );

  it.skipIf(!hasGit || onWindows)(
    "that a helper has and the server refuses are given back to be forgotten",
    async () => {
      const { tree, server } = await lfsRepository({ "a.bin": BODY, "b.bin": "b" }, { login: LOGIN });
      const { code, asked, told } = await helped(tree, "old-secret");
      expect([code, asked]).toEqual([7, "get\nerase\n"]);
      expect(told).toContain(`host=${server.origin.replace("http://", "")}\n`);
      expect(told).toContain("password=old-secret\n");
    },
  );

  it.skipIf(!hasGit || onWindows)("that may only not see this repository are kept", async () => {
    const refuse = ({ authorization }: { authorization: string | undefined }) => {
      return { status: authorization === LOGIN ? 403 : 401 };
    };
    const { tree } = await lfsRepository({ "a.bin": BODY }, { refuse });
    expect(await helped(tree, "secret-word")).toEqual({ code: 7, asked: "get\n", told: false });
  });

  it.skipIf(!hasGit)("are never asked of anybody: without one it ends at once", async () => {
    const { tree } = await lfsRepository({ "a.bin": BODY }, { login: LOGIN });
    const env = { ...GIT_ENV, PATH: process.env.PATH ?? "", GIT_ASKPASS: "/bin/sleep", SSH_ASKPASS: "/bin/sleep" };
    expect(await errorOf(tree, env)).toMatchObject({ code: "ACCESS", hint: expect.stringContaining("ASSETS_TOKEN") });
  });
});
