/** Bars on a terminal of the operating system. */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { createScreen } from "./screen.js";

const FEED = fileURLToPath(new URL("feed.js", import.meta.url));

/** Whether `script` of util-linux is here, which gives a program a terminal of its own. */
const hasScript = () =>
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") ?? false;

/** What a program sends to a real terminal of this size. */
function onTerminal(size: string): string {
  const command = `stty ${size}; exec '${process.execPath}' '${FEED}'`;
  const { stdout, status } = spawnSync("script", ["-qec", command, "/dev/null"], { encoding: "utf8", timeout: 15_000 });
  expect(status).toBe(0);
  return stdout;
}

it.skipIf(!hasScript()).each([
  ["cols 40 rows 12", 40, 12],
  ["cols 0 rows 0", 80, 24],
])("on a real terminal (%s) bars neither wrap nor scroll, and leave only what was logged", (size, columns, rows) => {
  const screen = createScreen(columns, rows);
  const pieces = onTerminal(size).split("\u001b[?25h");
  expect(pieces).toHaveLength(2);
  screen.write(pieces[0] ?? "");
  expect(screen.lines().at(-1)).toMatch(/^\d+\/30 files/);
  // Only the warning, which stays whole, may need a second row.
  expect(screen.wraps).toBe(columns === 40 ? 1 : 0);
  expect(screen.lines().length).toBeLessThanOrEqual(rows - 2 + 2);
  screen.write(`\u001b[?25h${pieces[1]}`);
  expect(screen.lines().join("")).toBe("warning A warning that is wider than the terminal is.done");
  expect([screen.cursorVisible, screen.wrapping]).toEqual([true, true]);
});
