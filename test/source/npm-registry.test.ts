/** What npm registries say, true or not, and what becomes of it. */
import { describe, expect, test } from "vitest";
import { makeTgz } from "../helpers/archives.js";
import { makeCertificate } from "../helpers/certificate.js";
import { readAll } from "../helpers/client.js";
import { makeNpmUser } from "../helpers/npm.js";
import { startRegistry } from "../helpers/registry.js";

const tarball = makeTgz({ "model.bin": "weights" }, { prefix: "package/" });
const packages = { pkg: { "1.0.0": tarball } };
const never = new AbortController().signal;
const URL_OF_MODEL = "npm:pkg@1.0.0/model.bin";

describe("a registry that lies", () => {
  const dist = (fields: object) => ({ versions: { "1.0.0": { dist: fields } } });

  test.each([
    ["no JSON", "<html>", "BAD_RESPONSE"],
    ["null", "null", "BAD_RESPONSE"],
    ["a list", [], "BAD_RESPONSE"],
    ["no versions", { name: "pkg" }, "BAD_RESPONSE"],
    ["versions as a list", { versions: ["1.0.0"] }, "BAD_RESPONSE"],
    ["an empty version", { versions: { "1.0.0": null } }, "BAD_RESPONSE"],
    ["a version without dist", { versions: { "1.0.0": {} } }, "BAD_RESPONSE"],
    ["dist as a text", { versions: { "1.0.0": { dist: "x" } } }, "BAD_RESPONSE"],
    ["no tarball", dist({}), "BAD_RESPONSE"],
    ["a tarball that is a number", dist({ tarball: 1 }), "BAD_RESPONSE"],
    ["a tarball that is no URL", dist({ tarball: "nowhere" }), "BAD_RESPONSE"],
    ["a tarball that is a file", dist({ tarball: "file:///etc/passwd" }), "BAD_RESPONSE"],
    ["a tarball URL without end", dist({ tarball: `http://h/${"a/".repeat(10_000)}` }), "BAD_RESPONSE"],
    ["versions only in the prototype", '{"versions":{"__proto__":{"1.0.0":{"dist":{}}}}}', "NOT_FOUND"],
    ["names that drive a terminal", { versions: { "1.0.1\u001b[2J": {} } }, "NOT_FOUND"],
    ["endless names", { versions: { [`1.0.0${"1".repeat(1_000_000)}`]: {} } }, "NOT_FOUND"],
  ])("(%s) gets a clear answer", async (_, answer, code) => {
    const registry = await startRegistry({ answers: { pkg: answer } });
    const error = await makeNpmUser({ user: `registry=${registry.url}` })
      .locate(URL_OF_MODEL)
      .catch((error) => error);
    expect(error).toMatchObject({ name: "AssetsError", code });
    expect(`${error.message}${error.hint}`).not.toContain("\u001b");
    expect(`${error.message}${error.hint}`.length).toBeLessThan(500);
  });

  test.each([
    ["nothing", { integrity: undefined, shasum: undefined }, undefined],
    ["nonsense", { integrity: "nonsense", shasum: 5 }, undefined],
    ["a text that is no digest", { integrity: "sha512-AAAA", shasum: "zz" }, undefined],
    ["only SHA-1", { integrity: undefined, shasum: "A".repeat(40) }, { algorithm: "sha1", hex: "a".repeat(40) }],
    [
      "several digests",
      { integrity: `sha1-${Buffer.alloc(20).toString("base64")} sha256-${Buffer.alloc(32, 1).toString("base64")}` },
      { algorithm: "sha256", hex: "01".repeat(32) },
    ],
  ])("or an old one that states %s as integrity gives the strongest digest there is", async (_, fields, digest) => {
    const registry = await startRegistry({ packages, dist: fields });
    const located = await makeNpmUser({ user: `registry=${registry.url}` }).locate(URL_OF_MODEL);
    expect(located.digest).toEqual(digest);
  });
});

describe("where the tarball is said to be", () => {
  test("is replaced by the registry when npm is told to replace that host, with the registry's own path", async () => {
    const at = "http://mirrored.test/";
    const registry = await startRegistry({ packages, base: "/npm/", tarballsAt: at });
    const user = `registry=${registry.url}\nreplace-registry-host=mirrored.test`;
    const { open } = await makeNpmUser({ user }).locate(URL_OF_MODEL);
    await readAll(await open({ offset: 0, signal: never }));
    expect(registry.tarballRequests().map(({ path }) => path)).toEqual(["/npm/pkg/-/pkg-1.0.0.tgz"]);
  });

  test("may be the registry's own host without encryption, which is not believed, but no other such host", async ({
    skip,
  }) => {
    const tls = makeCertificate();
    if (tls === undefined) return skip("openssl is not installed");
    const start = (dist: object) => startRegistry({ packages, tls, dist: { ...dist } });
    const user = makeNpmUser();
    const cafile = user.tree.write("ca.pem", tls.cert);
    const known = (url: string) => makeNpmUser({ user: `registry=${url}\ncafile=${cafile}` });

    const plain = await start({ tarball: "http://127.0.0.1:1/x.tgz" });
    await expect(known(plain.url).locate(URL_OF_MODEL)).rejects.toMatchObject({
      code: "BAD_RESPONSE",
      message: expect.stringContaining("http://127.0.0.1:1"),
    });
    const dist: { tarball?: string } = {};
    const same = await startRegistry({ packages, tls, dist });
    dist.tarball = `${same.url.replace("https:", "http:")}pkg/-/pkg-1.0.0.tgz`;
    const { open } = await known(same.url).locate(URL_OF_MODEL);
    expect((await readAll(await open({ offset: 0, signal: never }))).bytes.equals(tarball)).toBe(true);
  });
});
