/** Packs the package, installs it in an empty folder, and uses it as a stranger would: command line, library, types. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = join(root, "node_modules/typescript/bin/tsc");
const work = mkdtempSync(join(tmpdir(), "assets-package-"));
const windows = process.platform === "win32";

function run(command, words, cwd = work) {
  return execFileSync(command, words, { cwd, encoding: "utf8", shell: windows, stdio: ["ignore", "pipe", "inherit"] });
}

function expect(what, holds) {
  if (!holds) throw new Error(`The package is not right: ${what}`);
  process.stdout.write(`package: ${what}\n`);
}

try {
  run("npm", ["pack", "--silent", "--pack-destination", work], root);
  const tarball = readdirSync(work).find((name) => name.endsWith(".tgz"));
  writeFileSync(join(work, "package.json"), JSON.stringify({ name: "stranger", private: true, type: "module" }));
  run("npm", ["install", "--silent", "--no-audit", "--no-fund", `./${tarball}`]);

  const { version, name } = JSON.parse(
    run("node", ["-p", "JSON.stringify(require('./node_modules/assets-manifest/package.json'))"]),
  );
  expect(`npx assets --version prints ${version}`, run("npx", ["assets", "--version"]).trim() === version);

  writeFileSync(join(work, "source.txt"), "hello\n");
  const file = {
    path: "copy.txt",
    size: 6,
    sha256: "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
    url: "source.txt",
  };
  writeFileSync(
    join(work, "assets.manifest.json"),
    JSON.stringify({ version: 1, assets: [{ id: "greeting", type: "dataset", files: [file] }] }),
  );
  expect("assets list names the asset", run("npx", ["assets", "list"]).includes("greeting"));

  writeFileSync(
    join(work, "use.mjs"),
    `import { createAssetManager } from ${JSON.stringify(name)};
     import { createMockAssetManager } from ${JSON.stringify(`${name}/testing`)};
     const manager = createAssetManager();
     const path = await manager.getAssetPath("greeting");
     const { valid } = await manager.checkAsset("greeting");
     console.log(valid, path.endsWith("copy.txt"), await createMockAssetManager({ a: "/x" }).getAssetPath("a"));`,
  );
  expect("the library works from plain JavaScript", run("node", ["use.mjs"]).trim() === "true true /x");

  writeFileSync(
    join(work, "use.ts"),
    `import { type AssetManager, AssetsError, createAssetManager } from ${JSON.stringify(name)};
     import { createMockAssetManager } from ${JSON.stringify(`${name}/testing`)};
     const manager: AssetManager = createAssetManager({ jobs: 2 });
     const stop: () => void = manager.onProgress((event) => { if (event.type === "outcome") event.outcome.path.length; });
     export const path: Promise<string> = createMockAssetManager({ a: "b" }).getAssetPath("a");
     // @ts-expect-error an id is a string
     manager.getAssetPath(1);
     export { AssetsError, stop };`,
  );
  const types = [
    "--noEmit",
    "--strict",
    "--module",
    "nodenext",
    "--target",
    "es2023",
    "--skipLibCheck",
    "false",
    "--types",
    "",
  ];
  run(process.execPath, [tsc, ...types, "use.ts"]);
  expect("its types resolve and check under nodenext", true);
} finally {
  rmSync(work, { recursive: true, force: true });
}
