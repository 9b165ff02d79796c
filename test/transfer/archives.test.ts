/** Files that come out of archives: npm packages, tar and zip files. */
import { describe, expect, it } from "vitest";
import { makeTgz, makeZip } from "../helpers/archives.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { sendText } from "../helpers/exchange.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { cutAfter, type Fault, type FaultName, gate, holdAfter } from "../helpers/faults.js";
import { type RegistryOptions, startRegistry } from "../helpers/registry.js";
import { run } from "../helpers/run.js";
import { type FileSpec, makeTree } from "../helpers/tree.js";

const NAMES = ["one.bin", "two.bin", "deep/three.bin", "four.bin", "five.bin", "six.bin"];
const CONTENTS = Object.fromEntries(NAMES.map((name, n) => [name, bytesOf({ size: 60_000 + n, seed: 90 + n })]));
const BODY = { size: 30_000, seed: 61 };
const PACKAGE = makeTgz(CONTENTS, { prefix: "package/" });
const TARBALL = makeTgz(CONTENTS);
const ZIP = makeZip(CONTENTS);

/** A manifest that wants every file, each from the URL that `url` makes of its name. */
function wanting(url: (name: string) => string | string[]): Record<string, FileSpec> {
  return Object.fromEntries(NAMES.map((name) => [`out/${name}`, { url: url(name), body: CONTENTS[name] ?? "" }]));
}

/** A tree whose packages come from a registry of its own. */
async function withRegistry(options: RegistryOptions = {}) {
  const registry = await startRegistry({ packages: { "@scope/data": { "1.2.3": PACKAGE } }, ...options });
  const tree = makeTree();
  tree.write(".npmrc", `registry=${registry.url}\n`);
  tree.manifestFor(wanting((name) => `npm:@scope/data@1.2.3/${name}`));
  return { registry, tree };
}

/** A tree whose files are members of one archive on the fault server. */
async function withArchive(file: string, body: Buffer, fault: FaultName | FaultName[] = []) {
  const server = await startFaultServer();
  const tree = makeTree();
  const archive = server.serve(file, { body, fault });
  tree.manifestFor(wanting((name) => `${archive}#member=${name}`));
  return { server, tree };
}

const wrong = (tree: ReturnType<typeof makeTree>) =>
  NAMES.filter((name) => !tree.exists(`out/${name}`) || tree.sha256(`out/${name}`) !== sha256Of(CONTENTS[name] ?? ""));

