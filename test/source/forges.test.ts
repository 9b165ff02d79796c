/** Files of GitHub's releases and of Zenodo's records, by their short names and their long ones. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { sha256Of } from "../helpers/content.js";
import { startGitHub, startZenodo } from "../helpers/forges.js";
import { COMMIT, gitBlob, listen } from "../helpers/hub.js";
import { servicesIn } from "../helpers/services.js";

const ASSETS = { "model-v1.onnx": "weights", "b c.txt": "text" };

async function github(options: Partial<Parameters<typeof startGitHub>[0]> = {}, env: Record<string, string> = {}) {
  const forge = await startGitHub({ tag: "v1.0", assets: ASSETS, ...options });
  return { ...forge, at: servicesIn({ GITHUB_API_URL: forge.url, ...env }) };
}

async function zenodo() {
  const forge = await startZenodo({ "model=a.pth": "weights", "deep name.txt": "text" });
  return { ...forge, at: servicesIn({ ASSETS_ZENODO_URL: forge.url }) };
}

describe("a file of a release", () => {
  it("is described by GitHub's API", async () => {
    const { at } = await github();
    expect(await at.describe("github:o/r@v1.0/model-v1.onnx")).toEqual({
      url: "github:o/r@v1.0/model-v1.onnx",
      size: 7,
      digest: { algorithm: "sha256", hex: sha256Of("weights") },
      statedBy: "GitHub's release API",
    });
  });

  it.each([
    ["github:o/r@latest/model-v1.onnx", "github:o/r@v1.0/model-v1.onnx"],
    [
      "https://github.com/o/r/releases/latest/download/model-v1.onnx",
      "https://github.com/o/r/releases/download/v1.0/model-v1.onnx",
    ],
  ])("is pinned to the tag that latest stands for: %s", async (url, pinned) => {
    const { at } = await github();
    expect(await at.describe(url)).toMatchObject({ url: pinned, moved: "latest" });
  });

  it("may have no digest, if it is from before GitHub stated them", async () => {
    const { at } = await github({ digests: false });
    expect(await at.describe("github:o/r@v1.0/model-v1.onnx")).toEqual({
      url: "github:o/r@v1.0/model-v1.onnx",
      size: 7,
    });
  });

  it.each([
    ["v1.0", "github:o/r@v1.0/b%20c.txt"],
    ["release/2024", "github:o/r@release/2024/b%20c.txt"],
    ["@scope/p@1.0.0", "github:o/r@@scope/p@1.0.0/b%20c.txt"],
  ])("comes by its short name, with the tag %s", async (tag, url) => {
    const { at } = await github({ tag });
    expect(await at.text(url)).toBe("text");
    expect(await at.describe(url)).toMatchObject({ url });
  });

  it("comes without a question to the API where its address is known, which has a quota", async () => {
    const { url, requests } = await github();
    const at = servicesIn({ GITHUB_API_URL: url, GITHUB_SERVER_URL: url });
    expect(await at.text("github:o/r@v1.0/model-v1.onnx")).toBe("weights");
    expect(requests).toEqual(["GET /o/r/releases/download/v1.0/model-v1.onnx"]);
  });

  it("comes from a private repository with a token", async () => {
    const { at, requests, logins } = await github({ token: "gh_CANARY" }, { GITHUB_TOKEN: "gh_CANARY" });
    expect(await at.text("github:o/r@v1.0/model-v1.onnx")).toBe("weights");
    expect([requests.at(-1), logins.at(-1)]).toEqual(["GET /repos/o/r/releases/assets/0", "Bearer gh_CANARY"]);
  });

  it("is named by what there is, when it is not there", async () => {
    const { at } = await github();
    await expect(at.describe("github:o/r@v1.0/model-v2.onnx")).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: "The release v1.0 of o/r has no file model-v2.onnx.",
      hint: "It has model-v1.onnx.",
    });
    await expect(at.describe("github:o/r@v9/x")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it.each(["[]", "null", '{"assets":1}', "<html>", '{"assets":[1,null,{"name":2}]}'])(
    "is an error and no bug when the API answers with %s",
    async (answer) => {
      const url = await listen((_, response) => void response.end(answer));
      const at = servicesIn({ GITHUB_API_URL: url });
      await expect(at.describe("github:o/r@v1/x")).rejects.toMatchObject({ name: "AssetsError" });
    },
  );

  it("needs a usable GITHUB_API_URL, which matters to nobody else", async () => {
    const at = servicesIn({ GITHUB_API_URL: "ftp://x" });
    await expect(at.describe("github:o/r@v1/x")).rejects.toMatchObject({ code: "USAGE" });
    const url = await listen((_, response) => void response.end("x"));
    expect(await at.describe(`${url}/x`)).toBeUndefined();
  });
});

describe("a file of a record", () => {
  it("is described by Zenodo's API, with the MD5 that it states and the licence", async () => {
    const { at, logins } = await zenodo();
    expect(await at.describe("zenodo:42/model=a.pth")).toEqual({
      url: "zenodo:42/model=a.pth",
      size: 7,
      digest: { algorithm: "md5", hex: createHash("md5").update("weights").digest("hex") },
      statedBy: "Zenodo's record API",
      licence: "cc-by-4.0",
    });
    expect(logins[0]).toMatch(/^assets\//);
  });

  it("is pinned to the version that the number for all versions leads to", async () => {
    const { at } = await zenodo();
    expect(await at.describe("zenodo:41/model=a.pth")).toMatchObject({ url: "zenodo:42/model=a.pth", moved: "41" });
  });

  it.each([
    "https://zenodo.org/records/42/files/model%3Da.pth?download=1",
    "https://zenodo.org/record/42/files/model=a.pth",
  ])("is described by its long address %s", async (url) => {
    const { at } = await zenodo();
    expect(await at.describe(url)).toMatchObject({ url: "https://zenodo.org/records/42/files/model=a.pth", size: 7 });
  });

  it.each(["zenodo:42/deep%20name.txt", "zenodo:10.5281/zenodo.42/deep%20name.txt", "zenodo:41/deep%20name.txt"])(
    "comes by its short name %s",
    async (url) => {
      const { at } = await zenodo();
      expect(await at.text(url)).toBe("text");
    },
  );

  it("is named by what there is, when it is not there", async () => {
    const { at } = await zenodo();
    const refused = { code: "NOT_FOUND", hint: "It has model=a.pth." };
    await expect(at.describe("zenodo:42/model=b.pth")).rejects.toMatchObject(refused);
    await expect(at.text("zenodo:42/model=b.pth")).rejects.toMatchObject(refused);
  });
});

describe("a file of a repository of GitHub", () => {
  const RAW = "https://raw.githubusercontent.com/o/r";
  const about = {
    url: `${RAW}/${COMMIT}/a/b%20c.csv`,
    size: 3,
    digest: { algorithm: "git-blob", hex: gitBlob("1,2") },
    statedBy: "GitHub's contents API",
  };
  const start = async () => {
    const { url } = await startGitHub({ files: { "a/b c.csv": "1,2" }, large: { "m.onnx": "weights" } });
    return servicesIn({ GITHUB_API_URL: url });
  };

  it.each([
    [`${RAW}/main/a/b%20c.csv`, { ...about, moved: "main" }],
    [`${RAW}/refs/heads/dev/a/b%20c.csv`, { ...about, moved: "dev" }],
    [`${RAW}/feature/x/a/b%20c.csv`, { ...about, moved: "feature/x" }],
    [`${RAW}/${COMMIT}/a/b%20c.csv`, about],
    ["https://github.com/o/r/raw/main/a/b%20c.csv", { ...about, moved: "main" }],
    ["https://github.com/o/r/blob/main/a/b%20c.csv?raw=true", { ...about, moved: "main" }],
    ["https://media.githubusercontent.com/media/o/r/main/a/b%20c.csv", { ...about, moved: "main" }],
  ])("is pinned to its commit: %s", async (url, described) => {
    expect(await (await start()).describe(url)).toEqual(described);
  });

  it.each([`${RAW}/main/m.onnx`, "https://github.com/o/r/raw/main/m.onnx"])(
    "is the content and not its pointer, where Git LFS keeps it: %s",
    async (url) => {
      expect(await (await start()).describe(url)).toEqual({
        url: `https://media.githubusercontent.com/media/o/r/${COMMIT}/m.onnx`,
        size: 7,
        digest: { algorithm: "sha256", hex: sha256Of("weights") },
        statedBy: "its Git LFS pointer",
        moved: "main",
      });
    },
  );

  it("is not there when its branch is not", async () => {
    await expect((await start()).describe(`${RAW}/gone/x`)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("a file of any web server", () => {
  const serve = (headers: Record<string, string>) =>
    listen(({ method }, response) => {
      if (method === "HEAD") response.writeHead(200, headers).end();
      else response.writeHead(404).end();
    });

  it("has the size that is announced", async () => {
    const url = await serve({ "content-length": "12345" });
    expect(await servicesIn({}).describe(`${url}/x`)).toEqual({ url: `${url}/x`, size: 12345 });
  });

  it("has no size where it is announced as nothing, which some servers answer to every such question", async () => {
    const url = await serve({ "content-length": "0" });
    expect(await servicesIn({}).describe(`${url}/x`)).toBeUndefined();
  });

  it("has the size that is announced as an announcement only, where a list beside it states its digest", async () => {
    const url = await listen(({ url: asked, method }, response) => {
      if (asked === "/d/SHA256SUMS") response.end(`${sha256Of("x")}  1\n`);
      else response.writeHead(method === "HEAD" ? 200 : 404, { "content-length": "23" }).end();
    });
    expect(await servicesIn({}).describe(`${url}/d/1`)).toEqual({
      url: `${url}/d/1`,
      announced: 23,
      digest: { algorithm: "sha256", hex: sha256Of("x") },
      statedBy: "SHA256SUMS",
    });
  });

  it("has the digest that the server states of the whole", async () => {
    const value = createHash("sha256").update("x").digest("base64");
    const url = await serve({ "content-length": "1", "repr-digest": `sha-256=:${value}:` });
    expect(await servicesIn({}).describe(`${url}/x`)).toMatchObject({
      digest: { algorithm: "sha256", hex: sha256Of("x") },
      statedBy: "the server (Repr-Digest)",
    });
  });

  it.each([
    [
      "/d/SHA256SUMS",
      `${sha256Of("y")}  other\n${sha256Of("x")} *a%20b.bin\n${sha256Of("x")}  ./a b.bin\n`,
      "SHA256SUMS",
    ],
    ["/d/a%20b.bin.sha256", `${sha256Of("x").toUpperCase()}\n`, "a b.bin.sha256"],
    ["/d/sha256sum.txt", `SHA256 (a b.bin) = ${sha256Of("x")}\n`, "sha256sum.txt"],
  ])("has the digest that %s beside it states", async (path, body, statedBy) => {
    const url = await listen((request, response) => {
      if (request.url?.startsWith("/d/a%20b.bin?")) response.writeHead(405).end();
      else if (request.url === path) response.end(body);
      else response.writeHead(404).end();
    });
    const digest = { algorithm: "sha256", hex: sha256Of("x") };
    expect(await servicesIn({}).describe(`${url}/d/a%20b.bin?v=1`)).toMatchObject({ digest, statedBy });
  });

  it("is looked up in the lists of its folder, each of which is asked for once, those too that are not there", async () => {
    const asked: string[] = [];
    const url = await listen((request, response) => {
      asked.push(request.url ?? "");
      if (request.url === "/d/SHA256SUMS") response.end(`${sha256Of("x")}  1\n${sha256Of("y")}  2\n`);
      else if (request.method === "HEAD") response.end();
      else response.writeHead(404).end();
    });
    const at = servicesIn({});
    const files = ["/d/1", "/d/2", "/d/3", "/d/4", "/e/1", "/e/2"];
    const described = await Promise.all(files.map((file) => at.describe(`${url}${file}`)));
    expect(described.map((each) => each?.digest?.hex)).toEqual([
      sha256Of("x"),
      sha256Of("y"),
      ...Array(4).fill(undefined),
    ]);
    const lists = asked.filter((path) => /sum/i.test(path));
    expect(lists).toHaveLength(new Set(lists).size);
    expect(lists).toContain("/e/SHA512SUMS");
  });

  it("has no digest from a list of other files, a web page, or a list without end", async () => {
    const bodies = [`${sha256Of("x")}  other`, "<html>", "0".repeat(2_000_000)];
    for (const body of bodies) {
      const url = await listen((request, response) => {
        response.end(request.method === "HEAD" ? undefined : body);
      });
      expect((await servicesIn({}).describe(`${url}/x`))?.digest).toBeUndefined();
    }
  });

  it("is not described by the size of its compressed form, nor as a member of an archive", async () => {
    const url = await serve({ "content-length": "1", "content-encoding": "gzip" });
    expect(await servicesIn({}).describe(`${url}/x`)).toBeUndefined();
    expect(await servicesIn({}).describe(`${url}/x.zip#member=a`)).toBeUndefined();
    expect(await servicesIn({}).describe("npm:a@1.0.0/x")).toBeUndefined();
  });
});
