/** Which files can be repaired by the piece since a download has remembered their pieces. */
import { expect, it } from "vitest";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { unpinSize } from "../helpers/damaged.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { flipped, writePieces } from "../helpers/pieces.js";
import { mend, run } from "../helpers/run.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const BODY = { size: 17 * 1024 * 1024, seed: 3 };
const PIECE = 64 * 1024;

it.each<[string, (tree: Tree) => void]>([
  ["that was fetched, where nothing is locked", () => {}],
  [
    "that is not in the file of pieces that the manifest names",
    (tree) => writePieces(tree, { size: 400_000, seed: 9 }),
  ],
  ["without a pinned size", unpinSize],
  [
    "that was there before under another name",
    (tree) => {
      tree.write("twin.bin", BODY);
    },
  ],
])("costs one piece to mend a file %s", async (_, prepare) => {
  const server = await startFaultServer();
  const tree = makeTree();
  const url = server.serve("/big", { body: BODY });
  tree.manifestFor({ "big.bin": { url, body: BODY }, "twin.bin": { url, body: BODY } });
  prepare(tree);
  expect((await run(tree, { selection: { include: ["big.bin"] }, reuse: true })).ok).toBe(true);
  if (tree.exists("twin.bin")) tree.remove("twin.bin");
  const before = server.bytesSent("/big");
  tree.write("big.bin", flipped(bytesOf(BODY), 9_000_000));
  const report = await mend(tree, { selection: { include: ["big.bin"] } });
  expect(report).toMatchObject({ ok: true, totals: { repaired: 1, received: PIECE } });
  expect(server.bytesSent("/big") - before).toBe(PIECE);
  expect(tree.sha256("big.bin")).toBe(sha256Of(BODY));
});

it("costs little to mend a file without a pinned size of which an earlier run had brought the beginning", async () => {
  const server = await startFaultServer();
  const tree = makeTree();
  tree.manifestFor({ "big.bin": { url: server.serve("/big", { body: BODY }), body: BODY } });
  unpinSize(tree);
  tree.write(`big.bin.${sha256Of(BODY).slice(0, 12)}.part`, bytesOf(BODY).subarray(0, 6_000_000));
  expect((await run(tree)).ok).toBe(true);
  const before = server.bytesSent("/big");
  tree.write("big.bin", flipped(bytesOf(BODY), 9_000_000));
  expect(await mend(tree)).toMatchObject({ ok: true, totals: { repaired: 1 } });
  expect(server.bytesSent("/big") - before).toBeLessThan(BODY.size / 4);
});
