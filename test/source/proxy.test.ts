/** Which proxy a URL is asked through. */
import { describe, expect, it } from "vitest";
import { redact } from "../../src/errors.js";
import { basic, proxyFor, staysHere, withProxies } from "../../src/source/proxy.js";

const HTTPS = new URL("https://files.example/x");
const HTTP = new URL("http://files.example/x");
const route = (url: URL, env: Record<string, string>, settings = {}) => proxyFor(url, settings, env);

function refusal(env: Record<string, string>): { code?: string; message: string; hint?: string } {
  try {
    route(HTTPS, env);
  } catch (error) {
    return error as Error;
  }
  throw new Error("It was taken.");
}

describe("the proxy of a URL", () => {
  it.each([
    ["its scheme's variable", HTTPS, { HTTPS_PROXY: "http://s:1", HTTP_PROXY: "http://h:1" }, "http://s:1"],
    ["its scheme's variable", HTTP, { HTTPS_PROXY: "http://s:1", HTTP_PROXY: "http://h:1" }, "http://h:1"],
    ["lower case before upper case", HTTPS, { https_proxy: "http://l:1", HTTPS_PROXY: "http://u:1" }, "http://l:1"],
    ["lower case before upper case", HTTP, { http_proxy: "http://l:1", HTTP_PROXY: "http://u:1" }, "http://l:1"],
    ["ALL_PROXY where nothing else is set", HTTPS, { ALL_PROXY: "http://a:1" }, "http://a:1"],
    ["all_proxy where nothing else is set", HTTP, { all_proxy: "http://a:1", ALL_PROXY: "http://b:1" }, "http://a:1"],
    [
      "its scheme's variable before ALL_PROXY",
      HTTPS,
      { ALL_PROXY: "socks5://a", HTTPS_PROXY: "http://s:1" },
      "http://s:1",
    ],
    ["the next variable when one is empty", HTTPS, { https_proxy: "", HTTPS_PROXY: "http://u:1" }, "http://u:1"],
    ["an address without a scheme, as http", HTTPS, { HTTPS_PROXY: "proxy.corp:3128" }, "http://proxy.corp:3128"],
    ["an https proxy", HTTPS, { HTTPS_PROXY: "https://proxy.corp" }, "https://proxy.corp"],
  ])("is that of %s", (_, url, env, origin) => {
    expect(route(url, env as Record<string, string>)?.origin).toBe(origin);
  });

  it.each([
    ["https, when only HTTP_PROXY is set", HTTPS, { HTTP_PROXY: "http://h:1" }],
    ["http, when only HTTPS_PROXY is set", HTTP, { HTTPS_PROXY: "http://s:1" }],
    ["a host of no_proxy", HTTPS, { HTTPS_PROXY: "http://s:1", no_proxy: "files.example", NO_PROXY: "x" }],
    ["a host of NO_PROXY", HTTPS, { ALL_PROXY: "http://s:1", NO_PROXY: ".example" }],
    [
      "http under CGI, where HTTP_PROXY is a stranger's header",
      HTTP,
      { HTTP_PROXY: "http://h:1", REQUEST_METHOD: "GET" },
    ],
  ])("is none for %s", (_, url, env) => {
    expect(route(url, env as Record<string, string>)).toBeUndefined();
  });

  it("is what the settings say, whatever the environment says", () => {
    const env = { HTTPS_PROXY: "http://env:1", NO_PROXY: "*" };
    expect(route(HTTPS, env, { httpsProxy: "http://set:1", noProxy: "" })?.origin).toBe("http://set:1");
    expect(route(HTTPS, { HTTPS_PROXY: "http://env:1" }, { httpsProxy: "" })).toBeUndefined();
  });

  it.each([
    ["user:password", "user:password"],
    ["us%40er:p%3Ass%2F%25", "us@er:p:ss/%"],
    ["user", "user:"],
    ["user:", "user:"],
    [":password", ":password"],
    ["user:100%", "user:100%"],
  ])("is told the user and password of its address, %s decoded", (login, plain) => {
    const { authorization, origin } = route(HTTPS, { HTTPS_PROXY: `http://${login}@p:3128` }) ?? {};
    expect(Buffer.from(authorization?.replace("Basic ", "") ?? "", "base64").toString()).toBe(plain);
    expect(origin).toBe("http://p:3128");
  });

  it.each(["socks5://user:CANARY@p:1080", "socks5h://p:1080", "SOCKS4://p:1080", "socks://p"])(
    "cannot be %s, and the error names what works",
    (ALL_PROXY) => {
      const { code, message, hint } = refusal({ ALL_PROXY });
      expect([code, message]).toEqual(["USAGE", expect.stringMatching(/ALL_PROXY speaks SOCKS/)]);
      expect(hint).toMatch(/http:\/\/ and https:\/\/ proxies work.*NO_PROXY/);
      expect(`${message}${hint}`).not.toContain("CANARY");
    },
  );

  it.each(["ftp://user:CANARY@p", "http://user:CAN/ARY@p:x", "http://user:CANARY@", "http://us er:CANARY@p:99999"])(
    "with the address %s is refused by the variable's name, and its password is not repeated",
    (https_proxy) => {
      const { code, message, hint } = refusal({ https_proxy });
      expect([code, message]).toEqual(["USAGE", expect.stringContaining("https_proxy")]);
      expect(`${message}${hint}`).not.toMatch(/CAN|ARY/);
    },
  );
});

