/** Writing files into a manifest with the real program, their publishers being servers on the loopback. */
import { describe, expect, it } from "vitest";
import { entries, project, START } from "../helpers/authoring.js";
import { runBin } from "../helpers/bin.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { startGitHub, startZenodo } from "../helpers/forges.js";
import { COMMIT, listen, startHub } from "../helpers/hub.js";
import { runInProcess } from "../helpers/in-process.js";
import { makeTree } from "../helpers/tree.js";

const MODEL = { size: 300_000, seed: 5 };

describe("assets add", () => {
  it("takes pin and commit from the Hub without fetching the file, and keeps every comment", async () => {
    const { tree, run, text } = project();
    const hub = await startHub({ repos: { "org/Some-Model": { large: { "onnx/model.onnx": MODEL } } } });
    const done = await run(["add", "hf:org/Some-Model/onnx/model.onnx", "--tag", "onnx"], { HF_ENDPOINT: hub.url });
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout).toContain("stated by");
    expect(done.stdout).toContain("assets download some-model");
    expect(entries(tree)).toEqual([
      {
        id: "some-model",
        type: "model",
        tags: ["onnx"],
        url: `hf:org/Some-Model@${COMMIT}/onnx/model.onnx`,
        localPath: "models/some-model/model.onnx",
        size: 300_000,
        sha256: sha256Of(MODEL),
        pinnedAs: "declared",
      },
    ]);
    for (const comment of ["// what we need", "// none yet", "] // the end"]) expect(text()).toContain(comment);
    expect(hub.requests.filter((request) => request.startsWith("cdn"))).toEqual([]);
    expect(await run(["download", "--all"], { HF_ENDPOINT: hub.url })).toMatchObject({ code: 0 });
    expect(await run(["verify"])).toMatchObject({ code: 0 });
  });

  it("fetches once what nobody states a digest of, keeps it in its place, and need not hash it again", async () => {
    const { tree, run } = project();
    const server = await startFaultServer();
    const url = server.serve("/v1/data.csv", { body: MODEL });
    const done = await run(["add", url, "--id", "numbers", "--license", "CC0-1.0", "--required"]);
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout).toContain("measured");
    expect(entries(tree)).toEqual([
      {
        id: "numbers",
        type: "dataset",
        license: "CC0-1.0",
        required: true,
        url,
        localPath: "datasets/numbers/data.csv",
        size: 300_000,
        sha256: sha256Of(MODEL),
        pinnedAs: "measured",
      },
    ]);
    expect(tree.sha256("datasets/numbers/data.csv")).toBe(sha256Of(MODEL));
    expect(tree.leftovers()).toEqual([]);
    expect(JSON.parse((await run(["status", "--json"])).stdout)).toMatchObject({ ok: true, totals: { valid: 1 } });
    expect(server.to("/v1/data.csv").filter(({ method }) => method === "GET")).toHaveLength(1);
  });

  it("holds a small file of the Hub against its git blob id before it pins what came", async () => {
    const { tree, run } = project();
    const hub = await startHub({ repos: { "datasets/org/words": { files: { "words.txt": "a\nb\n" } } } });
    const done = await run(["add", "hf:datasets/org/words@main/words.txt"], { HF_ENDPOINT: hub.url });
    expect(done).toMatchObject({ code: 0 });
    expect(entries(tree)[0]).toMatchObject({
      id: "words",
      type: "dataset",
      url: `hf:datasets/org/words@${COMMIT}/words.txt`,
      sha256: sha256Of("a\nb\n"),
      size: 4,
    });
  });

  it("takes the digest of a GitHub release, and fetches from Zenodo, whose MD5 is held against the bytes", async () => {
    const { tree, run } = project();
    const github = await startGitHub({ tag: "v2", assets: { "tool.bin": MODEL } });
    const zenodo = await startZenodo({ "table.csv": "1,2\n" });
    const env = { GITHUB_API_URL: github.url, GITHUB_SERVER_URL: github.url, ASSETS_ZENODO_URL: zenodo.url };
    const done = await run(["add", "github:o/r@v2/tool.bin", "zenodo:42/table.csv"], env);
    expect(done).toMatchObject({ code: 0 });
    // What its publisher stated is not passed over as nothing.
    expect(done.stdout).toContain("measured; the MD5 stated by Zenodo's record API is right\n");
    expect(done.stdout).not.toContain("nobody states");
    expect(entries(tree)).toMatchObject([
      { id: "tool", url: "github:o/r@v2/tool.bin", sha256: sha256Of(MODEL), pinnedAs: "declared" },
      { id: "table", license: "cc-by-4.0", sha256: sha256Of("1,2\n"), pinnedAs: "measured" },
    ]);
    expect(tree.exists("models/tool/tool.bin")).toBe(false);
    expect(tree.exists("datasets/table/table.csv")).toBe(true);
  });

  it("takes the SHA-256 from a list that the publisher put beside the file", async () => {
    const { tree, run } = project();
    const server = await startFaultServer();
    const url = server.serve("/v1/weights.onnx", { body: MODEL });
    server.serve("/v1/SHA256SUMS", { body: `${sha256Of("other")}  other\n${sha256Of(MODEL)}  weights.onnx\n` });
    expect(await run(["add", url])).toMatchObject({ code: 0, stdout: expect.stringContaining("SHA256SUMS") });
    expect(entries(tree)[0]).toMatchObject({ sha256: sha256Of(MODEL), pinnedAs: "declared" });
    expect(tree.files()).not.toContain("models/weights/weights.onnx");
  });

  it("makes one asset of several sources, and adds further files to its list", async () => {
    const { tree, run } = project();
    const server = await startFaultServer();
    const urls = ["a.txt", "b.txt", "c.txt"].map((name) => server.serve(`/${name}`, { body: name }));
    const [a = "", b = "", c = ""] = urls;
    expect(await run(["add", a, b, "--id", "texts", "--path", "datasets/texts/"])).toMatchObject({ code: 0 });
    expect(await run(["add", c, "--id", "texts"])).toMatchObject({ code: 0 });
    const [asset] = entries(tree) as { path: string; files: { path: string; sha256: string }[] }[];
    expect(asset?.path).toBe("datasets/texts");
    expect(asset?.files.map(({ path, sha256 }) => [path, sha256])).toEqual(
      ["a.txt", "b.txt", "c.txt"].map((name) => [name, sha256Of(name)]),
    );
    expect(await run(["verify"])).toMatchObject({ code: 0 });
  });

  it("writes the address of the file for one of a page that shows it, and tells what it did line by line", async () => {
    const { tree, run } = project();
    const hub = await startHub({ repos: { "org/m": { large: { "a.bin": MODEL } } } });
    const page = `https://huggingface.co/org/m/blob/${COMMIT}/a.bin`;
    const other = "https://github.com/o/r/blob/v1/a/b.onnx";
    const known = ["--sha256", "a".repeat(64)];
    const done = await run(["add", page, "--ndjson"], { HF_ENDPOINT: hub.url });
    const events = done.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.at(-2)).toMatchObject({ type: "file", status: "added", sha256: sha256Of(MODEL) });
    expect(events.at(-1)).toMatchObject({ type: "end", exitCode: 0 });
    expect(await run(["add", other, ...known, "--offline"])).toMatchObject({ code: 0 });
    expect(entries(tree).map(({ url }) => url)).toEqual([
      `https://huggingface.co/org/m/resolve/${COMMIT}/a.bin`,
      "https://raw.githubusercontent.com/o/r/v1/a/b.onnx",
    ]);
  });

  it("pins the content and not the pointer that GitHub has of it, by the address that gives the content", async () => {
    const { tree, run } = project();
    const { url } = await startGitHub({ large: { "a/m.onnx": MODEL, "b/n.onnx": "n" } });
    const pages = ["https://raw.githubusercontent.com/o/r/main/a/m.onnx", "https://github.com/o/r/raw/main/b/n.onnx"];
    expect(await run(["add", ...pages], { GITHUB_API_URL: url })).toMatchObject({ code: 0 });
    const media = `https://media.githubusercontent.com/media/o/r/${COMMIT}`;
    expect(entries(tree)).toMatchObject([
      { id: "m", url: `${media}/a/m.onnx`, size: 300_000, sha256: sha256Of(MODEL), pinnedAs: "declared" },
      { id: "n", url: `${media}/b/n.onnx`, size: 1, sha256: sha256Of("n"), pinnedAs: "declared" },
    ]);
  });

  it.each(["403", "500"])(
    "fetches a web address all the same whose host answers %s to what is asked of it",
    async (status) => {
      const server = await startFaultServer();
      const refusing = await listen((_, response) => void response.writeHead(Number(status)).end());
      const url = server.serve("/a.csv", { body: "a" });
      const { tree, run } = project();
      const env = { GITHUB_API_URL: refusing, HF_ENDPOINT: refusing };
      const raw = "https://raw.githubusercontent.com/o/r/main/a.bin";
      const done = await run(["add", raw, url, "--retries", "0"], { ...env, HTTPS_PROXY: "http://127.0.0.1:9" });
      expect(done.stderr).toContain("cannot be asked");
      expect(entries(tree)).toMatchObject([{ url }]);
    },
  );

  it("writes what came although another source fails, and ends with that failure's code", async () => {
    const { tree, run } = project();
    const server = await startFaultServer();
    const url = server.serve("/data.csv", { body: "x" });
    const done = await run(["add", url, `${server.main}/none.csv`, "--json"]);
    expect(done.code).toBe(4);
    const { files, written } = JSON.parse(done.stdout);
    expect(written).toBe(true);
    expect(files.map(({ status }: { status: string }) => status)).toEqual(["added", "failed"]);
    expect(entries(tree)).toHaveLength(1);
  });

  it("writes a URL as it was typed when only the name of a parameter reminds of a login", async () => {
    const { tree, run } = project();
    const server = await startFaultServer();
    const url = server.serve("/get?key=model.bin&sp=3", { body: MODEL });
    expect(await run(["add", url, "--id", "m", "--path", "m.bin"])).toMatchObject({ code: 0 });
    expect(entries(tree)).toMatchObject([{ url, sha256: sha256Of(MODEL) }]);
  });

  it("fetches and writes nothing in a dry run, and shows what it would write", async () => {
    const { tree, run, text } = project();
    const hub = await startHub({ repos: { "org/m": { large: { "model.onnx": MODEL } } } });
    const done = await run(["add", "hf:org/m/model.onnx", "--dry-run"], { HF_ENDPOINT: hub.url });
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining(`"sha256": "${sha256Of(MODEL)}"`) });
    expect(text()).toBe(START);
    expect(tree.files()).toEqual(["assets.manifest.json"]);
  });

  it.each([
    ["a login in the URL", ["https://me:secret@host.example/a.bin"], "carries a login"],
    ["a signed URL", ["https://host.example/a.bin?X-Amz-Signature=abcdef"], "signature"],
    ["no such file", ["nowhere.bin"], "There is no file nowhere.bin"],
    ["a host without a scheme", ["example.com/a.bin"], "Write https://example.com/a.bin"],
    [
      "a path outside the root",
      ["https://host.example/a.bin", "--sha256", "a".repeat(64), "--path", "../a.bin"],
      "climbs out",
    ],
    ["a SHA-256 of the wrong length", ["https://host.example/a.bin", "--sha256", "abc"], "64 hexadecimal digits"],
    ["--sha256 for two", ["https://a.example/a", "https://a.example/b", "--sha256", "a".repeat(64)], "a single source"],
  ])("refuses %s before anything is written", async (_, args, words) => {
    const { tree, run, text } = project();
    const done = await run(["add", ...args, "--offline"]);
    expect([2, 3]).toContain(done.code);
    expect(done.stderr).toContain(words);
    expect(done.stderr).not.toContain("secret");
    expect(text()).toBe(START);
    expect(tree.files()).toEqual(["assets.manifest.json"]);
  });

  it("takes a SHA-256 that the user knows for stated, without asking for the bytes", async () => {
    const { tree, run } = project();
    const args = [
      "add",
      "https://host.example/a.bin",
      "--sha256",
      `sha256:${"A".repeat(64)}`,
      "--size",
      "7",
      "--offline",
    ];
    expect(await run(args)).toMatchObject({ code: 0 });
    expect(entries(tree)[0]).toMatchObject({ sha256: "a".repeat(64), size: 7, pinnedAs: "declared" });
  });

  it("loses no asset when two add at once", async () => {
    const { tree } = project();
    const server = await startFaultServer();
    const urls = [1, 2, 3].map((n) => server.serve(`/data-${n}.csv`, { body: `${n}` }));
    const done = await Promise.all(urls.map((url) => runBin(["add", url], { cwd: tree.root })));
    expect(done.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(
      entries(tree)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(["data-1", "data-2", "data-3"]);
  });

  it("refuses a web page that comes in the place of the file", async () => {
    const { run, text } = project();
    const server = await startFaultServer();
    const url = server.serve("/data.csv", { body: "<!doctype html><html>log in</html>", contentType: "text/html" });
    expect(await run(["add", url])).toMatchObject({ code: 4 });
    expect(text()).toBe(START);
  });

  it("warns of a file that is shorter than its server says, and of an empty one", async () => {
    const { tree, run } = project();
    const url = await listen((request, response) => {
      const isHead = request.method === "HEAD";
      response.writeHead(200, { connection: "close", ...(isHead && { "content-length": "99999" }) });
      response.end(isHead || request.url !== "/short.bin" ? undefined : "thirteen byte");
    });
    const done = await run(["add", `${url}/short.bin`, `${url}/empty.bin`]);
    expect(done.code).toBe(0);
    expect(done.stderr).toContain("short.bin came with 13 bytes, and its server states 99999");
    expect(done.stderr).toContain("empty.bin is empty");
    expect(entries(tree)).toHaveLength(2);
  });

  it("is explained with examples", async () => {
    const { run } = project();
    const help = await run(["add", "--help"]);
    expect(help).toMatchObject({ code: 0 });
    for (const word of ["Examples:", "--dry-run", "hf:", "--fallback", "--sha256"]) expect(help.stdout).toContain(word);
  });

  it("says how to begin where there is no manifest", async () => {
    const tree = makeTree();
    const done = await runInProcess(["add", "https://host.example/a.bin"], { cwd: tree.root });
    expect(done).toMatchObject({ code: 3, stderr: expect.stringContaining("assets init") });
  });

  it("keeps the bytes of a file whose size nobody told", async () => {
    const { tree, run } = project();
    const server = await startFaultServer();
    const url = server.serve("/data.bin", { body: bytesOf(MODEL) });
    expect(await run(["add", url, "--path", "x/"])).toMatchObject({ code: 0 });
    expect(tree.sha256("x/data.bin")).toBe(sha256Of(MODEL));
  });
});
