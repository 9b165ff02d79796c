/** What is read of files that may have come with a checkout, and what is refused. */
import { symlinkSync } from "node:fs";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { readRegular, readRegularSync } from "../src/read-regular.js";
import { makeTree } from "./helpers/tree.js";

const LIMITS = { mostBytes: 10 };
const WAYS: [string, (path: string, limits: typeof LIMITS & { followLinks?: boolean }) => Promise<Buffer>][] = [
  ["as it comes", readRegular],
  ["at once", async (path, limits) => readRegularSync(path, limits).bytes],
];

describe.each(WAYS)("a file that is read %s", (_, read) => {
  it("is read whole up to the limit, and not at all beyond it", async () => {
    const tree = makeTree();
    expect((await read(tree.write("a", "0123456789"), LIMITS)).toString()).toBe("0123456789");
    expect((await read(tree.write("empty", ""), LIMITS)).length).toBe(0);
    await expect(read(tree.write("b", "0123456789a"), LIMITS)).rejects.toMatchObject({
      code: "LOCAL_IO",
      message: expect.stringContaining("has 11 bytes, more than 10"),
    });
  });

  it("is a file, and not what a link leads to unless that is wished", async () => {
    const tree = makeTree();
    const file = tree.write("folder/a", "content");
    await expect(read(tree.path("folder"), LIMITS)).rejects.toThrow();
    await expect(read(tree.path("none"), LIMITS)).rejects.toMatchObject({ code: "ENOENT" });
    if (process.platform === "win32") return;
    symlinkSync(file, tree.path("link"));
    await expect(read(tree.path("link"), LIMITS)).rejects.toMatchObject({ code: "ELOOP" });
    expect((await read(tree.path("link"), { ...LIMITS, followLinks: true })).toString()).toBe("content");
  });
});