describe("what is sent unencrypted", () => {
  it.each([
    ["http://127.0.0.1:8080/", undefined, true],
    ["http://localhost/", "http://127.0.0.1:3128", true],
    ["http://[::1]/", "http://localhost:3128", true],
    ["http://localhost/", "http://proxy.corp:3128", false],
    ["http://localhost.example/", undefined, false],
    ["http://10.0.0.1/", undefined, false],
    ["http://10.0.0.1/", "http://127.0.0.1:3128", false],
  ])("to %s through %s: stays here is %s", (url, HTTP_PROXY, stays) => {
    const target = new URL(url);
    expect(staysHere(target, proxyFor(target, {}, { HTTP_PROXY }))).toBe(stays);
  });
});

describe("the environment of git", () => {
  it.each([
    ["HTTP_PROXY, which curl does not read", { HTTP_PROXY: "http://h:1" }, {}, { http_proxy: "http://h:1" }],
    [
      "ALL_PROXY, for either scheme",
      { ALL_PROXY: "http://a:1", https_proxy: "http://s:1" },
      {},
      { http_proxy: "http://a:1", https_proxy: "http://s:1" },
    ],
    [
      "settings before variables",
      { HTTPS_PROXY: "http://h:1", NO_PROXY: "x" },
      { httpsProxy: "http://mine:1", noProxy: "y" },
      { https_proxy: "http://mine:1", no_proxy: "y" },
    ],
    ["no proxy where the settings want none", { ALL_PROXY: "http://a:1" }, { httpProxy: "", httpsProxy: "" }, {}],
    [
      "no HTTP_PROXY of a CGI request",
      { REQUEST_METHOD: "GET", HTTP_PROXY: "http://evil:1" },
      {},
      { REQUEST_METHOD: "GET" },
    ],
    ["nothing where nothing is set, and all else as it is", { PATH: "/bin", HTTP_PROXY: " " }, {}, { PATH: "/bin" }],
  ])("has %s", (_, env, settings, expected) => {
    expect(withProxies(settings, env)).toEqual(expected);
  });
});

describe("a login for Basic", () => {
  it("is hidden from then on where somebody repeats it: the password, or a token in the place of the user", () => {
    basic("somebody-known", "nobodys-77-secret");
    basic("ghp_atokenofnobody", "");
    expect(redact("nobodys-77-secret of somebody-known")).toBe("*** of somebody-known");
    expect(redact("a coding of ghp_atokenofnobody")).toBe("a coding of ***");
  });
});
