/** Lists of checksums, registries of pooch, input files of aria2: what is read, what is left out and why. */
import { describe, expect, it } from "vitest";
import { readAria2 } from "../../src/interchange/aria2.js";
import { READERS } from "../../src/interchange/index.js";
import { createListing } from "../../src/interchange/listing.js";
import { readPooch, writePooch } from "../../src/interchange/pooch.js";
import { readSums } from "../../src/interchange/sums.js";

const A = "a".repeat(64);
const BASE = { baseUrl: "https://x.example/v1" };

describe("a list of checksums", () => {
  const read = (text: string) => readSums(Buffer.from(text), BASE);

  it("is read in every form, its files below the base", () => {
    const { files, refused } = read(
      `\ufeff# comment\r\n${A}  a b.bin\r\n${A} *./sub/c#.bin\r\nSHA256 (d.bin) = ${A}\r\n`,
    );
    expect(refused).toEqual([]);
    expect(files.map(({ path, urls, sha256 }) => [path, urls[0], sha256])).toEqual([
      ["a b.bin", "https://x.example/v1/a%20b.bin", A],
      ["sub/c#.bin", "https://x.example/v1/sub/c%23.bin", A],
      ["d.bin", "https://x.example/v1/d.bin", A],
    ]);
  });

  it("of several algorithms gives one file all of its digests", () => {
    const { files } = read(
      `MD5 (a) = ${"1".repeat(32)}\nSHA1 (a) = ${"2".repeat(40)}\nSHA512 (a) = ${"3".repeat(128)}\n`,
    );
    expect(files).toMatchObject([{ path: "a", md5: "1".repeat(32), sha1: "2".repeat(40), sha512: "3".repeat(128) }]);
  });

  it("keeps a file whose digest assets does not check, and is no success unless there is another digest", () => {
    const only = read(`${"4".repeat(56)}  a\n`);
    expect(only.files[0]).not.toHaveProperty("sha256");
    const message = "a: SHA224 is not checked by assets, and it is taken over without a digest";
    expect(only.refused).toEqual([{ place: "line 1", message }]);
    const both = read(`${"4".repeat(56)}  a\n${A}  a\n`);
    expect([both.refused, both.notes]).toEqual([
      [],
      [{ place: "line 1", message: "a: SHA224 is not checked by assets", left: true }],
    ]);
  });

  it("refuses lines that say nothing, and of a file that is there twice with other bytes takes neither", () => {
    const { files, refused } = read(`nonsense\n${A}  a\n${"b".repeat(64)}  a\n${A}  ./a\n${A}  c\n`);
    expect(files.map(({ path }) => path)).toEqual(["c"]);
    expect(refused).toMatchObject([
      { place: "line 1" },
      { place: "line 3", message: "a is there twice, first in line 2, with another sha256: neither is taken over" },
    ]);
  });

  it("may say sizes, which are those of its files, and digests of a kind that nobody knows beside others", () => {
    const { files, refused, notes } = read(
      `SHA256 (a) = ${A}\nSIZE (a) = 5\nRMD160 (a) = ${"1".repeat(40)}\n# words: 7 bytes\n`,
    );
    expect([files, refused]).toMatchObject([[{ path: "a", sha256: A, size: 5 }], []]);
    expect(notes).toEqual([{ place: "line 3", message: "a: RMD160 is not supported", left: true }]);
    expect(read(`RMD160 (a) = ${"1".repeat(40)}\n`).refused).toHaveLength(1);
  });

  it("of standard input names no file", () => {
    expect(read(`${A}  -\n${A}  ./-\n`)).toMatchObject({ files: [{ path: "-" }], refused: [{ place: "line 1" }] });
  });

  it("states of an empty file its size as well", () => {
    const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    expect(read(`${A}  a\n${empty}  sub/none\n`).files).toMatchObject([{ path: "a" }, { path: "sub/none", size: 0 }]);
  });
});

