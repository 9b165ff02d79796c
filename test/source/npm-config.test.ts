/** What is taken from the user's npm configuration, and what a repository's own `.npmrc` cannot do. */
import { mkdirSync } from "node:fs";
import { expect, test } from "vitest";
import { makeNpmUser, variable } from "../helpers/npm.js";

const registries = {
  global: "registry=https://global.test/\n@a:registry=https://global.test/a",
  user: "registry=https://user.test/\n@b:registry=https://user.test/b",
  project: "registry=https://project.test/sub\n@c:registry=https://project.test/c/",
};

test("registries rank as npm ranks them: environment, project, user, global", async () => {
  const { global, user, project } = registries;
  const registryOf = async (setup: Parameters<typeof makeNpmUser>[0], name = "x") =>
    (await makeNpmUser(setup).config()).registryFor(name);
  expect(await registryOf({ global })).toBe("https://global.test/");
  expect(await registryOf({ global, user })).toBe("https://user.test/");
  expect(await registryOf({ global, user, project })).toBe("https://project.test/sub/");
  const env = { npm_config_registry: "https://env.test" };
  expect(await registryOf({ global, user, project, env })).toBe("https://env.test/");
});

test("a scope's registry counts before the registry for everything, wherever each is set", async () => {
  const config = await makeNpmUser({ ...registries, env: { "npm_config_@d:registry": "https://env.test/d" } }).config();
  expect(["a", "b", "c", "d", "e"].map((scope) => config.registryFor(`@${scope}/x`))).toEqual([
    "https://global.test/a/",
    "https://user.test/b/",
    "https://project.test/c/",
    "https://env.test/d/",
    "https://project.test/sub/",
  ]);
});

test("without any configuration the registry is npm's default", async () => {
  const registry = (await makeNpmUser().config()).registryFor("x");
  expect(new URL(registry).protocol).toBe("https:");
});

test("the user's file may lie elsewhere, and may be named by NPM_CONFIG_USERCONFIG", async () => {
  const user = makeNpmUser({ user: "registry=https://user.test/" });
  user.env.NPM_CONFIG_USERCONFIG = user.tree.write("elsewhere", "registry=https://elsewhere.test/");
  expect((await user.config()).registryFor("x")).toBe("https://elsewhere.test/");
});

test("a home that is the project folder has one .npmrc, with everything in it counting", async () => {
  const user = makeNpmUser({ project: "registry=https://home.test/\n//home.test/:_authToken=secret" });
  user.env.HOME = user.tree.path("project");
  const config = await user.config();
  expect(config.authorizationFor(new URL("https://home.test/x"), config.registryFor("x"))).toBe("Bearer secret");
});

test("of the project's .npmrc nothing but registries counts", async () => {
  const project = [
    "registry=https://project.test/",
    "//project.test/:_authToken=theirs",
    "proxy=http://evil.test:1/",
    "https-proxy=http://evil.test:1/",
    "cafile=/etc/passwd",
    "ca=theirs",
    "strict-ssl=false",
    "userconfig=/etc/evil",
    "replace-registry-host=always",
  ].join("\n");
  const config = await makeNpmUser({ project }).config();
  expect(config.network).toEqual({});
  expect(config.registryFor("x")).toBe("https://project.test/");
  expect(config.authorizationFor(new URL("https://project.test/x"), "https://project.test/")).toBeUndefined();
  expect(config.replacesHost("any.test")).toBe(false);
});

test.each([
  ["a variable of the environment", `https://evil.test/${variable("SECRET")}/`, variable("SECRET")],
  ["credentials", "https://me:pw@evil.test/", "plain URL"],
  ["no web address", "file:///etc/passwd", "not an http or https URL"],
  ["no URL", "true", "not an http or https URL"],
])("a project's registry with %s is refused, and the environment can overrule it", async (_, value, says) => {
  const project = `registry=${value}`;
  const config = await makeNpmUser({ project, env: { SECRET: "s3cr3t" } }).config();
  expect(() => config.registryFor("x")).toThrow(expect.objectContaining({ code: "USAGE" }));
  expect(() => config.registryFor("x")).toThrow(says);
  expect(() => config.registryFor("x")).not.toThrow("s3cr3t");
  const env = { npm_config_registry: "https://env.test/" };
  expect((await makeNpmUser({ project, env }).config()).registryFor("x")).toBe("https://env.test/");
});

test("a project's .npmrc that is no file of a usual size is refused before it is read", async () => {
  const large = makeNpmUser({ project: `registry=https://h/\n${"#".repeat(100_000)}` });
  await expect(large.config()).rejects.toMatchObject({ code: "USAGE" });
  const folder = makeNpmUser();
  mkdirSync(folder.tree.path("project/.npmrc"), { recursive: true });
  await expect(folder.config()).rejects.toThrow("not a file of a usual size");
});

test("a user's file that cannot be read is named, where npm would go on without it", async () => {
  const user = makeNpmUser();
  mkdirSync(user.tree.path("home/.npmrc"), { recursive: true });
  await expect(user.config()).rejects.toMatchObject({ code: "USAGE", message: expect.stringContaining("home") });
});

test("a registry that is not a URL is named, with the key it stands under", async () => {
  const config = await makeNpmUser({ user: "@a:registry=nonsense" }).config();
  expect(() => config.registryFor("@a/x")).toThrow('@a:registry is "nonsense"');
});

