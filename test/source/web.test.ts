/** Asking hosts with the logins that the user keeps for them. */
import { describe, expect, it } from "vitest";
import { createWebSource } from "../../src/source/web.js";
import { makeClient, readAll } from "../helpers/client.js";
import { chain, type FarAnswer, type FarRequest, startFarHosts } from "../helpers/far-hosts.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { startProxy } from "../helpers/proxy.js";
import { makeTree } from "../helpers/tree.js";

const FILE = "the file";
const signal = new AbortController().signal;

/** A source for a user with these variables; the home folder is empty. */
function sourceFor(env: Record<string, string>) {
  const all = { SSL_CERT_FILE: makeTree().write("ca.pem", chain?.ca ?? ""), ...env };
  const source = createWebSource(makeClient({}, all), { network: {}, env: all, home: makeTree().root });
  return async (url: string) => {
    const { open } = await source.locate(url, { signal });
    return (await readAll(await open({ offset: 0, signal }))).bytes.toString();
  };
}

/** Far hosts that answer so, and how a user with these variables asks them. */
async function hostsFor(env: Record<string, string>, answer: (request: FarRequest) => FarAnswer) {
  const hosts = await startFarHosts(answer);
  const get = sourceFor({ HTTPS_PROXY: hosts.proxy, ...env });
  const refused = async (url: string) => {
    const error = await get(url).catch((thrown) => thrown);
    return { code: error.code, exitCode: error.exitCode, message: error.message, hint: error.hint };
  };
  return { ...hosts, get, refused };
}

const give = (): FarAnswer => ({ body: FILE });
const HUB = "https://huggingface.co/org/name/resolve/main/x.bin";

describe.skipIf(chain === undefined)("a login (needs openssl)", () => {
  it("goes to the host it is for, and not to where that redirects, however it comes back", async () => {
    const ways: Record<string, string> = {
      "huggingface.co/org/name/resolve/main/x.bin": "/again",
      "huggingface.co/again": "https://cdn.example/x?Signature=1",
      "cdn.example/x?Signature=1": "https://huggingface.co/last",
    };
    const hosts = await hostsFor({ HF_TOKEN: "hf", ASSETS_TOKEN_CDN_EXAMPLE: "cdn" }, ({ at }) => {
      const location = ways[at];
      return location === undefined ? give() : { status: 302, headers: { location } };
    });
    expect(await hosts.get(HUB)).toBe(FILE);
    expect(hosts.logins()).toEqual([
      ["huggingface.co/org/name/resolve/main/x.bin", "Bearer hf"],
      ["huggingface.co/again", "Bearer hf"],
      ["cdn.example/x?Signature=1", undefined],
      ["huggingface.co/last", undefined],
    ]);
  });

  it("in the URL outranks every other", async () => {
    const hosts = await hostsFor({ ASSETS_TOKEN_FILES_EXAMPLE: "t0ken" }, give);
    await hosts.get("https://me:pw@files.example/x");
    expect(hosts.logins()).toEqual([["files.example/x", `Basic ${Buffer.from("me:pw").toString("base64")}`]]);
  });

  it.each([400, 401, 403, 404])(
    "that is refused with %i does not keep anybody from a public file, and is not shown first again",
    async (status) => {
      const hosts = await hostsFor({ HF_TOKEN: "stale" }, ({ headers }) =>
        headers.authorization ? { status } : give(),
      );
      expect([await hosts.get(HUB), await hosts.get(HUB)]).toEqual([FILE, FILE]);
      expect(hosts.logins().map(([, login]) => login)).toEqual(["Bearer stale", undefined, undefined]);
    },
  );

  it("that came second since another file was public is still shown where it is needed", async () => {
    const hosts = await hostsFor({ HF_TOKEN: "hf" }, ({ at, headers }) => {
      return at.includes("private") === (headers.authorization !== undefined) ? give() : { status: 401 };
    });
    await hosts.get(HUB);
    expect(await hosts.get("https://huggingface.co/org/private/resolve/main/x")).toBe(FILE);
    expect(hosts.requests).toHaveLength(4);
  });

  it("is shown once and left out once, and then the refusal stands", async () => {
    const hosts = await hostsFor({ HF_TOKEN: "hf" }, () => ({ status: 401 }));
    expect(await hosts.refused(HUB)).toMatchObject({ code: "ACCESS", exitCode: 7 });
    expect(hosts.requests).toHaveLength(2);
  });

  it.each([500, 429])("is not left out because of %i", async (status) => {
    const hosts = await hostsFor({ HF_TOKEN: "hf" }, () => ({ status }));
    expect(await hosts.refused(HUB)).toMatchObject({ code: "NETWORK" });
    expect(hosts.logins().map(([, login]) => login)).toEqual(["Bearer hf"]);
  });

  it("that a host refuses is named by where the user keeps it", async () => {
    const hosts = await hostsFor({ ASSETS_TOKEN_FILES_EXAMPLE: "CANARY-token" }, () => ({ status: 401 }));
    const { message, hint } = await hosts.refused("https://files.example/x");
    expect(message).toBe("https://files.example/x refuses the login of ASSETS_TOKEN_FILES_EXAMPLE (HTTP 401).");
    expect(hint).toContain("Check ASSETS_TOKEN_FILES_EXAMPLE");
  });

  it("that is missing is named by the variable that may hold it", async () => {
    const hosts = await hostsFor({}, () => ({ status: 401 }));
    const { code, hint } = await hosts.refused("https://files.example/x");
    expect([code, hint]).toEqual(["ACCESS", expect.stringMatching(/ASSETS_TOKEN_FILES_EXAMPLE.*~\/\.netrc/)]);
  });

  it("is not blamed for what another host says, to which the URL redirects", async () => {
    const hosts = await hostsFor({ HF_TOKEN: "hf" }, ({ at }) =>
      at.startsWith("cdn") ? { status: 403 } : { status: 302, headers: { location: "https://cdn.example/x" } },
    );
    const { code, message, hint } = await hosts.refused(HUB);
    expect([code, `${message}${hint}`]).toEqual(["ACCESS", expect.not.stringContaining("HF_TOKEN")]);
    expect(hosts.requests).toHaveLength(2);
  });
});

describe("a login over plain http", () => {
  it("goes to this machine, also through a proxy on it", async () => {
    const server = await startFaultServer();
    const url = server.serve("/x", { body: FILE });
    const proxy = await startProxy();
    await sourceFor({ ASSETS_TOKEN_127_0_0_1: "t0ken" })(url);
    await sourceFor({ ASSETS_TOKEN_127_0_0_1: "t0ken", HTTP_PROXY: proxy.url })(url);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer t0ken", "Bearer t0ken"]);
  });

  it("goes to no other machine, and the error says that it was kept back", async () => {
    // The proxy answers in that machine's place.
    const proxy = await startProxy({ status: 401 });
    const get = sourceFor({ ASSETS_TOKEN_FILES_EXAMPLE: "t0ken", HTTP_PROXY: proxy.url });
    const error = await get("http://files.example/x").catch((thrown) => thrown);
    expect(proxy.asked).toEqual(["GET http://files.example/x"]);
    expect(proxy.logins).toEqual([undefined]);
    expect(error).toMatchObject({ code: "ACCESS", hint: expect.stringContaining("was not sent, since plain http") });
    expect(error.hint).toContain("ASSETS_TOKEN_FILES_EXAMPLE");
  });
});
