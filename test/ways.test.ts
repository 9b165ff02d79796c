/** Ways from a folder to a path, and how they read. */
import { join, resolve, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { folderOf, pathFrom, wayInto } from "../src/ways.js";

const FOLDER = resolve("/a/b");
const slashed = (path: string) => path.split(sep).join("/");

describe("the way from a folder", () => {
  it.each([
    [".", "", "."],
    ["c/d", join("c", "d"), "c/d"],
    ["..c/d", join("..c", "d"), "..c/d"],
    ["..", undefined, slashed(resolve("/a"))],
    ["../bc", undefined, slashed(resolve("/a/bc"))],
    ["/x", undefined, slashed(resolve("/x"))],
  ])("to %s leads into it or not, and reads so that it can be typed", (path, way, shown) => {
    const absolute = resolve(FOLDER, path);
    expect([wayInto(FOLDER, absolute), pathFrom(FOLDER, absolute)]).toEqual([way, shown]);
  });
});

it("the folder of a path is what stands before its name", () => {
  expect(["a/b/c.bin", "a/c.bin", "c.bin", ""].map(folderOf)).toEqual(["a/b", "a", "", ""]);
});
