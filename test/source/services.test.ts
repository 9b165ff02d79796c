/** What the refusals of Hugging Face and GitHub mean, and where their files are asked for. */
import { describe, expect, it } from "vitest";
import { createWebSource } from "../../src/source/web.js";
import { makeClient, readAll } from "../helpers/client.js";
import { chain, type FarAnswer, type FarRequest, startFarHosts } from "../helpers/far-hosts.js";
import { makeTree } from "../helpers/tree.js";

const signal = new AbortController().signal;
const HUB = "https://huggingface.co/org/name/resolve/main/x.bin";
const PAGE = "https://huggingface.co/org/name";
const WITH = { HF_TOKEN: "hf", GH_TOKEN: "gh" };

/** Asks far hosts that answer so; what came, or the error. */
async function ask(url: string, env: Record<string, string>, answer: (request: FarRequest) => FarAnswer) {
  const hosts = await startFarHosts(answer);
  const all = { SSL_CERT_FILE: makeTree().write("ca.pem", chain?.ca ?? ""), HTTPS_PROXY: hosts.proxy, ...env };
  const source = createWebSource(makeClient({}, all), { network: {}, env: all, home: makeTree().root });
  const read = async () => {
    const located = await source.locate(url, { signal });
    const opened = await located.open({ offset: 0, signal });
    return { url: located.url, text: (await readAll(opened)).bytes.toString() };
  };
  const got = await read().catch(({ code, message, hint }) => ({ code, message, hint }));
  return { ...hosts, got };
}

function refusing(status: number, reason?: string): () => FarAnswer {
  return () => ({ status, ...(reason && { headers: { "x-error-code": reason } }) });
}

describe.skipIf(chain === undefined)("Hugging Face (needs openssl)", () => {
  it.each<[string, Record<string, string>, () => FarAnswer, string, RegExp]>([
    [
      "a gated file, without a token",
      {},
      refusing(401, "GatedRepo"),
      "ACCESS",
      /accept its licence at https:\/\/huggingface\.co\/org\/name, then set HF_TOKEN, or run: hf auth login/,
    ],
    [
      "a gated file, with a token",
      WITH,
      refusing(403, "GatedRepo"),
      "ACCESS",
      /open https:\/\/huggingface\.co\/org\/name with the account of HF_TOKEN/,
    ],
    [
      "a repository that is not there or private, without a token",
      {},
      refusing(401, "RepoNotFound"),
      "ACCESS",
      /or it is private.*set HF_TOKEN, or run: hf auth login/,
    ],
    [
      "a repository that is not there or private, with a token",
      WITH,
      refusing(404, "RepoNotFound"),
      "NOT_FOUND",
      /the account of HF_TOKEN may not see it/,
    ],
    [
      "a revision that is not there",
      WITH,
      refusing(404, "RevisionNotFound"),
      "NOT_FOUND",
      /no such revision: see https:\/\/huggingface\.co\/org\/name\/tree\/main/,
    ],
    ["a file that is not there", WITH, refusing(404, "EntryNotFound"), "NOT_FOUND", /no such file/],
    ["a refusal without a reason, without a token", {}, refusing(401), "ACCESS", /set HF_TOKEN, or run: hf auth login/],
    ["a token that is refused", WITH, refusing(401), "ACCESS", /https:\/\/huggingface\.co\/settings\/tokens/],
    [
      "a token that may too little",
      WITH,
      refusing(403),
      "ACCESS",
      /The token of HF_TOKEN may not read this repository/,
    ],
  ])("says what to do about %s", async (_, env, answer, code, hint) => {
    const { got } = await ask(HUB, env, answer);
    expect(got).toEqual({ code, message: expect.stringContaining("HTTP"), hint: expect.stringMatching(hint) });
  });

  it.each([
    ["https://huggingface.co/datasets/org/data/resolve/main/x.csv", "https://huggingface.co/datasets/org/data"],
    ["https://huggingface.co/gpt2/resolve/main/x", "https://huggingface.co/gpt2"],
    ["https://huggingface.co/api/whatever", "https://huggingface.co"],
    ["https://hf.co/org/name/resolve/main/x", PAGE],
  ])("names the page of %s", async (url, page) => {
    const { got } = await ask(url, {}, refusing(401, "GatedRepo"));
    expect(got).toMatchObject({ hint: expect.stringContaining(`licence at ${page}, then`) });
  });

  it("is asked once for a gated file with a token: without it the answer would be the same", async () => {
    expect((await ask(HUB, WITH, refusing(403, "GatedRepo"))).requests).toHaveLength(1);
  });

  it("is known by its name in any capitals", async () => {
    const url = HUB.replace("huggingface.co", "HuggingFace.co:443");
    const { logins } = await ask(url, { ...WITH, HF_ENDPOINT: "https://mirror.example" }, () => ({ body: "x" }));
    expect(logins()).toEqual([["mirror.example/org/name/resolve/main/x.bin", "Bearer hf"]]);
  });

  it("is asked by its long name, so that a redirect from the short one does not cost the token", async () => {
    const { logins } = await ask(HUB.replace("huggingface.co", "hf.co"), WITH, () => ({ body: "x" }));
    expect(logins()).toEqual([["huggingface.co/org/name/resolve/main/x.bin", "Bearer hf"]]);
  });

  it.each([
    ["https://mirror.example", "mirror.example/org/name/resolve/main/x.bin"],
    ["https://mirror.example/api/hf/", "mirror.example/api/hf/org/name/resolve/main/x.bin"],
  ])("is asked at its mirror %s, with its token, and the page for people stays at home", async (HF_ENDPOINT, at) => {
    const { got, logins } = await ask(HUB, { ...WITH, HF_ENDPOINT }, refusing(403, "GatedRepo"));
    expect(logins()).toEqual([[at, "Bearer hf"]]);
    expect(got).toMatchObject({
      message: expect.stringContaining(`https://${at}`),
      hint: expect.stringContaining(PAGE),
    });
  });

  it("leaves other hosts alone when it has a mirror", async () => {
    const { logins } = await ask(
      "https://files.example/x",
      { ...WITH, HF_ENDPOINT: "https://mirror.example" },
      () => ({}),
    );
    expect(logins()).toEqual([["files.example/x", undefined]]);
  });

  it.each(["mirror.example", "ftp://mirror.example", "https://me:CANARY@mirror.example", "https://mirror.example/?a"])(
    "cannot have the mirror %s, which matters to its own files only",
    async (HF_ENDPOINT) => {
      const { got } = await ask(HUB, { HF_ENDPOINT }, () => ({}));
      expect(got).toMatchObject({ code: "USAGE", message: expect.stringContaining("HF_ENDPOINT") });
      expect(JSON.stringify(got)).not.toContain("CANARY");
      const other = await ask("https://files.example/x", { HF_ENDPOINT }, () => ({ body: "x" }));
      expect(other.got).toMatchObject({ text: "x" });
    },
  );
});

