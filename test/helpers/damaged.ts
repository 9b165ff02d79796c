/** A damaged file of 65 pieces, and its repair. */
import { expect } from "vitest";
import { bytesOf, sha256Of } from "./content.js";
import { type FaultServer, startFaultServer } from "./fault-server.js";
import { writePieces } from "./pieces.js";
import { type MendOptions, mend } from "./run.js";
import { makeTree, type Tree } from "./tree.js";

/** The file of a project. */
export const BODY = { size: 4 * 1024 * 1024 + 1000, seed: 41 };
export const RIGHT = bytesOf(BODY);
/** Bytes of its pieces. */
export const PIECE = 64 * 1024;

/** A tree and the server of its file. */
export interface Project {
  server: FaultServer;
  tree: Tree;
}

/** One file that was here, proven and, unless told otherwise, locked; then it became `damaged`. */
export async function damagedProject(damaged: Buffer | undefined, { locked = true } = {}): Promise<Project> {
  const server = await startFaultServer();
  const tree = makeTree();
  tree.manifestFor({ "m/a.bin": { url: server.serve("/a.bin", { body: BODY }), body: BODY } });
  if (locked) writePieces(tree, BODY);
  if (damaged !== undefined) tree.write("m/a.bin", damaged);
  return { server, tree };
}

/** Takes the size of the first file out of the manifest. */
export function unpinSize(tree: Tree): void {
  const manifest = JSON.parse(tree.read("assets.manifest.json").toString());
  manifest.assets[0].files[0].size = undefined;
  tree.write("assets.manifest.json", JSON.stringify(manifest));
}

/** Repairs it; answers what the server sent. */
export async function repaired({ server, tree }: Project, options: MendOptions = {}) {
  const report = await mend(tree, options);
  expect(tree.sha256("m/a.bin")).toBe(sha256Of(BODY));
  expect(report).toMatchObject({ ok: true, exitCode: 0, totals: { files: 1, damaged: 1, repaired: 1, failed: 0 } });
  expect(tree.leftovers()).toEqual([]);
  return { report, sent: server.bytesSent("/a.bin"), ranges: server.to("/a.bin").map(({ range }) => range) };
}