describe("a registry of pooch", () => {
  it("has names in quotes, other algorithms, URLs of its own", () => {
    const text = [
      "# registry",
      `c137.csv ${A.toUpperCase()}`,
      `"with space.txt" md5:${"1".repeat(32)}`,
      `sub/it\\'s.nc sha1:${"2".repeat(40)} "https://y.example/q?a=1&b=2"`,
      "",
    ].join("\n");
    const { files, refused } = readPooch(text, BASE);
    expect(refused).toEqual([]);
    expect(files.map(({ place: _, ...file }) => file)).toEqual([
      { path: "c137.csv", sha256: A, urls: ["https://x.example/v1/c137.csv"] },
      { path: "with space.txt", md5: "1".repeat(32), urls: ["https://x.example/v1/with%20space.txt"] },
      { path: "sub/it's.nc", sha1: "2".repeat(40), urls: ["https://y.example/q?a=1&b=2"] },
    ]);
  });

  it.each([
    ["https://x.example/d", "p%20q.nc", "https://x.example/d/p%20q.nc"],
    ["https://x.example/d/", "100%.nc", "https://x.example/d/100%25.nc"],
    ["https://x.example/get?file=", "a/b c&d.nc", "https://x.example/get?file=a/b%20c%26d.nc"],
    ["doi:10.5281/zenodo.4924875/", "zen.nc", "zenodo:4924875/zen.nc"],
    ["doi:10.5281/zenodo.4924875", "zen.nc", "zenodo:4924875/zen.nc"],
    ["data", "zen.nc", "data/zen.nc"],
  ])("has below %s the file %s as pooch fetches it", (baseUrl, name, url) => {
    expect(readPooch(`"${name}" ${A}\n`, { baseUrl }).files[0]).toMatchObject({ path: name, urls: [url] });
  });

  it("may name a record of Zenodo by its DOI", () => {
    const { files } = readPooch(`z.nc ${A} doi:10.5281/zenodo.4924875/z.nc\n`, { baseUrl: undefined });
    expect(files[0]?.urls).toEqual(["zenodo:4924875/z.nc"]);
  });

  it("is written so that pooch 1.6 reads it, as far as it can, and says which one it takes for the rest", () => {
    const asset = { id: "a", type: "dataset", tags: [], required: false, files: [] };
    const file = (path: string) => ({ asset, path, urls: ["https://x.example/q?a=$1&b=(2)"], sha256: A });
    expect(writePooch([file("ünï/a,b(1)$.nc")])).toEqual({
      text: `ünï/a,b(1)$.nc ${A} https://x.example/q?a=$1&b=(2)\n`,
      left: [],
      notes: [],
    });
    const odd = ["a b", "it's", 'a"b', "a\\b", "#a", "a\u00a0b"];
    const { text, notes } = writePooch(odd.map(file));
    expect(notes).toEqual([expect.stringMatching(/pooch reads from 1\.7 on/)]);
    expect(readPooch(text, BASE).files.map(({ path }) => path)).toEqual(odd);
  });

  it("without a base refuses what has no URL, and says which option helps", () => {
    const { refused } = readPooch(`a ${A}\nb ${A} https://y.example/b\n`, { baseUrl: undefined });
    expect(refused).toEqual([{ place: "line 1", message: "a has no URL, and there is no --base-url" }]);
  });

  it.each([
    [`a`, /not 1 words/],
    [`a ${A} u v`, /not 4 words/],
    [`"a ${A}`, /quote is not closed/],
  ])("refuses the line %s", (line, message) => {
    expect(readPooch(line, BASE).refused[0]?.message).toMatch(message);
  });

  it("refuses a line whose digest is none, and takes what pooch is told not to check", () => {
    const { files, refused } = readPooch(`a None\nb sha256:12\nc ${"0".repeat(64)}\nd ${A.slice(1)}\n`, BASE);
    expect(files.map(({ path, sha256 }) => [path, sha256])).toEqual([["a", undefined]]);
    expect(refused.map(({ message }) => message)).toEqual([
      "b: 12 is no SHA256: it has 64 hexadecimal digits",
      "c: the digest is nothing but zeros",
      `d: ${A.slice(1)} is no SHA256: it has 64 hexadecimal digits`,
    ]);
  });

  it("is no success where a hash is of a kind that assets does not check", () => {
    const { files, refused } = readPooch("a xxh64:0123\n", BASE);
    expect(files).toHaveLength(1);
    expect(refused[0]?.message).toMatch(/a: xxh64 is not checked by assets, and it is taken over without/);
  });
});

