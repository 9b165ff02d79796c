/** The Hugging Face Hub: what it states of files and repositories, and how it lies about them. */
import { describe, expect, it } from "vitest";
import { sha256Of } from "../helpers/content.js";
import { COMMIT, gitBlob, type HubOptions, listen, startHub } from "../helpers/hub.js";
import { servicesIn, signal } from "../helpers/services.js";

const WEIGHTS = "weights ".repeat(100);
const REPO = {
  files: { "config.json": "{}", "sub/a b#1.txt": "text" },
  large: { "sub/model.safetensors": WEIGHTS },
  tags: ["region:us", "license:apache-2.0"],
};

async function hubWith(options: Partial<HubOptions> = {}, env: Record<string, string> = {}) {
  const hub = await startHub({ repos: { "org/name": REPO }, ...options });
  return { ...hub, at: servicesIn({ HF_ENDPOINT: hub.url, ...env }) };
}

describe("a file of the Hub", () => {
  it("is described without its bytes: pinned to the commit that main stands for, with size, digest and licence", async () => {
    const { at, requests } = await hubWith();
    expect(await at.describe("hf:org/name/sub/model.safetensors")).toEqual({
      url: `hf:org/name@${COMMIT}/sub/model.safetensors`,
      size: 800,
      digest: { algorithm: "sha256", hex: sha256Of(WEIGHTS) },
      statedBy: "the Hub (X-Linked-ETag)",
      moved: "main",
      licence: "apache-2.0",
    });
    expect(requests.filter((request) => request.startsWith("cdn"))).toEqual([]);
  });

  it("has the id of its git blob where the Hub states no SHA-256", async () => {
    const { at } = await hubWith();
    expect(await at.describe(`hf:org/name@${COMMIT}/config.json`)).toEqual({
      url: `hf:org/name@${COMMIT}/config.json`,
      size: 2,
      digest: { algorithm: "git-blob", hex: gitBlob("{}") },
      statedBy: "the Hub (ETag)",
      licence: "apache-2.0",
    });
  });

  it.each([
    ["https://huggingface.co/org/name/resolve/v1/config.json?download=true", "v1"],
    ["https://hf.co/org/name/blob/refs%2Fpr%2F1/config.json", "refs/pr/1"],
  ])("is pinned as it was written: %s", async (url, moved) => {
    const { at } = await hubWith();
    const pinned = `https://huggingface.co/org/name/resolve/${COMMIT}/config.json`;
    expect(await at.describe(url)).toMatchObject({ url: pinned, moved });
  });

  it("is found in the list of all files where a mirror answers nothing else", async () => {
    const refuse = (method: string, path: string) =>
      method === "HEAD" ? 405 : path.includes("paths-info") ? 404 : undefined;
    const { at } = await hubWith({ refuse });
    expect(await at.describe("hf:org/name/config.json")).toMatchObject({
      url: `hf:org/name@${COMMIT}/config.json`,
      digest: { algorithm: "git-blob", hex: gitBlob("{}") },
    });
  });

  it("is found by the tree API where a mirror answers no HEAD", async () => {
    const { at } = await hubWith({ refuse: (method) => (method === "HEAD" ? 405 : undefined) });
    expect(await at.describe("hf:org/name@v1/sub/model.safetensors")).toMatchObject({
      url: `hf:org/name@${COMMIT}/sub/model.safetensors`,
      size: 800,
      digest: { algorithm: "sha256", hex: sha256Of(WEIGHTS) },
      statedBy: "the Hub's tree API",
      moved: "v1",
    });
  });

  it.each([
    ["hf:org/name/sub/a%20b%231.txt", "text"],
    ["hf:org/name@refs/pr/1/config.json", "{}"],
    ["hf:org/name@refs%2Fpr%2F1/config.json", "{}"],
    ["hf://org/name@v1/sub/model.safetensors", WEIGHTS],
  ])("comes by its short name %s", async (url, body) => {
    const { at } = await hubWith();
    expect(await at.text(url)).toBe(body);
  });

  it("comes of datasets and spaces as well", async () => {
    const { at } = await hubWith({
      repos: { "datasets/o/d": { files: { a: "1" } }, "spaces/o/s": { files: { b: "2" } } },
    });
    expect(await at.text("hf:datasets/o/d/a")).toBe("1");
    expect(await at.text("hf:spaces/o/s/b")).toBe("2");
    expect(await at.describe("hf:datasets/o/d/a")).toMatchObject({ url: `hf:datasets/o/d@${COMMIT}/a` });
  });

  it("says which page to open when its repository is gated", async () => {
    const { at } = await hubWith({ repos: { "org/name": { ...REPO, gated: true } } });
    const refused = {
      code: "ACCESS",
      hint: expect.stringContaining("accept its licence at https://huggingface.co/org/name"),
    };
    await expect(at.text("hf:org/name/config.json")).rejects.toMatchObject(refused);
    await expect(at.describe("hf:org/name/config.json")).rejects.toMatchObject(refused);
  });

  it("comes with a token, which the CDN never sees", async () => {
    const repos = { "org/name": { ...REPO, gated: true, private: true } };
    const { at, requests, logins } = await hubWith({ repos, token: "hf_CANARY" }, { HF_TOKEN: "hf_CANARY" });
    expect(await at.text("hf:org/name/sub/model.safetensors")).toBe(WEIGHTS);
    expect(logins[requests.findIndex((request) => request.startsWith("cdn"))]).toBeUndefined();
    expect(await at.describe("hf:org/name/config.json")).toMatchObject({ size: 2 });
  });

  it.each([
    ["hf:org/none/x", "ACCESS", "There is no such repository, or it is private"],
    ["hf:org/name@gone/x", "NOT_FOUND", "no such revision: see https://huggingface.co/org/name/tree/main"],
    ["hf:org/name/gone", "NOT_FOUND", "no such file in that revision"],
  ])("says what is not there: %s", async (url, code, hint) => {
    const { at } = await hubWith();
    await expect(at.describe(url)).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) });
  });
});

