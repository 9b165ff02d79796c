/** A repository whose Git LFS server is a real one on the loopback, made without git. */
import { mkdirSync } from "node:fs";
import type { Body } from "./content.js";
import { type LfsBehaviour, type LfsTestServer, startLfsServer } from "./lfs-server.js";
import { makeTree, type Tree } from "./tree.js";

/** Both, and the ids of the objects by path. */
export interface LfsRepository {
  server: LfsTestServer;
  tree: Tree;
  oids: Record<string, string>;
}

/** The server has the bodies, and a pointer stands in the place of each. */
export async function lfsRepository(
  bodies: Record<string, Body>,
  behaviour: LfsBehaviour = {},
): Promise<LfsRepository> {
  const server = await startLfsServer(behaviour);
  const tree = makeTree();
  tree.write(".git/HEAD", "ref: refs/heads/main\n");
  mkdirSync(tree.path(".git/objects"));
  mkdirSync(tree.path(".git/refs"));
  tree.write(".git/config", `[remote "origin"]\n\turl = ${server.origin}/o/r\n`);
  const oids: Record<string, string> = {};
  for (const [path, body] of Object.entries(bodies)) {
    const { oid, pointer } = server.add(body);
    oids[path] = oid;
    tree.write(path, pointer);
  }
  return { server, tree, oids };
}