describe("several files of one npm package", () => {
  it.each([1, 2, 6])("cost one download of it with %i jobs", async (jobs) => {
    const { registry, tree } = await withRegistry();
    const report = await run(tree, { jobs });
    expect([report.exitCode, wrong(tree), tree.leftovers()]).toEqual([0, [], []]);
    expect(registry.tarballRequests()).toHaveLength(1);
    expect(registry.requests).toHaveLength(2);
    expect(report.totals.received).toBe(PACKAGE.length);
  });

  it("cost no second download when one of them is already here", async () => {
    const { registry, tree } = await withRegistry();
    for (const name of NAMES.slice(1)) tree.write(`out/${name}`, CONTENTS[name] ?? "");
    expect((await run(tree)).totals).toMatchObject({ present: NAMES.length - 1, downloaded: 1 });
    expect(registry.tarballRequests()).toHaveLength(1);
    await run(tree);
    expect(registry.tarballRequests()).toHaveLength(1);
  });

  it("go on where a broken connection left the package", async () => {
    const { registry, tree } = await withRegistry({ cutAfter: 100_000 });
    const report = await run(tree, { jobs: 6 });
    expect([report.exitCode, wrong(tree)]).toEqual([0, []]);
    expect(registry.tarballRequests().map(({ headers }) => headers.range)).toEqual([
      undefined,
      expect.stringMatching(/^bytes=\d+-$/),
    ]);
    expect(report.totals.received).toBe(PACKAGE.length);
  });

  it("go on in the next run as well", async () => {
    const { registry, tree } = await withRegistry({ cutAfter: 100_000 });
    expect((await run(tree, { policy: { retries: 0 } })).exitCode).toBe(4);
    expect((await run(tree)).exitCode).toBe(0);
    expect(registry.tarballRequests()[1]?.headers.range).toMatch(/^bytes=\d+-$/);
    expect([wrong(tree), tree.leftovers()]).toEqual([[], []]);
  });

  it("are refused when the package is not what the registry's integrity says, and come from elsewhere", async () => {
    const integrity = `sha512-${Buffer.alloc(64).toString("base64")}`;
    const { registry, tree } = await withRegistry({ dist: { integrity } });
    expect(await run(tree)).toMatchObject({ exitCode: 5, totals: { downloaded: 0 } });
    expect(registry.tarballRequests()).toHaveLength(1);
    const server = await startFaultServer();
    const mirror = (name: string) => server.serve(`/${name}`, { body: CONTENTS[name] ?? "" });
    tree.manifestFor(wanting((name) => [`npm:@scope/data@1.2.3/${name}`, mirror(name)]));
    expect((await run(tree)).exitCode).toBe(0);
    expect(wrong(tree)).toEqual([]);
  });

  it("fail one by one: what is missing is named, the others arrive", async () => {
    const { tree } = await withRegistry();
    const urls = [
      "npm:@scope/data@1.2.3/one.bin",
      "npm:@scope/data@1.2.3/no-such-member.bin",
      "npm:@scope/data@9.9.9/one.bin",
      "npm:no-such-package@1.0.0/one.bin",
    ];
    const body = CONTENTS["one.bin"] ?? "";
    tree.manifestFor(Object.fromEntries(urls.map((url, n) => [`f${n}`, { url, body }])));
    const report = await run(tree);
    expect(report.of("f0").status).toBe("downloaded");
    const said = ["f1", "f2", "f3"].map((path) => report.of(path).error?.message);
    expect(said).toEqual([
      expect.stringContaining("no-such-member.bin"),
      expect.stringContaining("9.9.9"),
      expect.stringContaining("no-such-package"),
    ]);
  });

  it("are each held against their own pin, whatever the package's integrity says", async () => {
    const { tree } = await withRegistry();
    const url = "npm:@scope/data@1.2.3/one.bin";
    tree.manifestFor({ "out/one.bin": { url, body: CONTENTS["two.bin"] ?? "" } });
    expect(await run(tree)).toMatchObject({ exitCode: 5 });
    expect(tree.files().filter((file) => file.startsWith("out/"))).toEqual([]);
  });

  it("come out of the package although their first URL is dead, with one download still", async () => {
    const { registry, tree } = await withRegistry();
    const server = await startFaultServer();
    tree.manifestFor(
      wanting((name) => [server.serve(`/${name}`, { body: "", fault: "404" }), `npm:@scope/data@1.2.3/${name}`]),
    );
    const report = await run(tree, { jobs: 6 });
    expect([report.exitCode, wrong(tree)]).toEqual([0, []]);
    expect(registry.tarballRequests()).toHaveLength(1);
  });

  it("are not asked for offline", async () => {
    const { registry, tree } = await withRegistry();
    expect((await run(tree, { policy: { offline: true } })).exitCode).toBe(8);
    expect(registry.requests).toEqual([]);
  });
});