describe("an input file of aria2", () => {
  it("has mirrors apart by tabs, options on indented lines, names from the URL where none is said", () => {
    const text = [
      "# comment",
      `https://a.example/f.iso\thttps://b.example/f.iso\tftp://c.example/f.iso`,
      "  dir=iso",
      "  out=image.iso",
      `  checksum=sha-256=${A}`,
      "https://a.example/sub/b%20c.bin?x=1",
      " dir=/absolute",
      " header=Authorization: Bearer abcdefghijkl",
    ].join("\r\n");
    const { files, notes, refused } = readAria2(text);
    expect(refused).toEqual([]);
    expect(files.map(({ place: _, ...file }) => file)).toEqual([
      { path: "iso/image.iso", urls: ["https://a.example/f.iso", "https://b.example/f.iso"], sha256: A },
      { path: "b c.bin", urls: ["https://a.example/sub/b%20c.bin?x=1"] },
    ]);
    expect(notes.map(({ message }) => message)).toEqual([
      "1 addresses are neither http: nor https:",
      "dir=/absolute is absolute",
      "header",
    ]);
  });

  it.each([
    ["  out=x", /no option of a download/],
    ["magnet:?xt=urn:btih:abc", /no address that assets can fetch/],
    ["https://a.example/", /gives the file no name/],
    ["https://a.example", /gives the file no name/],
    ["https://a.example/a\n checksum=sha-256=46e375", /a: 46e375 is no SHA-256/],
  ])("refuses %s", (text, message) => {
    expect(readAria2(text).refused[0]?.message).toMatch(message);
  });
});

describe("the options of a download of aria2", () => {
  const read = (...options: string[]) =>
    readAria2(`https://a.example/a\n${options.map((one) => `  ${one}\n`).join("")}`);

  it("are named where they are not taken over, whatever they are", () => {
    expect(read("split=5", "gid=0123456789abcdef").notes[0]?.message).toBe("split, gid");
  });

  it("may lead up and down within the folder, as aria2 follows them", () => {
    expect(read("out=sub/dir/../x.bin", "dir=./d").files[0]?.path).toBe("d/sub/x.bin");
    expect(read("out=sub/../../x.bin").files[0]?.path).toBe("../x.bin");
  });
});

describe("a list that was given to the reader of another format", () => {
  const xml = '<?xml version="1.0"?>\n<!-- words -->\n<metalink>\n<files/>\n</metalink>\n';
  it.each([
    ["sums", xml, /looks like Metalink: assets import metalink/],
    ["pooch", `${A}  a.bin\n${A} *b.bin\n`, /looks like a list of checksums: assets import sums/],
    ["aria2", `SHA256 (a) = ${A}\n`, /assets import sums/],
    ["sums", `a.bin sha256:${A}\nb.bin ${A} https://x.example/b\n`, /looks like a registry of pooch/],
    ["metalink", `{"a.bin": "${A}"}`, /assets import json/],
    ["sums", `# words\nM: dict[str, str] = {"a.bin": "${A}"}\n`, /assets import json/],
    ["pooch", `https://x.example/a.bin\n  out=a.bin\n`, /assets import aria2/],
    ["json", `${A}  a.bin\n`, /assets import sums/],
  ])("is told so, by %s", async (format, text, message) => {
    const reader = READERS.find((one) => one.format === format);
    const listing = await reader?.read(Buffer.from(text), { baseUrl: "https://x.example" });
    expect(listing).toMatchObject({ files: [], refused: [{ message: expect.stringMatching(message) }] });
  });

  it("is not told so where nothing speaks for another one", async () => {
    const [sums] = READERS;
    expect(await sums?.read(Buffer.from("nonsense\nmore\n"), { baseUrl: "x" })).toMatchObject({ refused: [{}, {}] });
  });
});

describe("a listing", () => {
  it("takes two addresses of one name for mirrors only where something holds them together", () => {
    const listing = createListing();
    listing.add({ path: "m", urls: ["https://x.example/1/m"], place: "line 1" });
    listing.add({ path: "m", urls: ["https://x.example/2/m"], place: "line 2" });
    const { files, refused } = listing.done();
    expect(files[0]?.urls).toEqual(["https://x.example/1/m"]);
    expect(refused[0]).toMatchObject({
      place: "line 2",
      message: expect.stringMatching(/first in line 1, with another URL/),
    });
  });

  it("joins what two lines say of one file, and is bounded", () => {
    const listing = createListing();
    listing.add({ path: "a", urls: ["u"], place: "1", md5: "1".repeat(32) });
    listing.add({ path: "./a", urls: ["v", "u"], place: "2", size: 5 });
    expect(listing.done().files).toEqual([{ path: "a", urls: ["u", "v"], place: "1", md5: "1".repeat(32), size: 5 }]);
  });

  it("makes what it says safe to show", () => {
    const listing = createListing();
    listing.refuse("\u001b[31mline", `\u202e${"x".repeat(500)}`);
    const [remark] = listing.done().refused;
    expect(remark?.place).toBe("\\u{1b}[31mline");
    expect(remark?.message.startsWith("\\u{202e}x")).toBe(true);
    expect(remark?.message.length).toBeLessThan(250);
  });
});
