/** Lists in JSON and dictionaries pasted from Python scripts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJson } from "../../src/interchange/json.js";
import { readPythonScript } from "../../src/interchange/python-script.js";
import { firstUnread, problemOf } from "../../src/interchange/unread.js";

const A = "a".repeat(64);
const MD5 = "1".repeat(32);
const read = (text: string, baseUrl?: string) => readJson(Buffer.from(text), { baseUrl });
const brief = (text: string, baseUrl?: string) => read(text, baseUrl).files.map(({ place: _, ...file }) => file);
const literal = (text: string): unknown => readPythonScript(text)[0]?.value;

describe("a list in JSON", () => {
  it("has the shorthand of one file with all that is said of the asset", () => {
    const asset = {
      id: "whisper",
      name: "Whisper",
      url: "https://x.example/w.bin",
      fallbackUrls: ["https://y.example/w.bin"],
      localPath: "models/w/",
      checksum: `sha256:${A}`,
      size: 5,
      version: 2,
      required: true,
      tags: ["model", "speech"],
    };
    const { files, about, refused, notes } = read(JSON.stringify([asset]));
    expect([refused, notes]).toEqual([[], []]);
    expect(files).toMatchObject([
      { path: "models/w/w.bin", asset: "whisper", sha256: A, size: 5, urls: [asset.url, ...asset.fallbackUrls] },
    ]);
    expect(about?.get("whisper")).toEqual({
      type: "model",
      name: "Whisper",
      version: "2",
      required: true,
      tags: ["model", "speech"],
    });
  });

  it("has tables of files with a destination, by id, under models and datasets", () => {
    const files = {
      "m.bin": { url: "https://x.example/m.bin", size_mb: 5, sha256: A },
      "c.json": { url: "https://x.example/c.json" },
    };
    const text = JSON.stringify({
      models: { bert: { destination: "models/bert/", files } },
      datasets: [{ id: "d", url: "https://x.example/d.csv" }],
    });
    expect(brief(text)).toEqual([
      { asset: "bert", path: "models/bert/m.bin", sha256: A, urls: ["https://x.example/m.bin"] },
      { asset: "bert", path: "models/bert/c.json", urls: ["https://x.example/c.json"] },
      { asset: "d", path: "d.csv", urls: ["https://x.example/d.csv"] },
    ]);
    expect(read(text).about?.get("bert")).toEqual({ type: "model" });
  });

  it("may be a manifest, with comments", () => {
    const text = `{ "version": 1, // ours
      "assets": [{ "id": "a", "type": "model", "path": "m", "files": [{ "path": "x", "url": "https://x.example/x", "sha256": "${A}" }] }] }`;
    expect(brief(text)).toEqual([{ asset: "a", path: "m/x", sha256: A, urls: ["https://x.example/x"] }]);
  });

  it.each([
    ["an asset without files", '[{"id":"a"}]', /a has neither a URL nor files/],
    ["a number", "5", /neither a list nor a table/],
    ["nothing", "", /ends where a value/],
    ["a key that is there twice", '{"a":"x:y",\n"a":"x:z"}', /a: the key is there twice, with different values/],
    [
      "a digest that is too short",
      `[{"id":"a","url":"https://x.example/a","sha256":"46e375"}]`,
      /^a: 46e375 is no SHA256/,
    ],
    ["a digest of another length", `{"a.bin":"${A.slice(1)}"}`, /^a.bin: a{63} is no SHA256/],
    ["a digest that is no text", `[{"id":"a","url":"https://x.example/a","sha256":5}]`, /^a: sha256 is no text/],
    ["a digest of signs", '{"a.csv":"sha256:19uheidhlkjdwh"}', /^a.csv: 19uheidhlkjdwh is no SHA256/],
    ["something else in a list", "[[{}]]", /neither a URL nor a hash/],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0, 1]).toString("latin1"), /./],
  ])("%s is refused with a reason", (_, text, message) => {
    const { files, refused } = read(text);
    expect(files).toEqual([]);
    expect(refused[0]?.message).toMatch(message);
  });

  it("may be a registry of objects whose files lie below one base", () => {
    const text = JSON.stringify({
      "a.csv": { sha256: A, size: 5 },
      list: { files: [{ filename: "b.csv", md5: MD5 }] },
    });
    expect(brief(text, "https://x.example")).toEqual([
      { path: "a.csv", sha256: A, size: 5, urls: ["https://x.example/a.csv"] },
      { asset: "list", path: "b.csv", md5: MD5, urls: ["https://x.example/b.csv"] },
    ]);
  });

  it("has a key twice without loss, and with another value refuses that key only", () => {
    const text = `{ "a.bin": "${A}", "b.bin": "${A}", // ours\n "a.bin": "${A}",\n "b.bin": "${MD5}" }`;
    const { files, refused } = read(text, "https://x.example");
    expect(files.map(({ path }) => path)).toEqual(["a.bin"]);
    expect(refused).toEqual([{ place: "line 3", message: "b.bin: the key is there twice, with different values" }]);
  });

  it("is no success where a digest is of a kind that assets does not check", () => {
    const { files, refused } = read('{"a.bin":"sha384:0123"}', "https://x.example");
    expect(files).toHaveLength(1);
    expect(refused[0]?.message).toMatch(/^a.bin: sha384 is not checked by assets/);
  });

  it("in UTF-16, as Windows PowerShell writes, is the same", () => {
    const bytes = Buffer.from(`\ufeff{"a.csv": "${A}"}`, "utf16le");
    expect(readJson(bytes, { baseUrl: "x" }).files).toMatchObject([{ path: "a.csv", sha256: A }]);
  });

  it("refuses a file that contradicts itself", () => {
    const asset = { id: "a", url: "https://x.example/a", sha256: A, checksum: `sha256:${"b".repeat(64)}` };
    expect(read(JSON.stringify([asset])).refused[0]?.message).toBe("a has two digests of a kind that differ");
  });

  it("says which keys it leaves out", () => {
    expect(read('[{"id":"a","url":"https://x.example/a","gpu":true}]').notes[0]).toMatchObject({
      message: "gpu",
      left: true,
    });
  });
});

describe("a dictionary of a Python script", () => {
  it("has comments, trailing commas, None, tuples, texts side by side, products, an annotation", () => {
    const text = `# models
MODELS: dict[str, dict] = {
    'tiny': {  # the smallest
        "destination": r"models/tiny",
        'files': {
            "a.bin": {'url': ("https://x.example/"
                              "a.bin"), "size": 5 * 1024 ** 2, 'sha256': None,},
            'b.bin': ('https://x.example/b.bin', "md5:${MD5}"),
        },
    },
}
`;
    expect(brief(text)).toEqual([
      { asset: "tiny", path: "models/tiny/a.bin", size: 5 * 1024 ** 2, urls: ["https://x.example/a.bin"] },
      { asset: "tiny", path: "models/tiny/b.bin", md5: MD5, urls: ["https://x.example/b.bin"] },
    ]);
  });

  it("may be a registry of pooch, and a second one may say the URLs", () => {
    const text = `import pooch\n\nregistry = {"a.csv": "md5:${MD5}", "d/b.csv": "${A}"}\nregistry_urls = {\n  "a.csv": "https://y.example/1",\n}\nNAMES = ["x", "y"]\nprint(registry)\n`;
    expect(brief(text, "https://x.example")).toEqual([
      { path: "a.csv", md5: MD5, urls: ["https://y.example/1"] },
      { path: "d/b.csv", sha256: A, urls: ["https://x.example/d/b.csv"] },
    ]);
  });

  it("may be filled key by key, by calls of dict", () => {
    const text = `SETS = dict()
SETS['sample'] = dict(
    archive_name='sample.tar.gz',  # packed
    hash='md5:${MD5}',
    url=('https://x.example/dl'
         '?v=1'),
)
SETS["bad"] = dict(url=f"https://{HOST}/x")
`;
    const { files, refused } = read(text);
    expect(files).toMatchObject([
      { asset: "sample", path: "sample.tar.gz", md5: MD5, urls: ["https://x.example/dl?v=1"] },
    ]);
    expect(refused).toEqual([{ place: "line 8", message: "bad: texts with f before them are no plain texts" }]);
  });

  it("may have pairs of name and MD5", () => {
    const text = `    resources = [("train.gz", "${MD5}"), ("test.gz", "${MD5}")]\n`;
    expect(brief(text, "https://x.example/m").map(({ path, md5 }) => [path, md5])).toEqual([
      ["train.gz", MD5],
      ["test.gz", MD5],
    ]);
  });
});

describe("a literal of Python", () => {
  it.each([
    ["'it\\'s' \"x\"", "it'sx"],
    ['"""a\nb"""', "a\nb"],
    ["r'\\d'", "\\d"],
    ["'\\x41\\u00e9\\U0001F600\\101\\q'", "Aé😀A\\q"],
    ["(1)", 1],
    ["(1,)", [1]],
    ["()", []],
    ["{}", {}],
    ["1_000_000", 1_000_000],
    ["-1.5e3", -1500],
    ["0x1F", 31],
    ["[True, False, None]", [true, false, null]],
    ["{1: 'a'}", { "1": "a" }],
    ["X = [1]", [1]],
    ["[1,\\\n2]", [1, 2]],
  ])("%s", (text, value) => {
    expect(literal(text)).toEqual(value);
  });

  it.each([
    "{'a': open('x')}",
    "__import__('os').system('x')",
    "{'a': 1",
    "'a",
    "f'{x}'",
    "b'x'",
    "{'a': 1, 'a': 2}",
    "[1 2]",
    "{'a' 1}",
    "{[1]: 2}",
    "(".repeat(100_000),
    "'\\U00110000'",
    "[1] if x else [2]",
    "lambda: 1",
    "",
  ])("is not %s, which runs nothing", (text) => {
    const found = firstUnread(literal(text));
    expect(found && problemOf(found)).toMatch(/./);
  });

  it("of whatever text is never more than an answer", () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(..."{}[](),:'\"\\#= \n\rabr0x1.*NoneTruedict_-\u0000".split("")),
          maxLength: 60,
        }),
        (text) => {
          expect(Array.isArray(readPythonScript(text))).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("reads what JSON is, as JSON reads it", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes("__proto__") && !text.includes("\\/"));
        expect(literal(`X = [${text}]`)).toEqual([JSON.parse(text)]);
      }),
    );
  });
});
