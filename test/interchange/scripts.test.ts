/** Tables of addresses, and Python scripts, of which each row and key is read for itself. */
import { describe, expect, it } from "vitest";
import { readJson } from "../../src/interchange/json.js";
import { readPythonScript } from "../../src/interchange/python-script.js";

const A = "a".repeat(64);
const MD5 = "1".repeat(32);
const read = (text: string, baseUrl?: string) => readJson(Buffer.from(text), { baseUrl });
const outcome = (text: string, baseUrl?: string) => {
  const { files, refused, notes } = read(text, baseUrl);
  return { paths: files.map(({ path }) => path), refused, notes: notes.map(({ message }) => message) };
};
const url = (name: string) => `"https://x.example/${name}"`;

describe("a table of addresses", () => {
  it.each([
    ["a tuple says the name", `{"train": [${url("x.mat")}, "train_32.mat", "${MD5}"]}`, ["train_32.mat"]],
    ["the address says it", `{"RN50": ${url("RN50.pt")}, "b/32": ${url("B-32.pt")}}`, ["RN50.pt", "B-32.pt"]],
    ["the key has an ending", `{"a.bin": ${url("download/b.bin")}}`, ["a.bin"]],
    ["nothing else is a name", `{"train": ${url("files/5976036")}}`, ["train"]],
    ["a word that is none stands before the address", `[["train", ${url("t.csv")}]]`, ["t.csv"]],
    ["several have one name", `{"s": ${url("s/m.pt")}, "l": ${url("l/m.pt")}}`, ["s/m.pt", "l/m.pt"]],
    ["the table is one of files", `{"a": {"files": {"LICENSE": ${url("l.txt")}}}}`, ["LICENSE"]],
  ])("names its files as they are where %s", (_, text, paths) => {
    expect(outcome(text)).toEqual({ paths, refused: [], notes: [] });
  });

  it("is understood with the table that has the hashes of the same keys, names of files or not", () => {
    const of = (key: string, more = "") =>
      read(`H = {"${key}": "${A}"${more}}\nU = {"${key}": ${url("t.csv")}}\n`, "https://y.example").files;
    expect(of("train")).toMatchObject([{ path: "t.csv", sha256: A, urls: ["https://x.example/t.csv"] }]);
    const registry = of("LICENSE", `, "a.csv": "${A}"`);
    expect(registry).toMatchObject([{ path: "LICENSE", urls: ["https://x.example/t.csv"] }, { path: "a.csv" }]);
  });

  it("tells that a part of an address may be a digest, and takes it for none", () => {
    const { files, notes } = read(`{"RN50": ${url(`clip/${A}/RN50.pt`)}}`);
    expect(files[0]).not.toHaveProperty("sha256");
    expect(notes[0]?.message).toMatch(/RN50.pt: a{12}… in its URL may be its SHA-256/);
  });
});

