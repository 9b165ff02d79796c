/** What a valid manifest becomes, in each of the forms it may have. */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { canonical, document, FILE, PIN, shorthand, valid } from "./samples.js";

const PIN_URL = "https://example.com/a.bin";

/** The only asset of a manifest. */
function only(asset: object) {
  const [first] = valid(document([asset])).assets;
  if (first === undefined) throw new Error("the manifest has no asset");
  return first;
}

/** The only file of a manifest. */
function onlyFile(asset: object) {
  const [first] = only(asset).files;
  if (first === undefined) throw new Error("the asset has no file");
  return first;
}

describe("the forms of an asset", () => {
  test("the canonical form keeps everything that it says", () => {
    const asset = only({
      id: "qwen2.5-0.5b",
      type: "model",
      name: "Qwen",
      description: "Two\nlines",
      version: "2.5.0",
      license: "Apache-2.0",
      homepage: "https://example.com",
      tags: ["llm", "gguf", "llm"],
      required: true,
      metadata: { anything: [1, { at: "all" }], "x-kept": true },
      path: "models/qwen",
      files: [
        {
          path: "a/model.gguf",
          size: 5,
          sha256: PIN.toUpperCase(),
          url: PIN_URL,
          fallbackUrls: [PIN_URL, "npm:p@1.2.3/x"],
        },
      ],
    });
    expect(asset).toStrictEqual({
      id: "qwen2.5-0.5b",
      type: "model",
      name: "Qwen",
      description: "Two\nlines",
      version: "2.5.0",
      license: "Apache-2.0",
      homepage: "https://example.com",
      tags: ["llm", "gguf"],
      required: true,
      metadata: { anything: [1, { at: "all" }], "x-kept": true },
      files: [
        {
          asset: "qwen2.5-0.5b",
          path: "models/qwen/a/model.gguf",
          urls: [PIN_URL, "npm:p@1.2.3/x"],
          size: 5,
          sha256: PIN,
        },
      ],
    });
  });

  test("the shorthand is one file, its type read from a tag", () => {
    const asset = only({
      id: "a",
      name: "A",
      description: "",
      url: PIN_URL,
      fallbackUrls: ["https://mirror.example/a.bin"],
      localPath: "./models/a.bin",
      checksum: `SHA256:${PIN.toUpperCase()}`,
      size: 7,
      version: "1",
      required: false,
      tags: ["dataset", "small"],
    });
    expect(asset.type).toBe("dataset");
    expect(asset.files).toStrictEqual([
      { asset: "a", path: "models/a.bin", urls: [PIN_URL, "https://mirror.example/a.bin"], size: 7, sha256: PIN },
    ]);
  });

  test("the table names its files by key, and size_mb is a hint", () => {
    const { files } = only({
      id: "a",
      type: "model",
      destination: "models/x/",
      files: {
        "model.safetensors": { url: PIN_URL, size_mb: 1.5, sha256: PIN },
        "x-vector.bin": { url: PIN_URL },
        label: { url: PIN_URL, path: "./other/name.bin" },
      },
    });
    expect(files).toStrictEqual([
      { asset: "a", path: "models/x/model.safetensors", urls: [PIN_URL], sizeHint: 1_500_000, sha256: PIN },
      { asset: "a", path: "models/x/x-vector.bin", urls: [PIN_URL] },
      { asset: "a", path: "models/x/other/name.bin", urls: [PIN_URL] },
    ]);
  });

  test("all forms stand beside each other in one manifest", () => {
    const { assets } = valid(
      document([
        shorthand(),
        canonical({ path: "b" }, { id: "b" }),
        { id: "c", type: "x", files: { c: { url: PIN_URL } } },
      ]),
    );
    expect(assets.flatMap(({ files }) => files.map(({ path }) => path))).toEqual(["models/a.bin", "b", "c"]);
  });

  test("a localPath that ends with / takes the name from the URL", () => {
    const pathOf = (url: string) => onlyFile(shorthand({ url, localPath: "models/" })).path;
    expect(pathOf("https://zenodo.org/records/3987831/files/Cnn14_mAP%3D0.431.pth?download=1")).toBe(
      "models/Cnn14_mAP=0.431.pth",
    );
    expect(pathOf("https://example.com/x.tar.gz?a=b/c#member=in%20it/y.bin")).toBe("models/y.bin");
    expect(pathOf("npm:@scope/p@1.2.3/data/z.bin")).toBe("models/z.bin");
    expect(pathOf("./local/100%25.bin")).toBe("models/100%25.bin");
    expect(onlyFile(shorthand({ localPath: "./" })).path).toBe("a.bin");
  });

  test("an empty manifest is valid", () => {
    expect(valid(document([])).assets).toEqual([]);
  });

  test("keys that begin with x- are dropped wherever keys are ours", () => {
    const asset = canonical({ "x-file": 1 }, { "x-asset": { any: "thing" } });
    expect(valid(document([asset], { "x-top": [] })).assets).toEqual(valid(document([canonical()])).assets);
    const table = { id: "a", type: "model", files: { "a.bin": { url: PIN_URL, "x-file": 1 } } };
    expect(onlyFile(table)).toEqual(onlyFile(canonical()));
  });

  test("a size of 0 with the digest of nothing is an empty file", () => {
    const sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    expect(onlyFile(canonical({ size: 0, sha256 }))).toMatchObject({ size: 0, sha256 });
  });

  test("names that every object inherits are ordinary names", () => {
    const files = { constructor: { url: PIN_URL }, toString: { url: PIN_URL } };
    const asset = only({ id: "constructor", type: "model", files, metadata: { hasOwnProperty: 1 } });
    expect(asset.files.map(({ path }) => path)).toEqual(["constructor", "toString"]);
    expect(
      valid(document([shorthand({ id: "toString" }), shorthand({ id: "valueOf", localPath: "b" })])).assets,
    ).toHaveLength(2);
  });

  test.each(["a", "0", "qwen2.5-0.5b", "org/model@v1+q4:x_y", "模型", "हिन्दी", "Ünïcode"])(
    "the id %s is fine",
    (id) => {
      expect(only(shorthand({ id })).id).toBe(id);
    },
  );
});

