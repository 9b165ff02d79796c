/** Every secret that the program may be given, and every place where it must not come out, however a download ends. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runBin } from "../helpers/bin.js";
import { bytesOf } from "../helpers/content.js";
import { chain, type FarAnswer, type FarRequest, startFarHosts } from "../helpers/far-hosts.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { type FileSpec, makeTree, type Tree } from "../helpers/tree.js";

const BODY = { size: 20_000, seed: 7 };
const PROXY_LOGIN = "user:CANARY-in-proxy";
const URL_LOGIN = "user:CANARY-in-url";
const TOKENS = {
  HF_TOKEN: "CANARY-hf",
  HUGGING_FACE_HUB_TOKEN: "CANARY-old-hf",
  GITHUB_TOKEN: "CANARY-github",
  GH_TOKEN: "CANARY-gh",
  ASSETS_TOKEN_FILES_EXAMPLE: "CANARY-files",
  ASSETS_TOKEN_127_0_0_1: "user:CANARY-loopback",
};
const NETRC = "machine mirror.example login user password CANARY-netrc\nmachine x login y password CANARY-other\n";
const PAIRS = [PROXY_LOGIN, URL_LOGIN, "user:CANARY-loopback", "user:CANARY-netrc"];
const SECRETS = ["CANARY", ...PAIRS.map((pair) => Buffer.from(pair).toString("base64"))];

/** One place for each kind of login. */
const PLACES = [
  "https://huggingface.co/org/name/resolve/main",
  "https://raw.githubusercontent.com/o/r/main",
  "https://files.example",
  "https://mirror.example",
  `https://${URL_LOGIN}@cdn.example`,
];

/** How hosts answer, by the last part of the path. */
const ANSWERS: Record<string, (request: FarRequest) => FarAnswer> = {
  "200": () => ({ body: bytesOf(BODY) }),
  "401": () => ({ status: 401 }),
  "403": () => ({ status: 403, headers: { "x-error-code": "GatedRepo" } }),
  "404": () => ({ status: 404, headers: { "x-error-code": "RepoNotFound" } }),
  "500": () => ({ status: 500 }),
  "wrong bytes": () => ({ body: "x".repeat(BODY.size) }),
  redirect: () => ({ status: 302, headers: { location: "https://objects.githubusercontent.com/200" } }),
  "redirect to a refusal": () => ({ status: 302, headers: { location: "https://objects.githubusercontent.com/401" } }),
  "redirect to an echo": (request) => ({ status: 302, headers: { location: `https://hf.co/${echoOf(request)}/404` } }),
  echo: (request) => ({ status: 401, body: echoOf(request), headers: { "x-error-message": echoOf(request) } }),
  "echo as coding": (request) => ({ body: bytesOf(BODY), headers: { "content-encoding": echoOf(request) } }),
  "echo as reason": (request) => ({ status: 404, headers: { "x-error-code": echoOf(request) } }),
  "echo as validator": (request) => ({
    body: bytesOf(BODY).subarray(0, 9000),
    headers: { etag: `"${echoOf(request)}"`, "content-length": `${BODY.size}`, connection: "close" },
  }),
};

/** What a host with bad manners would send back. */
function echoOf({ headers: { authorization = "" } }: FarRequest): string {
  return encodeURI(authorization.replace(/^\S+ /, ""));
}

function answer(request: FarRequest): FarAnswer {
  const name = decodeURIComponent(request.at.slice(request.at.lastIndexOf("/") + 1));
  return ANSWERS[name]?.(request) ?? { status: 404 };
}

/** Everything a run left: what it printed, and every file but the manifest, which the user wrote. */
function left(tree: Tree, { stdout, stderr }: { stdout: string; stderr: string }): string {
  const files = tree.files().filter((name) => name !== "assets.manifest.json");
  return [stdout, stderr, ...files, ...files.map((name) => tree.read(name).toString("latin1"))].join("\n");
}

function expectNoSecret(text: string): void {
  for (const secret of SECRETS) {
    const at = text.indexOf(secret);
    expect(at === -1 ? "" : text.slice(Math.max(0, at - 200), at + 80)).toBe("");
  }
}

