/** Runs the test suite on other versions of Node: `node scripts/test-on.mjs 22 24`. Their binaries come from npm. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const versions = process.argv.slice(2);
if (versions.length === 0) throw new Error("Name the versions of Node to test on, for example: 22 24");

for (const version of versions) {
  process.stdout.write(`\nNode ${version}\n`);
  const words = ["exec", "--yes", `--package=node@${version}`, "--", "node", "node_modules/vitest/vitest.mjs", "run"];
  const { status } = spawnSync("npm", words, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
  if (status !== 0) process.exit(status ?? 1);
}
