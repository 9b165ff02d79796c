/** The end of a short run waits for nothing that was begun for its speed. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { startFaultServer } from "../helpers/fault-server.js";
import { makeTree } from "../helpers/tree.js";

const BIN = fileURLToPath(new URL("../../bin/assets.js", import.meta.url));
const isNode20 = process.versions.v8.startsWith("11.3.");

/** What V8 says of the WebAssembly that it optimises while so many small files are fetched. */
async function optimised(files: number): Promise<string[]> {
  const server = await startFaultServer();
  const tree = makeTree();
  const bodies = Array.from({ length: files }, (_, index) => ({ size: 100, seed: index }));
  const entries = bodies.map((body, index) => [`${index}.bin`, { url: server.serve(`/${index}`, { body }), body }]);
  tree.manifestFor(Object.fromEntries(entries));
  const words = ["--trace-wasm-compilation-times", BIN, "download", "--all", "--quiet"];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: tree.root, timeout: 20_000 });
  return stdout.split("\n").filter((line) => line.includes("TurboFan"));
}

it.skipIf(!isNode20)("the parser of answers is left as it is while few of them are read", async () => {
  expect(await optimised(20)).toEqual([]);
});

it.skipIf(!isNode20)("the parser of answers is optimised when many of them are read", async () => {
  expect(await optimised(600)).not.toEqual([]);
});