describe("the text of a manifest", () => {
  test("comments, trailing commas and a byte order mark are allowed", () => {
    const text = `\ufeff// a comment
    { "version": 1, /* another */
      "assets": [ ${JSON.stringify(shorthand())}, ],
    }`;
    expect(valid(text).assets).toHaveLength(1);
  });

  test("a table of 130,000 files is read", () => {
    const files = Object.fromEntries(
      Array.from({ length: 130_000 }, (_, index) => [`f${index}`, { url: "https://e.com/f" }]),
    );
    expect(valid(document([{ id: "a", type: "model", files }])).assets[0]?.files).toHaveLength(130_000);
  }, 60_000);
});

describe("the folders of a manifest", () => {
  test("root and relative sources start at the folder of the manifest", () => {
    const manifest = valid(document([canonical({ url: "weights/a b#1.bin" })], { root: "./data/" }), { file: FILE });
    expect(manifest.base).toBe(resolve("/repo"));
    expect(manifest.root).toBe(resolve("/repo/data"));
    expect(manifest.assets[0]?.files[0]?.urls).toEqual([pathToFileURL(resolve("/repo/weights/a b#1.bin")).href]);
  });

  test("a relative source may name a member of an archive", () => {
    const [url] = onlyFile(canonical({ url: "./archive.zip#member=a%20b" })).urls;
    expect(url).toBe(`${pathToFileURL(resolve("/repo/archive.zip")).href}#member=a%20b`);
  });

  test("config/assets.json belongs to the folder above config", () => {
    const manifest = valid(document([shorthand()]), { file: resolve("/repo/config/assets.json") });
    expect(manifest.base).toBe(resolve("/repo"));
    expect(manifest.root).toBe(resolve("/repo"));
  });

  test("a root from outside replaces the manifest's own, even one that would be refused", () => {
    const root = resolve("/elsewhere");
    expect(valid(document([shorthand()], { root: "/etc" }), { root }).root).toBe(root);
  });
});