test.each([
  ["a token", "//h.test/:_authToken=tok", "https://h.test/pkg", "Bearer tok"],
  [
    "a token from the environment",
    `//h.test/:_authToken=${variable("TOKEN")}`,
    "https://h.test/pkg",
    "Bearer from-env",
  ],
  ["a token whose variable is not set", `//h.test/:_authToken=${variable("UNSET")}`, "https://h.test/pkg", undefined],
  ["a pair", "//h.test/:_auth=dTpw", "https://h.test/pkg", "Basic dTpw"],
  ["name and password", "//h.test/:username=u\n//h.test/:_password=cA==", "https://h.test/pkg", "Basic dTpw"],
  ["a token of a path above", "//h.test/a/:_authToken=tok", "https://h.test/a/b/c.tgz", "Bearer tok"],
  ["a token written without final slash", "//h.test/a:_authToken=tok", "https://h.test/a/b", "Bearer tok"],
  ["a token of another path", "//h.test/a/:_authToken=tok", "https://h.test/b/c.tgz", undefined],
  ["a token of another port", "//h.test:8443/:_authToken=tok", "https://h.test/c.tgz", undefined],
  ["a token of a host with the same ending", "//h.test/:_authToken=tok", "https://evil-h.test/c", undefined],
  ["a token that belongs to no host", "_authToken=tok", "https://h.test/c", undefined],
])("%s goes where npm's rule sends it", async (_, user, url, expected) => {
  const config = await makeNpmUser({ user, env: { TOKEN: "from-env" } }).config();
  expect(config.authorizationFor(new URL(url), "https://other.test/")).toBe(expected);
});

test("the registry's token serves for the whole origin of the registry, and for no other", async () => {
  const config = await makeNpmUser({ user: "//h.test/npm/:_authToken=tok" }).config();
  const sent = (url: string) => config.authorizationFor(new URL(url), "https://h.test/npm/");
  expect(sent("https://h.test/files/x.tgz")).toBe("Bearer tok");
  expect(sent("https://cdn.test/npm/x.tgz")).toBeUndefined();
  expect(sent("https://h.test:8443/npm/x.tgz")).toBeUndefined();
});

test("a token goes over plain http only where the user chose plain http, or to this machine", async () => {
  const tokens = ["h.test", "chosen.test", "127.0.0.1:4873"].map((host) => `//${host}/:_authToken=tok`).join("\n");
  const user = `${tokens}\n@mine:registry=http://chosen.test/`;
  const config = await makeNpmUser({ user, project: "registry=http://h.test/" }).config();
  const sent = (url: string) => config.authorizationFor(new URL(url), config.registryFor("x"));
  expect(sent("http://h.test/x")).toBeUndefined();
  expect(sent("http://chosen.test/x")).toBe("Bearer tok");
  expect(sent("http://127.0.0.1:4873/x")).toBe("Bearer tok");
});

test.each([
  ["", {}],
  ["proxy=http://p.test:1", { httpProxy: "http://p.test:1", httpsProxy: "http://p.test:1" }],
  [
    "https-proxy=http://s.test:2\nproxy=http://p.test:1",
    { httpProxy: "http://p.test:1", httpsProxy: "http://s.test:2" },
  ],
  ["proxy=false", { httpProxy: "", httpsProxy: "" }],
  ["proxy=null", {}],
  ["noproxy=a.test,b.test", { noProxy: "a.test,b.test" }],
  ["strict-ssl=false", { rejectUnauthorized: false }],
  ["strict-ssl=true", {}],
  ['ca="one\\ntwo"', { ca: ["one\ntwo"] }],
  ["ca[]=one\nca[]=two", { ca: ["one", "two"] }],
  ["cafile=/nonexistent/ca.pem", {}],
  ["local-address=127.0.0.1", { localAddress: "127.0.0.1" }],
  ["user-agent=ours/1.0", { userAgent: "ours/1.0" }],
  ["user-agent=npm/{npm-version}", {}],
])("the network settings of %j are taken over", async (user, network) => {
  expect((await makeNpmUser({ user }).config()).network).toEqual(network);
});

test("a cafile outranks ca, and may stand in the global configuration", async () => {
  const user = makeNpmUser({ user: "ca=other" });
  const file = user.tree.write("ca.pem", "pem");
  user.tree.write("prefix/etc/npmrc", `cafile=${file}`);
  expect((await user.config()).network).toEqual({ ca: "pem" });
});

test("a proxy that is not a URL is named without being used", async () => {
  await expect(makeNpmUser({ user: "proxy=p.test:8080" }).config()).rejects.toThrow(
    "proxy is not an http or https URL",
  );
});

test("reading changes nothing in this process and prints nothing, whatever the files say", async () => {
  const user = makeNpmUser({ user: "unknown-key=1\nnodedir=/usr\nomit=dev\n_auth=old", project: "prefix=/x" });
  const before = { env: { ...process.env }, argv: [...process.argv], title: process.title, umask: process.umask() };
  const given = { ...user.env };
  const printed: unknown[] = [];
  const { stdout, stderr } = process;
  const original = [stdout.write, stderr.write] as const;
  stdout.write = stderr.write = (text: unknown) => printed.push(text) > 0;
  try {
    await user.config();
  } finally {
    [stdout.write, stderr.write] = original;
  }
  const after = { env: { ...process.env }, argv: [...process.argv], title: process.title, umask: process.umask() };
  expect(after).toEqual(before);
  expect(user.env).toEqual(given);
  expect(printed).toEqual([]);
});
