/** Which logins a Git LFS server is shown, in which order. */
import { describe, expect, it } from "vitest";
import { AssetsError } from "../../src/errors.js";
import { createLfsLogins, type LfsLoginOptions } from "../../src/source/lfs-logins.js";

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString("base64")}`;

/** Asks a server that takes nothing but `takes`; what it was shown. */
async function asked(url: string, options: Partial<LfsLoginOptions> = {}, takes?: string) {
  const logins = createLfsLogins({
    endpoint: new URL(url),
    env: {},
    home: "/nowhere",
    network: {},
    extra: {},
    ...options,
  });
  const shown: (string | undefined)[] = [];
  const request = async ({ authorization }: Record<string, string>) => {
    shown.push(authorization);
    if (authorization === takes) return "fine";
    throw new AssetsError("ACCESS", "no", { cause: { status: 401, reason: undefined, elsewhere: false } });
  };
  const answer = await logins.ask(request).catch(() => "refused");
  return { shown, answer, logins, request };
}

/** What git's helpers have, and what they are told. */
function helpers() {
  const told: string[] = [];
  const login = { user: "me", password: "pw", tell: async (verdict: string) => void told.push(verdict) };
  return { told, git: async () => login };
}

const HOST = "https://host.example/o/r.git/info/lfs";

describe("the login", () => {
  it("of ASSETS_TOKEN_<HOST> is a bearer token, or a user and a password", async () => {
    expect((await asked(HOST, { env: { ASSETS_TOKEN_HOST_EXAMPLE: "token-of-mine" } })).shown).toEqual([
      "Bearer token-of-mine",
    ]);
    expect((await asked(HOST, { env: { ASSETS_TOKEN_HOST_EXAMPLE: "me:pw" } })).shown).toEqual([basic("me:pw")]);
  });

  it("of GitHub is a token in the place of a password, as its git server wants it", async () => {
    const { shown } = await asked("https://github.com/o/r.git/info/lfs", { env: { GH_TOKEN: "token-of-mine" } });
    expect(shown).toEqual([basic("x-access-token:token-of-mine")]);
  });

  it("of one host is not shown to another", async () => {
    expect((await asked(HOST, { env: { GH_TOKEN: "token-of-mine", HF_TOKEN: "another-token" } })).shown).toEqual([
      undefined,
    ]);
  });

  it("in git's helpers is asked for after a refusal, once, and kept", async () => {
    let questions = 0;
    const { git: ask, told } = helpers();
    const git = () => {
      questions++;
      return ask();
    };
    const { shown, answer, logins, request } = await asked(HOST, { git }, basic("me:pw"));
    expect([answer, shown, questions]).toEqual(["fine", [undefined, basic("me:pw")], 1]);
    await logins.ask(request);
    expect([shown.length, questions, told]).toEqual([3, 1, ["approve"]]);
    expect(logins.headersFor(new URL("https://host.example/x"))).toEqual({ authorization: basic("me:pw") });
    expect(logins.headersFor(new URL("https://host.example:8443/x"))).toEqual({});
  });

  it("that git has is not tried twice when it is refused", async () => {
    const { git, told } = helpers();
    const { shown, answer, logins, request } = await asked(HOST, { git }, "never");
    expect([answer, shown]).toEqual(["refused", [undefined, basic("me:pw")]]);
    await expect(logins.ask(request)).rejects.toMatchObject({ code: "ACCESS" });
    expect(told).toEqual(["reject"]);
  });

  it.each([
    [{ status: 403, reason: undefined, elsewhere: false }, "may not see this repository"],
    [{ status: 404, reason: undefined, elsewhere: false }, "may see no such repository"],
    [{ status: 401, reason: undefined, elsewhere: true }, "another host has refused"],
  ])("that git has is not given back on %j, as it %s", async (cause) => {
    const { git, told } = helpers();
    const logins = createLfsLogins({ endpoint: new URL(HOST), env: {}, home: "/nowhere", network: {}, extra: {}, git });
    await logins.ask(() => Promise.reject(new AssetsError("ACCESS", "no", { cause }))).catch(() => {});
    expect([told, logins.shown()]).toEqual([[], "git's credentials"]);
  });

  it("is not sent over plain http, but to this machine, and that is told", async () => {
    const options = {
      env: { ASSETS_TOKEN_HOST_EXAMPLE: "token-of-mine" },
      git: helpers().git,
    };
    const { shown, logins } = await asked(HOST.replace("https", "http"), options);
    expect([shown, logins.withheld()]).toEqual([[undefined], "ASSETS_TOKEN_HOST_EXAMPLE"]);
    const here = await asked("http://127.0.0.1:9/x", { env: { ASSETS_TOKEN_127_0_0_1: "token-of-mine" } });
    expect(here.shown).toEqual(["Bearer token-of-mine"]);
  });

  it.each([
    ["the server's URL", "http://me:pw@host.example/x", {}],
    ["git's http.extraHeader", "http://host.example/x", { authorization: "Bearer mine" }],
    ["git's http.extraHeader", "http://host.example/x", { "private-token": "mine" }],
  ])("of %s is kept back over plain http as well, what is no login is not", async (from, url, extra) => {
    const { logins } = await asked(url, { extra: { ...extra, "x-trace": "1" } });
    const shown = await logins.ask(async (headers) => headers);
    expect([logins.withheld(), shown]).toEqual([from, { "x-trace": "1" }]);
  });
});