describe.skipIf(chain === undefined)("no secret comes out (needs openssl)", { timeout: 60_000 }, () => {
  /** A tree that wants every answer of every place, and the environment of somebody with every login. */
  function prepare(more: Record<string, string> = {}) {
    const tree = makeTree();
    const home = makeTree();
    const files: Record<string, FileSpec> = {};
    for (const [n, place] of PLACES.entries()) {
      for (const name of Object.keys(ANSWERS)) {
        const pin = name === "echo as validator" ? "none" : "all";
        files[`${n}/${name}`] = { url: `${place}/${encodeURI(name)}`, body: BODY, pin };
      }
    }
    const env = {
      ...TOKENS,
      NETRC: home.write("netrc", NETRC),
      SSL_CERT_FILE: home.write("ca.pem", chain?.ca ?? ""),
      NO_PROXY: "127.0.0.1",
      // All files have the same bytes, and each of them is to be asked for.
      ASSETS_NO_REUSE: "1",
      ...more,
    };
    const download = (...args: string[]) =>
      runBin(["download", "--all", "--retries", "0", "--jobs", "16", "--log-file", "log.txt", ...args], {
        cwd: tree.root,
        env,
      });
    return { tree, files, env, download };
  }

  it.each(["--verbose", "--json", "--ndjson"])(
    "in %s, in the log file or on disk, whatever a server answers",
    async (mode) => {
      const hosts = await startFarHosts(answer, PROXY_LOGIN);
      const { tree, files, download } = prepare({ HTTPS_PROXY: hosts.proxy });
      const server = await startFaultServer();
      for (const fault of ["401", "503", "echoes the Authorization header in its error body"] as const) {
        files[fault] = { url: server.serve(`/${encodeURI(fault)}`, { body: BODY, fault }), body: BODY };
      }
      // A name that the certificate does not have.
      files["bad-certificate"] = { url: `https://${URL_LOGIN}@unnamed.example/x`, body: BODY };
      tree.manifestFor(files);
      const result = await download(mode);
      expect(result.code).toBe(1);
      expectNoSecret(left(tree, result));
      expect(tree.read("log.txt").length).toBeGreaterThan(1000);
      // The secrets were there to be told, each at its place.
      const sent = new Set(hosts.logins().map(([at, login]) => `${at.split("/", 1)[0]} ${login}`));
      const basic = (pair: string) => `Basic ${Buffer.from(pair).toString("base64")}`;
      expect(sent).toEqual(
        new Set([
          "huggingface.co Bearer CANARY-hf",
          "raw.githubusercontent.com Bearer CANARY-gh",
          "files.example Bearer CANARY-files",
          `mirror.example ${basic("user:CANARY-netrc")}`,
          `cdn.example ${basic(URL_LOGIN)}`,
          // Asked once more without the login, and where they redirect to.
          ...["huggingface.co", "raw.githubusercontent.com", "files.example", "mirror.example"].map(
            (host) => `${host} undefined`,
          ),
          ...["objects.githubusercontent.com undefined", "hf.co undefined"],
        ]),
      );
      expect(server.requests.some(({ headers }) => headers.authorization === basic("user:CANARY-loopback"))).toBe(true);
      expect(result.stdout + readFileSync(tree.path("log.txt"), "utf8")).toContain("unnamed.example");
    },
  );

  it.each<[string, Record<string, string>]>([
    ["refuses the login", { HTTPS_PROXY: "http://user:CANARY-wrong@PROXY" }],
    ["is not there", { HTTPS_PROXY: `http://${PROXY_LOGIN}@DEAD` }],
    ["does not speak TLS", { HTTPS_PROXY: `https://${PROXY_LOGIN}@PROXY` }],
    ["speaks SOCKS", { ALL_PROXY: `socks5://${PROXY_LOGIN}@PROXY` }],
    ["has an address that is none", { https_proxy: `http://${PROXY_LOGIN}@PROXY:x/y` }],
    [
      "is reached, by an authority that nobody knows",
      { HTTPS_PROXY: `http://${PROXY_LOGIN}@PROXY`, SSL_CERT_FILE: "" },
    ],
  ])("when the proxy %s", async (_, proxies) => {
    const hosts = await startFarHosts(answer, PROXY_LOGIN);
    const { dead } = await startFaultServer();
    const places = { PROXY: new URL(hosts.proxy).host, DEAD: new URL(dead).host };
    const placed = Object.entries(proxies).map(([name, value]) => {
      return [name, value.replace(/PROXY$|DEAD|PROXY(?=:x)/, (place) => places[place as keyof typeof places])];
    });
    const { tree, download } = prepare(Object.fromEntries(placed));
    tree.manifestFor({ a: { url: PLACES.map((place) => `${place}/200`), body: BODY } });
    const result = await download("--verbose");
    expect(result.code).not.toBe(0);
    expect(hosts.requests).toEqual([]);
    expectNoSecret(left(tree, result));
  });
});
