/** Members of zip archives: the ways in which entries are written, and those that lie. */
import { describe, expect, test } from "vitest";
import { makeZip } from "../helpers/archives.js";
import { big, errorOf, extract, text } from "../helpers/extract.js";

const zip = { format: "zip" } as const;

describe("a zip archive", () => {
  test("gives stored and deflated members", async () => {
    const bytes = makeZip([
      { name: "stored", body: "plain", stored: true },
      { name: "dir/deflated", body: big },
      { name: "large", body: "zip64", zip64: true },
      { name: "empty" },
    ]);
    const { tree, results } = await extract(bytes, ["stored", "dir/deflated", "large", "empty"], zip);
    expect([...results.values()]).toEqual([{ size: 5 }, { size: big.length }, { size: 5 }, { size: 0 }]);
    expect(tree.read("out/1").equals(big)).toBe(true);
  });

  test("gives the last of several entries with one name", async () => {
    const bytes = makeZip([
      { name: "a", body: "first" },
      { name: "a", body: "last" },
    ]);
    const { tree } = await extract(bytes, ["a"], zip);
    expect(text(tree)).toBe("last");
  });

  test("has no member outside itself, and its other members are unharmed", async () => {
    const names = ["../evil", "..\\evil", "/abs", "C:\\win", "good"];
    const bytes = makeZip(names.map((name) => ({ name, body: name })));
    const { results, files } = await extract(bytes, ["../evil", "evil", "good"], zip);
    expect([...results.values()].map((result) => "error" in result)).toEqual([true, true, false]);
    expect(files).toEqual(["2"]);
  });

  test.each([
    ["a symbolic link", { symlink: true, body: "/etc/passwd" }, "a symbolic link"],
    ["encrypted", { encrypted: true, body: "x" }, "encrypted"],
    ["compressed in a way that is not read", { method: 93, body: "x" }, "method 93"],
    ["not what its CRC-32 says", { statedCrc: 1, body: "x" }, "CRC-32"],
    ["longer than stated", { statedSize: 2, body: "abc" }, "more than the 2 bytes"],
    ["shorter than stated", { statedSize: 4, body: "abc" }, "3 of the 4 bytes"],
    ["no deflate stream", { method: 8, stored: true, body: "not deflated" }, "damaged"],
  ])("refuses a member that is %s, and gives the others", async (_, entry, says) => {
    const bytes = makeZip([
      { name: "m", ...entry },
      { name: "good", body: "ok" },
    ]);
    const { results, files } = await extract(bytes, ["m", "good"], zip);
    const error = errorOf(results.get("m"));
    expect(error.code).toBe("BAD_ARCHIVE");
    expect(error.message).toContain(says);
    expect(results.get("good")).toEqual({ size: 2 });
    expect(files).toEqual(["1"]);
  });

  test("that unpacks to far more than it states is stopped at what it states", async () => {
    const bytes = makeZip([{ name: "bomb", body: Buffer.alloc(20_000_000), statedSize: 1000 }]);
    const { results, files } = await extract(bytes, ["bomb"], zip);
    expect(errorOf(results.get("bomb")).message).toContain("more than the 1000 bytes");
    expect(files).toEqual([]);
  });

  test("refuses a folder", async () => {
    const { results } = await extract(makeZip({ "dir/": "" }), ["dir"], zip);
    expect(errorOf(results.get("dir")).message).toContain("a folder");
  });
});
