/** Packages of an npm registry as a source. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { parseNpmUrl } from "../../src/source/npm.js";
import { makeTgz } from "../helpers/archives.js";
import { readAll } from "../helpers/client.js";
import { makeNpmUser, variable } from "../helpers/npm.js";
import { startRegistry } from "../helpers/registry.js";

const tarball = makeTgz({ "model.bin": "weights" }, { prefix: "package/" });
const packages = { pkg: { "1.0.0": tarball }, "@scope/pkg": { "1.0.0": tarball } };
const never = new AbortController().signal;
const URL_OF_MODEL = "npm:pkg@1.0.0/model.bin";

describe("a package", () => {
  test("leads to its tarball, the member in it, and the digest that the registry states", async () => {
    const registry = await startRegistry({ packages });
    const located = await makeNpmUser({ user: `registry=${registry.url}` }).locate(URL_OF_MODEL);
    expect(located).toMatchObject({
      url: URL_OF_MODEL,
      member: { format: "tar", path: "model.bin", strip: 1 },
      digest: { algorithm: "sha512", hex: createHash("sha512").update(tarball).digest("hex") },
    });
    const { bytes } = await readAll(await located.open({ offset: 0, signal: never }));
    expect(bytes.equals(tarball)).toBe(true);
    const rest = await readAll(await located.open({ offset: 20, signal: never }));
    expect(rest).toMatchObject({ offset: 20, totalSize: tarball.length });
    expect(rest.bytes.equals(tarball.subarray(20))).toBe(true);
  });

  test("of a scope is asked of the scope's registry, its slash encoded, in the short form", async () => {
    const other = await startRegistry();
    const registry = await startRegistry({ packages, base: "/npm/" });
    const user = makeNpmUser({ user: `registry=${other.url}\n@scope:registry=${registry.url}` });
    await user.locate("npm:@scope/pkg@1.0.0/model.bin");
    expect(registry.requests.map(({ path }) => path)).toEqual(["/npm/@scope%2fpkg"]);
    expect(registry.requests[0]?.headers.accept).toContain("application/vnd.npm.install-v1+json");
    expect(other.requests).toEqual([]);
  });

  test("is asked about once, however many files are wanted at the same moment or later", async () => {
    const registry = await startRegistry({ packages });
    const user = makeNpmUser({ user: `registry=${registry.url}` });
    await Promise.all(["a", "b", "c"].map((path) => user.locate(`npm:pkg@1.0.0/${path}`)));
    await user.locate(URL_OF_MODEL);
    expect(registry.requests).toHaveLength(1);
  });

  test("that was not there is asked about again", async () => {
    const changing: Record<string, { "1.0.0": Buffer }> = {};
    const registry = await startRegistry({ packages: changing });
    const user = makeNpmUser({ user: `registry=${registry.url}` });
    await expect(user.locate(URL_OF_MODEL)).rejects.toMatchObject({ code: "NOT_FOUND" });
    changing.pkg = packages.pkg;
    await expect(user.locate(URL_OF_MODEL)).resolves.toBeDefined();
  });

  test("is found for those who still wait when one of them gives up", async () => {
    const gate = signalled();
    const asked = signalled();
    const before = () => {
      asked.give();
      return gate.given;
    };
    const registry = await startRegistry({ packages, before });
    const user = makeNpmUser({ user: `registry=${registry.url}` });
    const controller = new AbortController();
    const impatient = user.locate(URL_OF_MODEL, controller.signal);
    const patient = user.locate(URL_OF_MODEL);
    await asked.given;
    controller.abort(new Error("enough"));
    await expect(impatient).rejects.toThrow("enough");
    gate.give();
    await expect(patient).resolves.toBeDefined();
    expect(registry.requests).toHaveLength(1);
  });

  test("that nobody waits for any more is not asked about any longer, but can be again", async () => {
    const asked = signalled();
    let held = true;
    const before = async () => {
      asked.give();
      if (held) await new Promise(() => {});
    };
    const registry = await startRegistry({ packages, before });
    const user = makeNpmUser({ user: `registry=${registry.url}` });
    const controller = new AbortController();
    const waiting = user.locate(URL_OF_MODEL, controller.signal);
    await asked.given;
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    held = false;
    await expect(user.locate(URL_OF_MODEL)).resolves.toBeDefined();
  });
});

describe("what is missing is named:", () => {
  test("the package", async () => {
    const registry = await startRegistry();
    const failing = makeNpmUser({ user: `registry=${registry.url}` }).locate("npm:nope@1.0.0/x");
    await expect(failing).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining('has no package "nope"'),
      hint: expect.stringContaining("npm view nope"),
    });
  });

  test("the version, with the nearest and the latest", async () => {
    const versions = Object.fromEntries(["1.0.0", "1.2.3", "9.0.0"].map((version) => [version, tarball]));
    const registry = await startRegistry({ packages: { pkg: versions } });
    const failing = makeNpmUser({ user: `registry=${registry.url}` }).locate("npm:pkg@1.2.4/x");
    await expect(failing).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("no version 1.2.4"),
      hint: expect.stringMatching(/It has 1\.2\.3.*9\.0\.0/),
    });
  });

  test("the tarball", async () => {
    const registry = await startRegistry({ packages, dist: { tarball: "http://127.0.0.1/gone" } });
    const gone = await startRegistry({ packages, dist: { tarball: `${registry.url}gone` } });
    const { open } = await makeNpmUser({ user: `registry=${gone.url}` }).locate(URL_OF_MODEL);
    await expect(open({ offset: 0, signal: never })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("its tarball is not there"),
    });
  });
});

describe("credentials", () => {
  const authorization = "Bearer s3cr3t";
  const tokenFor = (url: string, token = "s3cr3t") => `//${new URL(url).host}/:_authToken=${token}`;

  test("go to the registry, for the package and for its tarball", async () => {
    const registry = await startRegistry({ packages, authorization });
    const user = makeNpmUser({ user: `registry=${registry.url}\n${tokenFor(registry.url)}` });
    const { open } = await user.locate(URL_OF_MODEL);
    await readAll(await open({ offset: 0, signal: never }));
    expect(registry.requests).toHaveLength(2);
  });

  test("stay away from another host that keeps the tarballs, unless it has its own", async () => {
    const files = await startRegistry({ packages });
    const registry = await startRegistry({ packages, authorization, tarballsAt: files.url });
    const fetchWith = async (user: string) => {
      const { open } = await makeNpmUser({ user: `registry=${registry.url}\n${user}` }).locate(URL_OF_MODEL);
      await readAll(await open({ offset: 0, signal: never }));
      return files.requests.at(-1)?.headers.authorization;
    };
    expect(await fetchWith(tokenFor(registry.url))).toBeUndefined();
    expect(await fetchWith(`${tokenFor(registry.url)}\n${tokenFor(files.url, "own")}`)).toBe("Bearer own");
  });

  test("that a project's .npmrc would read from the environment are never sent", async () => {
    const registry = await startRegistry({ packages });
    const project = `registry=${registry.url}\n${tokenFor(registry.url, variable("SECRET"))}`;
    await makeNpmUser({ project, env: { SECRET: "s3cr3t" } }).locate(URL_OF_MODEL);
    expect(registry.requests).toHaveLength(1);
    expect(JSON.stringify(registry.requests)).not.toMatch(/s3cr3t|SECRET/);
    expect(registry.requests[0]?.headers.authorization).toBeUndefined();
  });

  test("of the user serve a registry that the project names", async () => {
    const registry = await startRegistry({ packages, authorization });
    const user = makeNpmUser({ project: `registry=${registry.url}`, user: tokenFor(registry.url) });
    await expect(user.locate(URL_OF_MODEL)).resolves.toBeDefined();
  });

  test("that are missing are asked for by the key they stand under", async () => {
    const registry = await startRegistry({ packages, authorization });
    const failing = makeNpmUser({ user: `registry=${registry.url}` }).locate(URL_OF_MODEL);
    await expect(failing).rejects.toMatchObject({
      code: "ACCESS",
      message: expect.stringContaining('package "pkg"'),
      hint: expect.stringContaining(`//${new URL(registry.url).host}/:_authToken`),
    });
  });
});

describe("an npm: URL", () => {
  test("may have an encoded path, and a version with all its parts", () => {
    expect(parseNpmUrl("npm:@s/p@1.0.0-rc.1+b.2/a%20b/%23c?d")).toEqual({
      name: "@s/p",
      version: "1.0.0-rc.1+b.2",
      path: "a b/#c?d",
    });
  });

  test.each([
    "npm:pkg",
    "npm:pkg@1.0.0",
    "npm:pkg@1.0.0/",
    "npm:pkg/model.bin",
    "npm:pkg@latest/x",
    "npm:pkg@^1.0.0/x",
    "npm:pkg@1.0/x",
    "npm:pkg@/x",
    "npm:@1.0.0/x",
    "npm:@scope@1.0.0/x",
    "npm:../evil@1.0.0/x",
    "npm:.hidden@1.0.0/x",
    "npm:$(evil)@1.0.0/x",
    "npm:..@1.0.0/x",
    "npm:@../..@1.0.0/x",
    "npm:a b@1.0.0/x",
    "npm:a%2f..@1.0.0/x",
    "npm:p?q@1.0.0/x",
    "npm:p@1.0.0/../x",
    "npm:p@1.0.0/a/%2e%2e/x",
    "npm:p@1.0.0/a\\b",
    "npm:p@1.0.0/a#member=b",
    "npm:p@1.0.0/%zz",
  ])("%j is refused", (url) => {
    expect(() => parseNpmUrl(url)).toThrow(expect.objectContaining({ code: "UNSUPPORTED_URL" }));
  });
});

/** Something that one side waits for and the other gives. */
function signalled(): { given: Promise<void>; give: () => void } {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}
