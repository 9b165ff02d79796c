/** What the program keeps of the code that was compiled, so that the next run of a command starts sooner. */
import { execFile } from "node:child_process";
import { chmodSync, chownSync, cpSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { makeTree } from "../helpers/tree.js";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));
const LIST = `list-${process.version}-${process.arch}`;
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const isWindows = process.platform === "win32";
const run = promisify(execFile);

/** A copy of the package as it is installed, with nothing compiled yet. */
function install() {
  const tree = makeTree();
  const compiled = join(PACKAGE, "dist/compiled");
  // What other tests compile at this moment comes and goes.
  const filter = (path: string) => path !== compiled;
  for (const name of ["bin", "dist", "package.json"])
    cpSync(join(PACKAGE, name), tree.path(name), { recursive: true, filter });
  symlinkSync(join(PACKAGE, "node_modules"), tree.path("node_modules"));
  const folder = tree.path("dist/compiled");
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

  it("is done without where it cannot be kept, and nothing is said of that", async () => {
    const { list, kept, tree, folder } = install();
    tree.write("dist/compiled", "a file");
    expect(await list()).toContain('"assets": []');
    rmSync(folder);
    chmodSync(tree.path("dist"), 0o555);
    chmodSync(tree.root, 0o755);
    expect(await list(isRoot ? { uid: NOBODY } : {})).toContain('"assets": []');
    chmodSync(tree.path("dist"), 0o755);
    expect(kept()).toEqual([]);
  });

  it.skipIf(isWindows)("is as open to others as the program is, whatever the umask", async () => {
    const { list, folder, file } = install();
    const umask = process.umask(0);
    await list().finally(() => process.umask(umask));
    expect([statSync(folder).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o755, 0o644]);
  });

  it.skipIf(isWindows)("is not believed where others may write it", async () => {
    const { list, folder, file } = install();
    await list();
    for (const [open, closed, of] of [
      [0o666, 0o644, file],
      [0o777, 0o755, folder],
    ] as const) {
      const { ino } = statSync(file);
      chmodSync(of, open);
      await list();
      expect(statSync(file).ino, "it was compiled anew").not.toBe(ino);
      chmodSync(of, closed);
    }
  });

  it.skipIf(!isRoot)("is kept by the owner of the program alone", async () => {
    const { list, kept, tree } = install();
    chmodSync(tree.root, 0o755);
    chownSync(tree.path("dist"), NOBODY, NOBODY);
    await list();
    expect(kept()).toEqual([]);
    await list({ uid: NOBODY });
    expect(kept()).toEqual([`dist/compiled/${LIST}`]);
  });

  it("is whole after any number of runs at one time", async () => {
    const { list, file } = install();
    const said = await Promise.all(Array.from({ length: 6 }, () => list()));
    expect(new Set(said).size).toBe(1);
    const { ino } = statSync(file);
    expect(await list()).toBe(said[0]);
    expect(statSync(file).ino, "it was used").toBe(ino);
  });
});

describe("the program", () => {
  it("does not end as if all were well when what it waits for never comes", async () => {
    const { tree, assets } = install();
    tree.write("dist/cli.cjs", "exports.main = () => new Promise(() => {});");
    const stderr = expect.stringContaining("ended before it was done");
    await expect(assets(["list"])).rejects.toMatchObject({ code: 13, stderr });
    tree.write("dist/cli.cjs", 'exports.main = async () => { throw new Error("on purpose"); };');
    const lost = assets(["list"], { env: { NODE_OPTIONS: "--unhandled-rejections=warn" } });
    await expect(lost).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("on purpose") });
  });
});
