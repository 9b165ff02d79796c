/** How often the bytes of files are read that are fetched to be measured. */
import { expect, it, vi } from "vitest";
import { lockPins } from "../../src/commands/lock-pins.js";
import { loadManifest } from "../../src/manifest/load.js";
import { sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { makeTree } from "../helpers/tree.js";

const hashed = vi.hoisted((): string[] => []);
vi.mock("../../src/store/digest.js", async (original) => {
  const own = await original<typeof import("../../src/store/digest.js")>();
  const createHasher: typeof own.createHasher = () => {
    const hasher = own.createHasher();
    const hash: typeof hasher.hash = (target, options) => {
      hashed.push(String(target));
      return hasher.hash(target, options);
    };
    return { ...hasher, hash };
  };
  return { ...own, createHasher };
});

it("a file that was hashed while it came is not hashed again, and one that is here is", async () => {
  const tree = makeTree();
  const server = await startFaultServer();
  const body = { size: 2_000_000, seed: 4 };
  tree.manifestFor({
    "fetched.bin": { url: server.serve("/a.bin", { body }), pin: "none" },
    "here.bin": { url: server.serve("/b.bin", { body }), pin: "none" },
  });
  tree.write("here.bin", body);
  const manifest = await loadManifest({ file: tree.manifest, cwd: tree.root });
  const done = await lockPins({
    manifest,
    // So long that the clock of the file system moves on between the last byte and the name.
    onEvent: ({ type }) => {
      for (const until = performance.now() + 30; type === "transfer:progress" && performance.now() < until; );
    },
  });
  expect(done.files.map(({ path, sha256 }) => [path, sha256])).toEqual([
    ["fetched.bin", sha256Of(body)],
    ["here.bin", sha256Of(body)],
  ]);
  expect(hashed).toEqual([tree.path("here.bin")]);
});