describe.skipIf(chain === undefined)("GitHub (needs openssl)", () => {
  const RAW = "https://raw.githubusercontent.com/o/r/main/x";
  const RELEASE = "https://github.com/o/r/releases/download/v1/x.bin";

  it.each<[string, string, Record<string, string>, number, string, RegExp]>([
    [
      "a file that may be private",
      RAW,
      {},
      404,
      "NOT_FOUND",
      /If the repository is private.*set GITHUB_TOKEN or GH_TOKEN/,
    ],
    ["a file that the token may not read", RAW, WITH, 404, "NOT_FOUND", /the token of GH_TOKEN may not read it/],
    ["a file of a private release", RELEASE, WITH, 404, "NOT_FOUND", /gh api repos\/o\/r\/releases\/tags\/v1/],
    ["a token that is refused", RAW, WITH, 401, "ACCESS", /gh auth status/],
    ["a token that may too little", RAW, WITH, 403, "ACCESS", /single sign-on/],
  ])("says what to do about %s", async (_, url, env, status, code, hint) => {
    const { got } = await ask(url, env, refusing(status));
    expect(got).toEqual({ code, message: expect.stringContaining("HTTP"), hint: expect.stringMatching(hint) });
  });

  it("gives the file of a release, not its description, and its token stays behind", async () => {
    const { got, requests } = await ask("https://api.github.com/repos/o/r/releases/assets/7", WITH, ({ at }) =>
      at.startsWith("objects")
        ? { body: "x" }
        : { status: 302, headers: { location: "https://objects.githubusercontent.com/x?sig=1" } },
    );
    expect(got).toMatchObject({ text: "x" });
    expect(requests.map(({ headers }) => [headers.accept, headers.authorization])).toEqual([
      ["application/octet-stream", "Bearer gh"],
      ["*/*", undefined],
    ]);
  });
});
