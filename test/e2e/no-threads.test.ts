/** The real program where the system gives it no further threads: Node's permission model, without its `--allow-worker`. */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { expect, it } from "vitest";
import { runBin } from "../helpers/bin.js";
import { sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { makeTree } from "../helpers/tree.js";

/** Large enough to be hashed by a thread, were there one. */
const BODY = { size: 9_000_000, seed: 121 };
const OTHER = { size: 9_000_000, seed: 122 };
const known = (flag: string) => process.allowedNodeEnvironmentFlags.has(flag);
const permission = ["--permission", "--experimental-permission"].find(known);
const NODE_OPTIONS = [
  permission,
  "--allow-fs-read=*",
  "--allow-fs-write=*",
  ...["--allow-net"].filter(known),
  "--no-warnings",
].join(" ");
const START = 'new (require("node:worker_threads").Worker)("", { eval: true })';

it.skipIf(permission === undefined)(
  "files are proven all the same, and wrong ones found",
  { timeout: 20_000 },
  async () => {
    const { stderr } = spawnSync(process.execPath, ["-e", START], { env: { ...process.env, NODE_OPTIONS } });
    expect(stderr.toString()).toContain("ERR_ACCESS_DENIED");
    const server = await startFaultServer();
    const tree = makeTree();
    const wrong = server.serve("/wrong", { body: OTHER, fault: "flips one bit" });
    tree.manifestFor({
      "right.bin": { url: server.serve("/right", { body: BODY }), body: BODY },
      "wrong.bin": { url: wrong, body: OTHER },
    });
    const options = { cwd: tree.root, env: { NODE_OPTIONS } };
    const download = await runBin(["download", "--all"], options);
    expect([download.code, tree.sha256("right.bin"), tree.exists("wrong.bin")]).toEqual([5, sha256Of(BODY), false]);
  },
);
