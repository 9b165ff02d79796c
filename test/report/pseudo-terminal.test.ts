/** Bars on a terminal of the operating system. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { createScreen } from "./screen.js";

const FEED = fileURLToPath(new URL("feed.ts", import.meta.url));

/** Whether `script` of util-linux is here, which gives a program a terminal of its own. */
const hasScript = () =>
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") ?? false;

/** What a program sends to a real terminal of this size. */
async function onTerminal(size: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "assets-feed-"));
  try {
    const program = join(folder, "feed.mjs");
    const banner = {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    };
    await build({ entryPoints: [FEED], outfile: program, bundle: true, format: "esm", platform: "node", banner });
    const command = `stty ${size}; exec '${process.execPath}' '${program}'`;
    const options = { encoding: "utf8", timeout: 15_000 } as const;
    const { stdout, status } = spawnSync("script", ["-qec", command, "/dev/null"], options);
    expect(status).toBe(0);
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

it.skipIf(!hasScript()).each([
  ["cols 40 rows 12", 40, 12],
  ["cols 0 rows 0", 80, 24],
])(
  "on a real terminal (%s) bars neither wrap nor scroll, and leave only what was logged",
  async (size, columns, rows) => {
    const screen = createScreen(columns, rows);
    const pieces = (await onTerminal(size)).split("\u001b[?25h");
    expect(pieces).toHaveLength(2);
    screen.write(pieces[0] ?? "");
    expect(screen.lines().at(-1)).toMatch(/^\d+\/30 files/);
    // Only the warning, which stays whole, may need a second row.
    expect(screen.wraps).toBe(columns === 40 ? 1 : 0);
    expect(screen.lines().length).toBeLessThanOrEqual(rows - 2 + 2);
    screen.write(`\u001b[?25h${pieces[1]}`);
    expect(screen.lines().join("")).toBe("warning A warning that is wider than the terminal is.done");
    expect([screen.cursorVisible, screen.wrapping]).toEqual([true, true]);
  },
);