describe.each([
  ["tar.gz", "/data.tar.gz", TARBALL],
  ["zip", "/data.zip", ZIP],
])("several files of one %s", (_, path, archive) => {
  it.each([1, 6])("cost one download of it with %i jobs", async (jobs) => {
    const { server, tree } = await withArchive(path, archive);
    const report = await run(tree, { jobs });
    expect([report.exitCode, wrong(tree), tree.leftovers()]).toEqual([0, [], []]);
    expect(server.requests.map(({ path: asked }) => asked)).toEqual([path]);
  });

  it("go on where a broken connection left it", async () => {
    const { server, tree } = await withArchive(path, archive);
    server.serve(path, { body: archive, fault: [cutAfter(100_000)] });
    const report = await run(tree, { jobs: 6 });
    expect([report.exitCode, wrong(tree)]).toEqual([0, []]);
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, expect.stringMatching(/^bytes=\d+-$/)]);
    expect(report.totals.received).toBe(archive.length);
  });

  it.each<FaultName>(["says 200 with an HTML login page", "serves zeros", "flips one bit", "404", "403"])(
    "end right or not at all when the server %s",
    async (fault) => {
      const { server, tree } = await withArchive(path, archive, fault);
      const report = await run(tree);
      for (const name of NAMES) {
        expect([name, tree.exists(`out/${name}`)]).toEqual([name, report.of(`out/${name}`).status === "downloaded"]);
        if (tree.exists(`out/${name}`)) expect(tree.sha256(`out/${name}`)).toBe(sha256Of(CONTENTS[name] ?? ""));
      }
      expect(server.requests.length).toBeLessThanOrEqual(2);
      expect(report.told).not.toContain("CANARY");
    },
  );

  it("never write outside of the tree, whatever their names", async () => {
    const evil = { "../evil.bin": "evil", "/tmp/evil.bin": "evil", ...CONTENTS };
    const body = path.endsWith(".zip") ? makeZip(evil) : makeTgz(evil);
    const { tree } = await withArchive(path, body);
    await run(tree);
    expect(tree.files().filter((file) => file.includes("evil"))).toEqual([]);
    expect(makeTree().exists("../evil.bin")).toBe(false);
  });

  it("arrive from an archive that was damaged on its way, in the same run, although nothing pins the archive", async () => {
    const { server, tree } = await withArchive("/data.tar.gz", TARBALL, ["flips one bit"]);
    const report = await run(tree);
    expect([report.exitCode, wrong(tree), tree.leftovers()]).toEqual([0, [], []]);
    expect(server.requests).toHaveLength(2);
  });

  it("arrive for two runs at once that want different members, and no archive stays behind", async () => {
    const { tree } = await withArchive("/data.tar.gz", TARBALL);
    const runs = await Promise.all(
      NAMES.map((name) => run(tree, { selection: { include: [`out/${name}`] }, policy: { retries: 0 } })),
    );
    expect(runs.map(({ exitCode }) => exitCode)).toEqual(NAMES.map(() => 0));
    expect(wrong(tree)).toEqual([]);
    expect(tree.files().filter((name) => /^\.assets\/(?:archives|spool)\//.test(name))).toEqual([]);
  });

  it("tell nothing of the credentials in their archive's URL", async () => {
    const { tree, server } = await withArchive("/data.tar.gz", TARBALL);
    const url = server.main.replace("//", "//user:CANARY@1@");
    tree.manifestFor(wanting((name) => `${url}/data.tar.gz?token=CANARY-2#member=${name}`));
    const report = await run(tree);
    expect([report.exitCode, wrong(tree)]).toEqual([0, []]);
    expect(report.told).not.toContain("CANARY");
  });
});

describe("an archive that keeps its members waiting", () => {
  it.each(["is slow", "asks to be left alone"])("holds up nobody else when its server %s", async (how) => {
    const [far, near] = [await startFaultServer(), await startFaultServer()];
    const tree = makeTree();
    const { opened, open } = gate();
    const later: Fault = (exchange) => sendText(exchange, 503, "later", { "retry-after": "1" });
    const archive = far.serve("/data.tar.gz", {
      body: TARBALL,
      fault: how === "is slow" ? [holdAfter(0, opened)] : [later],
    });
    const others = Array.from({ length: 20 }, (_, n) => `near/${n}`);
    tree.manifestFor({
      ...wanting((name) => `${archive}#member=${name}`),
      ...Object.fromEntries(others.map((name) => [name, { url: near.serve(`/${name}`, { body: BODY }), body: BODY }])),
    });
    const order: string[] = [];
    const report = await run(tree, {
      jobs: 2,
      onEvent(event) {
        if (event.type === "outcome") order.push(event.outcome.path);
        if (order.length === others.length) open();
      },
    });
    expect([report.exitCode, wrong(tree)]).toEqual([0, []]);
    expect(order.slice(0, others.length).sort()).toEqual(others.sort());
  });

  it("for longer than an answer is waited for loses none of them", async () => {
    const { tree, server } = await withArchive("/data.tar.gz", TARBALL, []);
    server.serve("/data.tar.gz", { body: TARBALL, pace: TARBALL.length / 1.5 });
    const report = await run(tree, { policy: { firstByteTimeoutMs: 500 } });
    expect([report.exitCode, wrong(tree)]).toEqual([0, []]);
    expect(server.requests).toHaveLength(1);
  });
});
