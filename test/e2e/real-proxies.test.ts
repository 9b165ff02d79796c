/** The real program through the proxies that people run. */
import { describe, expect, it } from "vitest";
import { runBin } from "../helpers/bin.js";
import { makeChain } from "../helpers/certificate.js";
import { bytesOf } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { runInProcess } from "../helpers/in-process.js";
import { PROXY_LOGIN, REAL_PROXIES, startRealProxy } from "../helpers/real-proxies.js";
import { makeTree } from "../helpers/tree.js";

const BODY = { size: 300_000, seed: 77 };
const chain = makeChain();

/** A tree that wants a file over http and one over https. */
async function prepare(runWith = runInProcess) {
  const { ca, ...tls } = chain ?? { ca: "" };
  const server = await startFaultServer(chain === undefined ? {} : { tls: tls as { key: string; cert: string } });
  const tree = makeTree();
  const plain = server.serve("/plain.bin", { body: BODY });
  server.serve("/secure.bin", { body: BODY });
  const urls = { "plain.bin": plain, ...(server.tls && { "secure.bin": `${server.tls}/secure.bin` }) };
  tree.manifestFor(Object.fromEntries(Object.entries(urls).map(([path, url]) => [path, { url, body: BODY }])));
  tree.write("ca.pem", ca);
  const args = ["download", "--all", "--retries", "0", ...(chain ? ["--ca-file", "ca.pem"] : [])];
  // Both have the same bytes, and each of them is to be fetched.
  const download = (env: Record<string, string>) =>
    runWith(args, { cwd: tree.root, env: { ASSETS_NO_REUSE: "1", ...env } });
  return { server, tree, download, names: Object.keys(urls) };
}

for (const proxy of REAL_PROXIES) {
  describe.skipIf(proxy.program === undefined)(`${proxy.name} (where it is installed)`, () => {
    it("lets downloads through, http as it is and https by a tunnel, and lets them go on where they were", async () => {
      const url = await startRealProxy(proxy, false);
      const { server, tree, download, names } = await prepare();
      for (const name of names) {
        server.serve(`/${name}`, { body: BODY, fault: ["resets in the middle of the body"] });
      }
      expect((await download({ HTTP_PROXY: url, HTTPS_PROXY: url })).code).toBe(4);
      const kept = names.map((name) => tree.read(tree.partial(name) ?? "").length);
      expect(Math.min(...kept)).toBeGreaterThan(0);
      const { code, stdout } = await download({ ALL_PROXY: url });
      expect([code, stdout]).toEqual([0, expect.stringContaining("downloaded and verified")]);
      for (const [n, name] of names.entries()) {
        expect(tree.read(name).equals(bytesOf(BODY))).toBe(true);
        expect(server.to(`/${name}`).at(-1)?.range).toMatch(new RegExp(`^bytes=${kept[n]}-`));
      }
      expect(server.to("/plain.bin")[0]?.headers.via).toContain(proxy.name);
    });

    it("takes the login of its address, and is not gone through without it", async () => {
      const url = await startRealProxy(proxy, true);
      const { server, download } = await prepare(runBin);
      const as = (login: string) => url.replace("//", `//${login}@`);
      const refused = await download({ ALL_PROXY: as("user:CANARY-wrong") });
      expect([refused.code, server.requests]).toEqual([7, []]);
      expect(refused.stdout).toContain("refuses the user and password of ALL_PROXY");
      expect(`${refused.stdout}${refused.stderr}`).not.toContain("CANARY");
      expect((await download({ ALL_PROXY: url })).stdout).toContain("asks for a login (HTTP 407)");
      const { code, stdout, stderr } = await download({ ALL_PROXY: as(PROXY_LOGIN.written) });
      expect([code, `${stdout}${stderr}`]).toEqual([0, expect.not.stringContaining("CANARY")]);
    });

    it("that cannot reach a host is told from a host that refuses", async () => {
      const url = await startRealProxy(proxy, false);
      const { server, tree, download } = await prepare();
      const secure = `${server.dead.replace("http:", "https:")}/a`;
      tree.manifestFor({ "a.bin": { url: secure, body: BODY }, "b.bin": { url: `${server.dead}/b`, body: BODY } });
      const { code, stdout } = await download({ ALL_PROXY: url });
      expect([code, stdout]).toEqual([
        4,
        expect.stringContaining(`The proxy ${url} cannot reach the host of ${secure}`),
      ]);
      if (proxy.name === "squid") expect(stdout).toContain(`cannot reach the host of ${server.dead}/b (HTTP 503)`);
    });
  });
}
