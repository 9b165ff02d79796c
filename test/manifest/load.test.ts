/** Which manifest is found and read, and what is said when there is none. */
import { mkdir, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AssetsError } from "../../src/errors.js";
import { type LoadOptions, loadManifest } from "../../src/manifest/load.js";
import { readManifest } from "../../src/manifest/read.js";
import { document, shorthand, withFolder, writeManifest } from "./samples.js";

const EMPTY = document([]);

/** The error that loading ends in. */
async function refusal(options: LoadOptions): Promise<AssetsError> {
  const error = await loadManifest(options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AssetsError) return error;
  throw new Error(`expected an AssetsError, got ${error}`);
}

describe("a manifest is looked for", () => {
  test("in the folder and in those above it, the nearest wins", () =>
    withFolder(async (folder) => {
      const deep = join(folder, "a", "b", "c");
      await mkdir(deep, { recursive: true });
      const top = await writeManifest(folder, EMPTY);
      expect((await loadManifest({ cwd: deep })).file).toBe(top);
      const near = await writeManifest(join(folder, "a"), EMPTY);
      expect((await loadManifest({ cwd: deep })).file).toBe(near);
    }));

  test("as config/assets.json too, after assets.manifest.json of the same folder and before one further up", () =>
    withFolder(async (folder) => {
      const inner = join(folder, "inner");
      await mkdir(join(inner, "config"), { recursive: true });
      await writeManifest(folder, EMPTY);
      await writeFile(join(inner, "config", "assets.json"), EMPTY);
      const manifest = await loadManifest({ cwd: inner });
      expect(manifest.file).toBe(join(inner, "config", "assets.json"));
      expect(manifest.base).toBe(inner);
      expect((await loadManifest({ cwd: join(inner, "config") })).file).toBe(manifest.file);
      const own = await writeManifest(inner, EMPTY);
      expect((await loadManifest({ cwd: inner })).file).toBe(own);
    }));

  test("and not found: the error says where, and how to write one that is valid", () =>
    withFolder(async (folder) => {
      const error = await refusal({ cwd: folder });
      expect(error.code).toBe("MANIFEST_NOT_FOUND");
      expect(error.exitCode).toBe(3);
      expect(error.message).toContain(folder);
      expect(error.message).toMatch(/assets\.manifest\.json and config.assets\.json/);
      const hint = error.hint ?? "";
      expect(hint).toContain("--manifest FILE");
      const example = hint.slice(hint.indexOf("{"), hint.lastIndexOf("}") + 1);
      expect(readManifest(example, { file: join(folder, "m.json") }).issues).toEqual([]);
    }));
});

describe("a manifest that is named", () => {
  test("is read from there, relative to the folder of the run or absolute", () =>
    withFolder(async (folder) => {
      await mkdir(join(folder, "sub"));
      await writeFile(join(folder, "sub", "own.jsonc"), document([shorthand()]));
      for (const file of [join("sub", "own.jsonc"), join(folder, "sub", "own.jsonc")]) {
        const manifest = await loadManifest({ file, cwd: folder });
        expect(manifest.root).toBe(join(folder, "sub"));
        expect(manifest.assets).toHaveLength(1);
      }
    }));

  test("has its root replaced by one relative to the folder of the run", () =>
    withFolder(async (folder) => {
      await mkdir(join(folder, "sub"));
      const file = await writeManifest(folder, document([], { root: "data" }));
      expect((await loadManifest({ file, cwd: join(folder, "sub") })).root).toBe(join(folder, "data"));
      expect((await loadManifest({ file, cwd: join(folder, "sub"), root: "../out" })).root).toBe(join(folder, "out"));
    }));

  test("and is not there is an error of its own", () =>
    withFolder(async (folder) => {
      const error = await refusal({ file: "nope\u001b.json", cwd: folder });
      expect(error.code).toBe("MANIFEST_NOT_FOUND");
      expect(error.message).toBe("There is no manifest nope\\u{1b}.json.");
    }));

  test("and is a folder is refused", () =>
    withFolder(async (folder) => {
      expect(await refusal({ file: ".", cwd: folder })).toMatchObject({ code: "MANIFEST_INVALID" });
      await mkdir(join(folder, "assets.manifest.json"));
      expect((await refusal({ cwd: folder })).message).toContain("assets.manifest.json is a folder");
    }));

  test("and is too large is refused before it is read", () =>
    withFolder(async (folder) => {
      await truncate(await writeManifest(folder, ""), 100 * 2 ** 20);
      expect((await refusal({ cwd: folder })).message).toContain("has 100 MiB, more than the 64 MiB that are read");
    }));

  test.skipIf(process.platform === "win32")("and is a device is refused before it is opened", async () => {
    expect((await refusal({ file: "/dev/null", cwd: "/" })).message).toContain("is not a regular file");
  });

  test.skipIf(process.platform === "win32")("and is a link in a circle is refused", () =>
    withFolder(async (folder) => {
      await symlink("loop.json", join(folder, "loop.json"));
      expect((await refusal({ file: "loop.json", cwd: folder })).message).toContain("cannot be read (ELOOP)");
    }),
  );
});

describe("the message of an invalid manifest", () => {
  test("names the file as it lies from the folder of the run", () =>
    withFolder(async (folder) => {
      await mkdir(join(folder, "sub"));
      await writeManifest(folder, "{}");
      await writeFile(join(folder, "sub", "x.json"), "{}");
      expect((await refusal({ file: join(folder, "sub", "x.json"), cwd: folder })).message).toContain(
        `${join("sub", "x.json")}:1:1`,
      );
      expect((await refusal({ cwd: join(folder, "sub") })).message).toContain(
        `${join(folder, "assets.manifest.json")}:1:1`,
      );
    }));

  test("has every problem on a line of its own, and a hint", () =>
    withFolder(async (folder) => {
      await writeManifest(folder, document([{ id: "a" }, { id: "b", type: "model", url: "x://y", localPath: "../z" }]));
      const error = await refusal({ cwd: folder });
      expect(error.message.split("\n")).toHaveLength(5);
      expect(error.hint).toContain("README");
    }));
});
