/** Members of tar archives: the ways in which entries are written, and those that are no files. */
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { makeTar, makeTgz } from "../helpers/archives.js";
import { big, errorOf, extract, text } from "../helpers/extract.js";
import { makeTree } from "../helpers/tree.js";

describe("a tar archive", () => {
  test("gives each wanted member its own file, whether it is gzipped or not", async () => {
    const files = { "a.txt": "alpha", "deep/b.bin": big, empty: "", other: "x" };
    for (const bytes of [makeTar(files), makeTgz(files)]) {
      const { tree, results, files } = await extract(bytes, ["deep/b.bin", "a.txt", "empty"]);
      expect([...results]).toEqual([
        ["deep/b.bin", { size: big.length }],
        ["a.txt", { size: 5 }],
        ["empty", { size: 0 }],
      ]);
      expect(tree.read("out/0").equals(big)).toBe(true);
      expect(text(tree, 1)).toBe("alpha");
      expect(files).toEqual(["0", "1", "2"]);
    }
  });

  test("of an npm package is read without its first folder, whatever that is called", async () => {
    const { tree, results } = await extract(makeTgz({ "not-package/m.bin": "m", "m.bin": "top" }), ["m.bin"], {
      strip: 1,
    });
    expect(results.get("m.bin")).toEqual({ size: 1 });
    expect(text(tree)).toBe("m");
  });

  test("gives the last of several entries with one path, as when it is unpacked", async () => {
    const entries = [
      { name: "a", body: "first, and longer" },
      { name: "./a", body: "last" },
    ];
    const { tree } = await extract(makeTar(entries), ["a"]);
    expect(text(tree)).toBe("last");
  });

  test("gives nothing where a link takes the place of an earlier file", async () => {
    const entries = [{ name: "a", body: "file" }, { name: "a", type: "symlink", target: "/etc/passwd" } as const];
    const { results, files } = await extract(makeTar(entries), ["a"]);
    expect(errorOf(results.get("a")).message).toContain("symbolic link");
    expect(files).toEqual([]);
  });

  test.each([
    ["a pax record", { longName: "pax" }],
    ["GNU tar's long name entry", { longName: "gnu" }],
    ["the prefix field", { longName: "prefix" }],
  ] as const)("knows names beyond 100 bytes written as %s", async (_, how) => {
    const name = `${"d".repeat(60)}/${"f".repeat(90)}.bin`;
    const { tree } = await extract(makeTar([{ name, body: "long", ...how }]), [name]);
    expect(text(tree)).toBe("long");
  });

  test("may state sizes in base 256 and in pax records", async () => {
    const entries = [
      { name: "binary", body: "binary size", binarySize: true },
      { name: "pax", body: "pax size", pax: { size: "8" } },
    ];
    const { results } = await extract(makeTar(entries), ["binary", "pax"]);
    expect([...results.values()]).toEqual([{ size: 11 }, { size: 8 }]);
  });

  test("may be older than POSIX, and hold contiguous files", async () => {
    const entries = [
      { name: "old", body: "o", ancient: true },
      { name: "contiguous", body: "c", type: "contiguous" } as const,
    ];
    const { results } = await extract(makeTar(entries), ["old", "contiguous"]);
    expect([...results.values()]).toEqual([{ size: 1 }, { size: 1 }]);
  });

  test("has no member outside itself", async () => {
    const entries = [
      { name: "../evil", body: "x" },
      { name: "a/../../evil", body: "x" },
      { name: "good", body: "ok" },
    ];
    const wanted = ["../evil", "evil", "a/../../evil", "good"];
    const { results, files } = await extract(makeTar(entries), wanted);
    expect(wanted.map((name) => "error" in (results.get(name) ?? {}))).toEqual([true, true, true, false]);
    expect(files).toEqual(["3"]);
  });

  test.each([
    ["symlink", "/etc/passwd", 'a symbolic link to "/etc/passwd"'],
    ["symlink", "x\u001b[2J", 'a symbolic link to "x\\u{1b}[2J"'],
    ["link", "../../secret", 'a hard link to "../../secret"'],
    ["link", "nowhere", 'a hard link to "nowhere"'],
    ["directory", "", "a folder"],
    ["device", "", "a device"],
    ["fifo", "", "a named pipe"],
    ["sparse", "", "an entry of a type that is not supported"],
  ] as const)("refuses a member that is a %s to %j", async (type, target, says) => {
    const { results, files } = await extract(makeTar([{ name: "m", type, target }]), ["m"]);
    const error = errorOf(results.get("m"));
    expect(error.code).toBe("BAD_ARCHIVE");
    expect(error.message).toContain(says);
    expect(files).toEqual([]);
  });

  test("refuses a sparse file written with pax records, whose stored bytes are not its content", async () => {
    const pax = { "GNU.sparse.major": "1", "GNU.sparse.name": "m", "GNU.sparse.realsize": "9" };
    const { results } = await extract(makeTar([{ name: "GNUSparseFile.0/m", body: "x", pax }]), ["m"]);
    expect(errorOf(results.get("m")).message).toContain("a sparse file");
  });

  test("gives a hard link the content of the file it leads to, wanted or not", async () => {
    const entries = [
      { name: "p/a", body: "content" },
      { name: "p/b", type: "link", target: "p/a" },
      { name: "p/c", type: "link", target: "p/a" },
    ] as const;
    for (const wanted of [["b", "c"], ["a", "b"], ["c"]]) {
      const { tree, results } = await extract(makeTgz(entries), wanted, { strip: 1 });
      for (const [index, member] of wanted.entries()) {
        expect(results.get(member)).toEqual({ size: 7 });
        expect(text(tree, index)).toBe("content");
      }
    }
  });

  test("gives nothing for hard links that lead to each other", async () => {
    const entries = [
      { name: "a", type: "link", target: "b" },
      { name: "b", type: "link", target: "a" },
      { name: "c", type: "link", target: "a" },
    ] as const;
    const { results } = await extract(makeTar(entries), ["a", "c"]);
    expect([...results.values()].map((result) => errorOf(result).code)).toEqual(["BAD_ARCHIVE", "BAD_ARCHIVE"]);
  });

  test("made by the tar of this machine is read", async ({ skip }) => {
    const tree = makeTree();
    const name = `${"n".repeat(120)}/ü/${"m".repeat(120)}.bin`;
    tree.write(`in/${name}`, big);
    try {
      execFileSync("tar", ["-czf", tree.path("made.tgz"), "-C", tree.path("in"), "."], { stdio: "ignore" });
    } catch {
      skip("there is no tar on this machine");
    }
    const made = await extract(tree.read("made.tgz"), [name]);
    expect(made.tree.read("out/0").equals(big)).toBe(true);
  });
});
