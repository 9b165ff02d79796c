/** Files that were put in place without waiting for the disk, after the machine was started anew. */
import { readFileSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesOf } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { run } from "../helpers/run.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const BODY = bytesOf({ size: 400_000, seed: 3 });
const LEDGER = ".assets/ledger.ndjson";

/** A downloaded file, and a ledger that says that this was before the machine was started. */
async function downloaded() {
  const server = await startFaultServer();
  const tree = makeTree();
  tree.manifestFor({ "a.bin": { url: server.serve("/a", { body: BODY }), body: BODY } });
  expect((await run(tree)).of("a.bin").status).toBe("downloaded");
  return { server, tree };
}

function startMachineAnew(tree: Tree): void {
  const long = `"at":"${"1".padEnd(15, "0")}"`;
  writeFileSync(tree.path(LEDGER), readFileSync(tree.path(LEDGER), "utf8").replace(/"at":"\d+"/g, long));
}

/** Changes a file the way a power cut does: its bytes are gone, its times are those of the last write. */
function lose(tree: Tree, change: (path: string) => void): void {
  const time = new Date(0);
  change(tree.path("a.bin"));
  utimesSync(tree.path("a.bin"), time, time);
}

describe("a file that a power cut took bytes from", () => {
  it("is fetched again, not called a conflict, whether it is empty, short or zeroed", async () => {
    const losses = [
      (path: string) => truncateSync(path, 0),
      (path: string) => truncateSync(path, 123_456),
      (path: string) => writeFileSync(path, Buffer.alloc(BODY.length), { flag: "r+" }),
    ];
    for (const loss of losses) {
      const { tree } = await downloaded();
      lose(tree, loss);
      startMachineAnew(tree);
      expect((await run(tree)).of("a.bin").status).toBe("downloaded");
      expect(tree.read("a.bin").equals(BODY)).toBe(true);
    }
  });

  it("and that kept all of them is hashed once more, then remembered again", async () => {
    const { server, tree } = await downloaded();
    startMachineAnew(tree);
    const hashed = (await run(tree)).events.some(({ type }) => type === "inspect:progress");
    const again = (await run(tree)).events.some(({ type }) => type === "inspect:progress");
    expect([hashed, again, server.to("/a").length]).toEqual([true, false, 1]);
  });

  it("but was written to since is left alone as the user's", async () => {
    const { tree } = await downloaded();
    writeFileSync(tree.path("a.bin"), "edited");
    startMachineAnew(tree);
    const report = await run(tree);
    expect(report.of("a.bin").error?.code).toBe("CONFLICT");
    expect(tree.read("a.bin").toString()).toBe("edited");
  });

  it("or by somebody else while the machine runs on is left alone", async () => {
    const { tree } = await downloaded();
    lose(tree, (path) => truncateSync(path, 0));
    expect((await run(tree)).of("a.bin").error?.code).toBe("CONFLICT");
  });
});
