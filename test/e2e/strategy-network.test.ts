/** `--strategy git`: how git reaches the network, and what a killed run leaves behind. */
import { existsSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runBin, startBin } from "../helpers/bin.js";
import { makeCertificate } from "../helpers/certificate.js";
import { sha256Of } from "../helpers/content.js";
import { hasGit } from "../helpers/git.js";
import { type GitHubOptions, startGitHub } from "../helpers/git-hub.js";
import { startProxy } from "../helpers/proxy.js";
import { makeTree } from "../helpers/tree.js";

const certificate = makeCertificate();
const other = makeCertificate();
const WEIGHTS = "weights ".repeat(1000);
const REPO = { files: { "config.json": "{}" }, large: { "model.bin": WEIGHTS } };

async function project(options: GitHubOptions) {
  const hub = await startGitHub(options);
  const tree = makeTree();
  const asset = { id: "m", type: "model", path: "m", source: "hf:org/name" };
  tree.write("assets.manifest.json", JSON.stringify({ version: 1, assets: [asset] }));
  const base = { HF_ENDPOINT: hub.url, ASSETS_RETRIES: "0" };
  const args = ["download", "m", "--strategy", "git"];
  const run = (more: string[] = [], env: Record<string, string> = {}) =>
    runBin([...args, ...more], { cwd: tree.root, env: { ...base, ...env } });
  const start = () => startBin(args, { cwd: tree.root, env: base });
  return { hub, tree, run, start };
}

describe.skipIf(!hasGit || certificate === undefined)("git behind a private authority (needs git, openssl)", () => {
  const tls = certificate;
  const served = () => project({ ...REPO, ...(tls && { tls }) });
  const files = makeTree;

  it("is refused without it, and says that the certificate is what is wrong", async () => {
    const { tree, run } = await served();
    const { code, stderr } = await run();
    expect([code, stderr]).toEqual([4, expect.stringMatching(/certificate/i)]);
    expect(tree.exists("m/config.json")).toBe(false);
  });

  it.each(["--ca-file", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"])("trusts it by %s, as the rest does", async (way) => {
    const { tree, run } = await served();
    const file = files().write("ca.pem", tls?.cert ?? "");
    const done = way.startsWith("-") ? await run([way, file]) : await run([], { [way]: file });
    expect(done).toMatchObject({ code: 0 });
    expect(tree.sha256("m/model.bin")).toBe(sha256Of(WEIGHTS));
    expect(tree.read("m/config.json").toString()).toBe("{}");
  });

  it("goes on to trust whom git's own settings name, when others are added for the rest", async () => {
    const { tree, run } = await served();
    const [own, more] = [files().write("ca.pem", tls?.cert ?? ""), files().write("ca.pem", other?.cert ?? "")];
    const config = files().write("config", `[http]\n\tsslCAInfo = ${own}\n`);
    // The large file comes over the program's own connections, which know nothing of git's settings.
    const done = await run(["--ca-file", more, "--include", "config.json"], { GIT_CONFIG_GLOBAL: config });
    expect([done.stderr, tree.exists("m/config.json")]).toEqual([expect.not.stringContaining("cannot clone"), true]);
  });
});

describe.skipIf(!hasGit)("git behind a proxy (needs git)", () => {
  it("asks through the proxy that HTTP_PROXY names, which git itself would not read, and shows it the password", async () => {
    const { hub, tree, run } = await project(REPO);
    const proxy = await startProxy({ login: "me:sesame" });
    const done = await run([], { HTTP_PROXY: proxy.as("me:sesame") });
    expect(done).toMatchObject({ code: 0 });
    expect(tree.exists("m/config.json")).toBe(true);
    expect(proxy.asked).toContain(`GET ${hub.url}/org/name/info/refs?service=git-upload-pack`);
    expect(proxy.asked).toContain(`POST ${hub.url}/org/name/git-upload-pack`);
  });

  it("asks past it where NO_PROXY says so, and where the URL is of another scheme", async () => {
    const ways: Record<string, string>[] = [
      { NO_PROXY: "127.0.0.1" },
      { HTTP_PROXY: "", HTTPS_PROXY: "http://127.0.0.1:9" },
    ];
    for (const env of ways) {
      const { tree, run } = await project(REPO);
      expect(await run([], { HTTP_PROXY: "http://127.0.0.1:9", ...env })).toMatchObject({ code: 0 });
      expect(tree.exists("m/config.json")).toBe(true);
    }
  });
});

describe.skipIf(!hasGit)("a clone (needs git)", () => {
  it("is made where git is told to find no bare repository by itself", async () => {
    const config = makeTree().write("config", "[safe]\n\tbareRepository = explicit\n");
    const { tree, run } = await project(REPO);
    expect(await run([], { GIT_CONFIG_GLOBAL: config })).toMatchObject({ code: 0 });
    expect(tree.exists("m/config.json")).toBe(true);
  });

  it("of a run that is killed is removed by the next one, and one under way is left alone", async () => {
    const held: (() => void)[] = [];
    let told = () => {};
    let isOpen = false;
    const before = () => {
      told();
      return isOpen ? Promise.resolve() : new Promise<void>((resolve) => held.push(resolve));
    };
    const { tree, run, start } = await project({ ...REPO, before });
    const clones = () => readdirSync(tree.path(".assets/clones"));
    const asked = () =>
      new Promise<void>((resolve) => {
        told = resolve;
      });

    let isAsked = asked();
    const killed = start();
    await isAsked;
    killed.child.kill("SIGKILL");
    await killed.done;
    expect(clones()).toEqual([expect.stringMatching(new RegExp(`^${killed.child.pid}-\\d+-[0-9a-f]{8}$`))]);
    const [dead = ""] = clones();

    isAsked = asked();
    const alive = start();
    await isAsked;
    expect(clones()).toEqual([expect.stringMatching(new RegExp(`^${alive.child.pid}-`))]);
    expect(existsSync(tree.path(`.assets/clones/${dead}`))).toBe(false);
    const [living = ""] = clones();

    isOpen = true;
    expect(await run()).toMatchObject({ code: 0 });
    expect(clones()).toEqual([living]);
    for (const go of held) go();
    expect(await alive.done).toMatchObject({ code: 0 });
    expect(clones()).toEqual([]);
  });
});
