/** Makes a fresh clone ready to run: installs what the lock file names if that was not done, then builds. */
import { spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

function run(words) {
  const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

function isInstalled() {
  const mark = `${root}node_modules/.package-lock.json`;
  return existsSync(mark) && statSync(mark).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs;
}

// npm names its own program to the scripts it runs; called by hand, there is nothing to install with.
// Not `npm ci`, which would first remove all that is installed.
const npm = process.env.npm_execpath;
if (!isInstalled() && npm !== undefined)
  run([npm, "install", "--no-save", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"]);
// Built elsewhere, since programs under way read what is there, and a build that fails is to leave it as it is.
const dist = `${root}dist`;
const built = `${root}.dist-${process.pid}`;
const before = `${built}-before`;
process.on("exit", () => {
  if (!existsSync(dist) && existsSync(before)) renameSync(before, dist);
  for (const folder of [built, before]) rmSync(folder, { recursive: true, force: true });
});
run([`${root}scripts/bundle.mjs`, built]);
run([`${root}node_modules/typescript/bin/tsc`, "-p", `${root}tsconfig.build.json`, "--outDir", `${built}/types`]);
if (existsSync(dist)) renameSync(dist, before);
renameSync(built, dist);
