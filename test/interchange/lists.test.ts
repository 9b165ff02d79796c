/** Lists of checksums, registries of pooch, input files of aria2: what is read, what is left out and why. */
import { describe, expect, it } from "vitest";
import { readAria2 } from "../../src/interchange/aria2.js";
import { createListing } from "../../src/interchange/listing.js";
import { readPooch } from "../../src/interchange/pooch.js";
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

  it("keeps a file whose digest assets does not check, and says so", () => {
    const { files, notes } = read(`${"4".repeat(56)}  a\n`);
    expect(files[0]).not.toHaveProperty("sha256");
    expect(notes).toEqual([{ place: "line 1", message: "SHA224 is not checked by assets" }]);
  });

  it("refuses lines that say nothing, and a file that is there twice with other bytes", () => {
    const { files, refused } = read(`nonsense\n${A}  a\n${"b".repeat(64)}  a\n${A}  ./a\n`);
    expect(files).toHaveLength(1);
    expect(refused).toMatchObject([
      { place: "line 1" },
      { place: "line 3", message: "a is there twice, first in line 2, with another sha256" },
    ]);
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

  it("takes a file over without a digest that is none, and says so", () => {
    const { files, notes } = readPooch(`a xxh64:0123\nb sha256:12\nc ${"0".repeat(64)}\n`, BASE);
    expect(files.map(({ path, sha256 }) => [path, sha256])).toEqual([
      ["a", undefined],
      ["b", undefined],
      ["c", undefined],
    ]);
    expect(notes).toHaveLength(3);
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
      "dir=/absolute is absolute and left out",
      "left out: header",
    ]);
  });

  it.each([
    ["  out=x", /no option of a download/],
    ["magnet:?xt=urn:btih:abc", /no address that assets can fetch/],
    ["https://a.example/", /gives the file no name/],
  ])("refuses %s", (text, message) => {
    expect(readAria2(text).refused[0]?.message).toMatch(message);
  });
});

describe("a listing", () => {
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