describe("a script", () => {
  it.each([
    ["a text under a key", `M = {}\nM["d.bin"] = ${url("d.bin")}`, ["d.bin"]],
    ["a tuple under a key", `M["d.bin"] = (${url("d.bin")}, "${A}")`, ["d.bin"]],
    ["update", `M.update({\n "c.bin": ${url("c.bin")},\n})\nx = 1`, ["c.bin"]],
    ["a joined table", `M |= {"b.bin": ${url("b.bin")}}`, ["b.bin"]],
    ["a joined list", `M += [(${url("b.bin")}, "${A}")]`, ["b.bin"]],
    ["append", `M.append((${url("b.bin")}, "${A}"))`, ["b.bin"]],
    ["a call with names", `X = M(\n  # one\n  filename="c.tgz",\n  url=${url("59")}, checksum="${A}")`, ["c.tgz"]],
    ["a call in a table", `X = {"a": Meta(url=${url("a.bin")}, license="MIT")}`, ["a.bin"]],
    ["a list of calls of dict", `X = [dict(url=${url("f.bin")}, sha256="${A}")]`, ["f.bin"]],
    ["a call by itself", `fetch(url=${url("f.bin")}, sha256="${A}")`, ["f.bin"]],
    ["pooch.create", `P = pooch.create(path=c("x"), registry={"a": "${A}"}, urls={"a": ${url("b.c")}})`, ["a"]],
    ["an annotation", `M: dict[str, str] = {"a.bin": ${url("a.bin")}}`, ["a.bin"]],
    ["a key twice with one value", `M = {"a.bin": ${url("a.bin")}, "a.bin": ${url("a.bin")}}`, ["a.bin"]],
  ])("is read of %s", (_, text, paths) => {
    expect(outcome(`import x\n${text}\n`)).toMatchObject({ paths, refused: [] });
  });

  const M = `M = {"a.bin": ${url("a")}}`;
  it.each<[string, string, string[], string, RegExp]>([
    [
      "a row",
      `B = [\n ("b.bin", BASE + "b.bin", "${A}"),\n ("c.bin", ${url("c.bin")}, "${A}"),\n]`,
      ["c.bin"],
      "line 2",
      /^BASE is no/,
    ],
    [
      "a key",
      `R = {"a.bin": ${url("a")},\n "b.bin": get("b"), "c.bin": ${url("c")}}`,
      ["a.bin", "c.bin"],
      "line 2",
      /^b.bin: get/,
    ],
    [
      "an object",
      `O = {"c": {"url": ${url("c.bin")}},\n "d": {"url": f"https://{v}/d"}}`,
      ["c.bin"],
      "line 2",
      /^d: texts with f/,
    ],
    [
      "an object's digest",
      `O = {"c": {"url": ${url("c.bin")}},\n "d": {"url": ${url("d")}, "sha256": x}}`,
      ["c.bin"],
      "line 2",
      /^d: x/,
    ],
    ["a mirror", `O = [{"id": "a", "urls": [${url("a")},\n BASE + "/a"]}]`, [], "line 2", /^a: BASE is no/],
    ["what is spread", `O = {**OTHER,\n "c.bin": ${url("c")}}`, ["c.bin"], "line 1", /^\*\*OTHER: "\*" begins/],
    [
      "a key twice",
      `O = {"a.bin": ${url("1")},\n "a.bin": ${url("2")}, "b.bin": ${url("b")}}`,
      ["b.bin"],
      "line 2",
      /^a.bin: the key is there/,
    ],
    ["a key that is worked out", `${M}\nM[name] = ${url("b")}`, ["a.bin"], "line 2", /^its key is worked out/],
    ["a comprehension", `${M}\nU = [${url("%s")} % n for n in N]`, ["a.bin"], "line 2", /comma/],
    ["what is joined", `${M} | dict(\n x, b=${url("b")})`, ["a.bin"], "line 1", /^more stands behind it/],
    ["an address by itself", `${M}\nURL = ${url("b.zip")}`, ["a.bin"], "line 2", /stands by itself/],
    ["a digest by itself", `${M}\nclass D:\n    tgz_md5 = "${MD5}"`, ["a.bin"], "line 3", /stands by itself/],
    ["a call without names", `${M}\nget(${url("b")}, sha256="${A}")`, ["a.bin"], "line 2", /^get is no literal/],
    ["what names bytes and no file", `${M}\nN = {"x": {"page": ${url("b")}}}`, ["a.bin"], "x", /^x has neither/],
  ])("of which %s is not read names it with its line, and is read apart from it", (_, text, paths, place, message) => {
    const { refused, ...rest } = outcome(text);
    expect(rest.paths).toEqual(paths);
    expect(refused).toEqual([{ place, message: expect.stringMatching(message) }]);
  });

  it("is left alone where it names no bytes: code, words in quotes, a base that the user names", () => {
    const text = [
      `"""Words.\n\nurl = ${url("doc.bin")}\n"""`,
      `BASE = ${url("v1/")}`,
      "X = f(1)",
      'os.environ["HF_HOME"] = "/data"',
      `Y = "it's" # ${url("x")}`,
      `def g(a="b"):\n    h(${url("i")})`,
      `M = {"a.bin": "${A}"}`,
    ].join("\n");
    expect(outcome(text, "https://x.example/v1/")).toEqual({ paths: ["a.bin"], refused: [], notes: [] });
    const endpoint = outcome(`os.environ["HF_ENDPOINT"] = "https://mirror.example"\n${M}\n`);
    expect([endpoint.paths, endpoint.refused]).toEqual([["a.bin"], []]);
    expect(outcome(text, "https://y.example/").notes[0]).toMatch(/v1\/ is not read: --base-url/);
  });

  it.each(["x = [\n", "x = ((((", "x = '''", "(", '{"a": [', "a.update({", "x[", "f('x' * (", "{'a':(\n"])(
    "made of tens of thousands of %j takes no time that grows with the square",
    (part) => {
      const started = performance.now();
      readPythonScript(part.repeat(20_000));
      expect(performance.now() - started).toBeLessThan(4_000);
    },
  );
});