describe("a Hub whose API keeps silent", () => {
  it("keeps nobody waiting once it is known that the file is not there", async () => {
    let leave = () => {};
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const url = await listen(({ method, socket }, response) => {
      if (method === "HEAD") response.writeHead(404).end();
      else socket.on("close", leave);
    });
    const { hub } = servicesIn({ HF_ENDPOINT: url });
    const found = hub.describe({ type: "model", name: "org/name", path: "x" }, { signal });
    await expect(found).rejects.toMatchObject({ code: "NOT_FOUND" });
    await left;
  });
});

describe("a repository of the Hub", () => {
  const list = async (options: Partial<HubOptions> = {}, revision?: string) => {
    const hub = await hubWith(options);
    const repository = { type: "model", name: "org/name", ...(revision && { revision }) } as const;
    return { ...hub, listing: hub.at.hub.list(repository, { signal }) };
  };

  it.each([1, 2, 1000])("is listed whole in pages of %s, its folders left out", async (pageSize) => {
    const { listing } = await list({ pageSize });
    expect(await listing).toEqual({
      url: `hf:org/name@${COMMIT}`,
      commit: COMMIT,
      moved: "main",
      files: [
        { path: "config.json", size: 2, digest: { algorithm: "git-blob", hex: gitBlob("{}") } },
        { path: "sub/a b#1.txt", size: 4, digest: { algorithm: "git-blob", hex: gitBlob("text") } },
        { path: "sub/model.safetensors", size: 800, digest: { algorithm: "sha256", hex: sha256Of(WEIGHTS) } },
      ],
    });
  });

  it("is listed at one commit, so that a push in between mixes nothing", async () => {
    const { listing, requests } = await list({ pageSize: 1 }, "v1");
    await listing;
    const trees = requests.filter((request) => request.includes("/tree/"));
    expect(trees.length).toBeGreaterThan(1);
    expect(trees.every((request) => request.includes(`/tree/${COMMIT}`))).toBe(true);
  });

  it("has its next page asked of the mirror, whatever host the page names", async () => {
    const { listing } = await list({ pageSize: 1, pagesAt: "https://huggingface.co" });
    expect((await listing).files).toHaveLength(3);
    const other = await list({ pageSize: 1, pagesAt: "https://evil.example", base: "/api/hf" });
    expect((await other.listing).files).toHaveLength(3);
  });

  it("is refused when a page names itself as the next one", async () => {
    const url = await listen((request, response) => {
      const link = `<${url}${request.url}>; rel="next"`;
      response.writeHead(200, { link }).end(JSON.stringify([{ type: "directory", path: "x", size: 0 }]));
    });
    const listing = servicesIn({ HF_ENDPOINT: url }).hub.list(
      { type: "model", name: "org/name", revision: COMMIT },
      { signal },
    );
    await expect(listing).rejects.toMatchObject({
      code: "BAD_RESPONSE",
      message: expect.stringContaining("names itself"),
    });
  });

  it.each<[string, object]>([
    ["a file without a path", { type: "file", size: 1, oid: "a" }],
    ["a size that is none", { type: "file", path: "x", size: -1 }],
    ["a size as a text", { type: "file", path: "x", size: "1" }],
  ])("is refused when it lists %s", async (_, entry) => {
    const { listing } = await list({ repos: { "org/name": { tree: [entry] } } });
    await expect(listing).rejects.toMatchObject({ code: "BAD_RESPONSE" });
  });

  it.each(["null", "{}", "[null]", "[[]]", "1", '"x"', "<html>", ""])(
    "is an error and no bug when the Hub answers %j",
    async (body) => {
      const url = await listen((_, response) => void response.end(body));
      const { hub } = servicesIn({ HF_ENDPOINT: url });
      const place = { type: "model", name: "org/name" } as const;
      for (const revision of [COMMIT, "main"]) {
        await expect(hub.list({ ...place, revision }, { signal })).rejects.toMatchObject({ name: "AssetsError" });
      }
      await expect(hub.describe({ ...place, path: "x" }, { signal })).rejects.toMatchObject({ name: "AssetsError" });
    },
  );

  it("is refused when it has empty pages, which could go on for ever", async () => {
    let page = 0;
    const url = await listen((_, response) => {
      const link = `<${url}/api/models/org/name/tree/${COMMIT}?cursor=${page++}>; rel="next"`;
      response.writeHead(200, { link }).end("[]");
    });
    const { hub } = servicesIn({ HF_ENDPOINT: url });
    const listing = hub.list({ type: "model", name: "org/name", revision: COMMIT }, { signal });
    await expect(listing).rejects.toMatchObject({
      code: "BAD_RESPONSE",
      message: expect.stringContaining("empty page"),
    });
  });

  it("takes no digest for one that is none", async () => {
    const tree = [{ type: "file", path: "x", size: 1, oid: "zz", lfs: { oid: "12", size: 1 } }];
    const { listing } = await list({ repos: { "org/name": { tree } } });
    expect((await listing).files).toEqual([{ path: "x", size: 1 }]);
  });

  it.each([500, 404, 401])("says that it cannot be listed on HTTP %s, as an error and no bug", async (status) => {
    const { listing } = await list({ refuse: () => status });
    await expect(listing).rejects.toMatchObject({ name: "AssetsError" });
  });

  it("tells what it is", async () => {
    const { at } = await hubWith({ repos: { "org/name": { ...REPO, gated: true } } });
    expect(await at.hub.about({ type: "model", name: "org/name" }, { signal })).toEqual({
      commit: COMMIT,
      moved: "main",
      licence: "apache-2.0",
      tags: REPO.tags,
      gated: true,
      private: false,
      lastModified: "2025-01-02T03:04:05.000Z",
    });
  });
});
