/** What the program keeps of the code that was compiled, so that the next run of a command starts sooner. */
import { execFile } from "node:child_process";
import { chmodSync, cpSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { makeTree } from "../helpers/tree.js";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));
const LIST = `list-${process.version}-${process.arch}`;
const NOBODY = 65_534;
const run = promisify(execFile);

/** A copy of the package as it is installed, with nothing compiled yet. */
function install() {
  const tree = makeTree();
  for (const name of ["bin", "dist", "package.json"]) cpSync(join(PACKAGE, name), tree.path(name), { recursive: true });
  symlinkSync(join(PACKAGE, "node_modules"), tree.path("node_modules"));
  const folder = tree.path("dist/compiled");
  rmSync(folder, { recursive: true, force: true });
  tree.write("project/assets.manifest.json", '{ "version": 1, "assets": [] }');
  const assets = (words: string[], { env = {}, uid }: { env?: Record<string, string>; uid?: number } = {}) =>
    run(process.execPath, [tree.path("bin/assets.js"), ...words], {
      cwd: tree.path("project"),
      env,
      timeout: 20_000,
      ...(uid !== undefined && { uid }),
    });
  return {
    tree,
    folder,
    file: join(folder, LIST),
    kept: () => tree.files().filter((path) => path.startsWith("dist/compiled/")),
    assets,
    list: async (how?: Parameters<typeof assets>[1]) => (await assets(["list", "--json"], how)).stdout,
  };
}

describe("compiled code beside the program", () => {
  it("is kept by the first run of a command, and used by the second, which says the same", async () => {
    const { list, kept, file } = install();
    const first = await list();
    expect(kept()).toEqual([`dist/compiled/${LIST}`]);
    const { mtimeMs, ino } = statSync(file);
    expect(await list()).toBe(first);
    expect(statSync(file)).toMatchObject({ mtimeMs, ino });
  });

  it("is thrown away when the program's text is another, were it of the same length", async () => {
    const { list, assets, tree } = install();
    await list();
    const text = readFileSync(tree.path("dist/cli.cjs"), "utf8");
    tree.write("dist/cli.cjs", text.replace("exclude each other", "EXCLUDE each other"));
    const refused = assets(["list", "--quiet", "--verbose"]);
    await expect(refused).rejects.toMatchObject({ stderr: expect.stringContaining("EXCLUDE each other") });
  });

  it("is checked before V8 sees it: no damage makes a run fail, hang or say something else", async () => {
    const { list, file } = install();
    const said = await list();
    const good = readFileSync(file);
    for (let run = 0; run < 12; run++) {
      const bad = Buffer.from(good);
      const at = Math.floor((run / 12) * bad.length);
      bad.fill(bad.readUInt8(at) ^ 0x55, at, at + 64);
      writeFileSync(file, run % 4 === 3 ? good.subarray(0, at) : bad);
      expect(await list()).toBe(said);
      expect(readFileSync(file).length, "what is damaged is replaced").toBeGreaterThan(good.length / 2);
    }
  });

  it("is not kept where Node is told not to, where a run failed, or where words are no command", async () => {
    const { list, assets, kept } = install();
    await list({ env: { NODE_DISABLE_COMPILE_CACHE: "1" } });
    await expect(assets(["verify", "nothing-of-that-name"])).rejects.toMatchObject({ code: 2 });
    await expect(assets(["nonsense"])).rejects.toMatchObject({ code: 2 });
    expect(kept()).toEqual([]);
    await assets(["-C", "..", "--version"]);
    expect(kept()).toEqual([`dist/compiled/other-${process.version}-${process.arch}`]);
  });

  it("is done without where the package's folder cannot be written", async () => {
    const { list, kept, tree } = install();
    chmodSync(tree.path("dist"), 0o555);
    chmodSync(tree.root, 0o755);
    expect(await list(process.getuid?.() === 0 ? { uid: NOBODY } : {})).toContain('"assets": []');
    expect(kept()).toEqual([]);
    chmodSync(tree.path("dist"), 0o755);
  });
});
