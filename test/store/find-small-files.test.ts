/** The search for small files, where the command that uses it cannot show what it does. */
import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { findSmallFiles, realPlace } from "../../src/store/find-small-files.js";
import { makeTree } from "../helpers/tree.js";

const quiet = { onFile: () => {}, onUnreadable: () => {} };

it("tells of files of 1 to limit - 1 bytes, with all they hold, and counts every file", async () => {
  const tree = makeTree();
  for (const size of [0, 1, 9, 10, 5000]) tree.write(`f/${size}`, "x".repeat(size));
  const told: Record<string, string> = {};
  const onFile = (path: string, bytes: Uint8Array) => {
    told[path] = Buffer.from(bytes).toString();
  };
  expect(await findSmallFiles({ ...quiet, place: tree.root, limit: 10, onFile })).toBe(5);
  expect(told).toEqual({ "f/1": "x", "f/9": "x".repeat(9) });
});

it("takes a file as the place, under an empty path", async () => {
  const tree = makeTree();
  const place = tree.write("x", "abc");
  const told: string[] = [];
  expect(await findSmallFiles({ ...quiet, place, limit: 10, onFile: (path) => told.push(path) })).toBe(1);
  expect(told).toEqual([""]);
});

it("stops soon after an abort, and tells of nothing more", async () => {
  const tree = makeTree();
  for (let folder = 0; folder < 20; folder += 1) {
    tree.write(`${folder}/first`, "x");
    for (let file = 0; file < 100; file += 1) writeFileSync(tree.path(`${folder}/${file}`), "x");
  }
  const abort = new AbortController();
  let told = 0;
  const onFile = () => {
    told += 1;
    abort.abort(new Error("enough"));
  };
  const search = findSmallFiles({ ...quiet, place: tree.root, limit: 10, onFile, signal: abort.signal });
  await expect(search).rejects.toThrow("enough");
  expect(told).toBeLessThan(50);
});

it("fails with the error of its caller, rather than taking it for one of the disk", async () => {
  const tree = makeTree();
  tree.write("x", "abc");
  const onFile = () => {
    throw new TypeError("a bug");
  };
  await expect(findSmallFiles({ ...quiet, place: tree.root, limit: 10, onFile })).rejects.toThrow("a bug");
});

it("fails with LOCAL_IO for a place that has gone", async () => {
  const place = makeTree().path("gone");
  await expect(findSmallFiles({ ...quiet, place, limit: 10 })).rejects.toMatchObject({ code: "LOCAL_IO" });
  expect(await realPlace(place)).toBeUndefined();
});
