/** Lists of checksums, in every dialect that tools write. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readChecksums } from "../src/checksum-lines.js";

const MD5 = "d41d8cd98f00b204e9800998ecf8427e";
const SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
const SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const SHA512 = SHA256 + SHA256;

function read(text: string) {
  const { sums, bad } = readChecksums(Buffer.from(text));
  return { sums: sums.map(({ path, algorithm, line }) => [path, algorithm.name, line]), bad };
}

describe("a line of checksums", () => {
  it.each([
    ["GNU, text", `${SHA256}  a.bin`, "a.bin", "SHA256"],
    ["GNU, binary", `${SHA256} *a.bin`, "a.bin", "SHA256"],
    ["md5 -r of the BSDs, one space", `${MD5} a.bin`, "a.bin", "MD5"],
    ["digits in capital letters", `${SHA1.toUpperCase()}  a`, "a", "SHA1"],
    ["shasum -a 512", `${SHA512}  a`, "a", "SHA512"],
    ["--tag", `SHA256 (a.bin) = ${SHA256}`, "a.bin", "SHA256"],
    ["BSD's md5", `MD5 (a b (1).bin) = ${MD5}`, "a b (1).bin", "MD5"],
    ["openssl dgst", `SHA256(a.bin)= ${SHA256}`, "a.bin", "SHA256"],
    ["openssl 3", `SHA2-512(a)= ${SHA512}`, "a", "SHA512"],
    ["b2sum --tag", `BLAKE2b (a) = ${SHA512}`, "a", "BLAKE2b"],
    ["b2sum's smaller kin", `BLAKE2s (a) = ${SHA256}`, "a", "BLAKE2s"],
    ["OpenBSD's distinfo, in base64", `SHA256 (a) = ${Buffer.from(SHA256, "hex").toString("base64")}`, "a", "SHA256"],
    ["the same of a longer one", `SHA512 (a) = ${Buffer.from(SHA512, "hex").toString("base64")}`, "a", "SHA512"],
    ["a name that begins with a space", `${SHA256}   a`, " a", "SHA256"],
    ["a name that begins with a star", `${SHA256} **a`, "*a", "SHA256"],
    ["a name that ends with one", `${SHA256}  a `, "a ", "SHA256"],
    ["a name with a tag's sign in it", `SHA1 (x) = y) = ${SHA1}`, "x) = y", "SHA1"],
    ["spaces before it", ` \t${SHA256}  a`, "a", "SHA256"],
    ["an escaped line feed", `\\${SHA256}  a\\nb`, "a\nb", "SHA256"],
    ["an escaped backslash and return", `\\${SHA256}  a\\\\n\\r`, "a\\n\r", "SHA256"],
    ["an escaped name behind a tag", `\\SHA256 (a\\nb) = ${SHA256}`, "a\nb", "SHA256"],
    ["a backslash that escapes nothing", `${SHA256}  a\\nb`, "a\\nb", "SHA256"],
    ["a name of the whole world", `${SHA256}  дані/模型.bin`, "дані/模型.bin", "SHA256"],
  ])("%s", (_, line, path, algorithm) => {
    expect(read(`${line}\n`)).toEqual({ sums: [[path, algorithm, 1]], bad: [] });
    expect(read(`# a comment\r\n\r\n${line}\r\n`)).toEqual({ sums: [[path, algorithm, 3]], bad: [] });
    expect(read(`\ufeff${line}`).sums).toEqual([[path, algorithm, 1]]);
  });

  it.each([
    ["nonsense", "is this a list", "no line of checksums"],
    ["a digest alone", SHA256, "no line of checksums"],
    ["a digest and one space", `${SHA256} `, "no line of checksums"],
    ["a digest of no length", `${SHA256}ab  a`, "no algorithm has 66"],
    ["a digest that is too short for its tag", `SHA256 (a) = ${MD5}`, "SHA256 has 64 digits, not 32"],
    ["base64 of another length", `SHA256 (a) = ${Buffer.from(MD5, "hex").toString("base64")}`, "SHA256 has 64 digits"],
    ["an escape that is none", `\\${SHA256}  a\\x`, "cannot be read"],
    ["an escape at the end", `\\${SHA256}  a\\`, "cannot be read"],
  ])("is told when it is %s", (_, line, reason) => {
    expect(read(line)).toEqual({ sums: [], bad: [{ line: 1, reason: expect.stringContaining(reason) }] });
  });

  it.each([["CRC"], ["BLAKE2b-256"]])(
    "of an algorithm that nobody knows (%s) says so, and which file it is of",
    (tag) => {
      const bad = [{ line: 1, reason: `${tag} is not supported`, path: "a b" }];
      expect(read(`${tag} (a b) = ${SHA256}`)).toEqual({ sums: [], bad });
    },
  );

  it("keeps a name that is not UTF-8 as the bytes it is, and shows them", () => {
    const name = Buffer.from([0x61, 0xff, 0xc3, 0xa9]);
    const bytes = Buffer.concat([Buffer.from(`${SHA256}  `), name, Buffer.from(`\n${SHA256}  b\u00e9\n`)]);
    const { sums, bad } = readChecksums(bytes);
    expect(sums).toMatchObject([{ path: "a\\xff\\xc3\\xa9", bytes: name }, { path: "b\u00e9" }]);
    expect([sums[1]?.bytes, bad]).toEqual([undefined, []]);
  });

  it("with a NUL in it names no file", () => {
    expect(read(`${SHA256}  a\0b\n`).bad).toEqual([{ line: 1, reason: "the name of its file cannot be read" }]);
  });

  it("brings back every name that sha256sum would write", () => {
    const name = fc.string({ minLength: 1 }).filter((text) => !text.includes("\0"));
    fc.assert(
      fc.property(name, fc.constantFrom(" ", "*"), (path, mark) => {
        const escaped = path.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
        const line = escaped === path ? `${SHA256} ${mark}${path}` : `\\${SHA256} ${mark}${escaped}`;
        expect(readChecksums(Buffer.from(`${line}\n`)).sums.map((sum) => sum.path)).toEqual([path]);
      }),
    );
  });

  it("never makes its reader throw", () => {
    const { sums } = readChecksums(Buffer.from(`${SHA256}  a`));
    expect(sums).toHaveLength(1);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        const lines = Buffer.from(bytes)
          .toString("latin1")
          .split(/[\n\0]/).length;
        const read = readChecksums(bytes);
        expect(read.sums.length + read.bad.length).toBeLessThanOrEqual(lines);
      }),
    );
  });
});

describe("a size beside checksums", () => {
  const sizes = (text: string) => {
    const { sizes: found, bad, sums } = readChecksums(Buffer.from(text));
    return { sizes: found, bad, sums: sums.map(({ path, hex }) => [path, hex]) };
  };

  it.each([
    ["FreeBSD's", `TIMESTAMP = 1602422545\nSHA256 (a/b.xz) = ${SHA256}\nSIZE (a/b.xz) = 104143736\n`, 3],
    ["NetBSD's", `$NetBSD: distinfo,v 1.5 x $\n\nSHA256 (a/b.xz) = ${SHA256}\nSize (a/b.xz) = 104143736 bytes\n`, 4],
    ["Fedora's", `# a/b.xz: 104143736 bytes\nSHA256 (a/b.xz) = ${SHA256}\n`, 1],
  ])("is read as %s ports and images have it", (_, text, line) => {
    const size = { line, path: "a/b.xz", size: 104143736 };
    expect(sizes(text)).toEqual({ sizes: [size], bad: [], sums: [["a/b.xz", SHA256]] });
  });

  it("is read of the fields of Debian's control files, whose other fields are passed over", () => {
    const release = `Origin: Debian\nDescription: x\n y\nMD5Sum:\n ${MD5}  1484322 contrib/Contents-all\nSHA256:\n ${SHA256} 5 b\n`;
    expect(sizes(release)).toEqual({
      sizes: [
        { line: 5, path: "contrib/Contents-all", size: 1484322 },
        { line: 7, path: "b", size: 5 },
      ],
      bad: [],
      sums: [
        ["contrib/Contents-all", MD5],
        ["b", SHA256],
      ],
    });
    expect(sizes(`Files:\n ${MD5} 5 net optional a_1.deb\n`).sums).toEqual([["a_1.deb", MD5]]);
    expect(sizes("SHA256:\n nonsense\n").bad).toEqual([{ line: 2, reason: "it is no line of checksums" }]);
  });

  it("is none where a name begins with digits", () => {
    expect(sizes(`${SHA256}  1484322 contrib/x\n`)).toMatchObject({ sizes: [], sums: [["1484322 contrib/x", SHA256]] });
  });
});
