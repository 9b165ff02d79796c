/** How output is shown on which stream. */
import { describe, expect, it } from "vitest";
import { reporterMode, wantsColor, widthOf } from "../../src/cli/terminal.js";

const write = () => true;
const terminal = { write, isTTY: true, columns: 80 };
const pipe = { write };
const plain = { progress: true, color: "auto" } as const;

describe("colour", () => {
  it.each([
    ["is used on a terminal", terminal, {}, "auto", true],
    ["is not used in a pipe", pipe, {}, "auto", false],
    ["is not used when NO_COLOR is set", terminal, { NO_COLOR: "1" }, "auto", false],
    ["is used when NO_COLOR is empty, as no-color.org says", terminal, { NO_COLOR: "" }, "auto", true],
    ["is used in a pipe when FORCE_COLOR is set", pipe, { FORCE_COLOR: "1" }, "auto", true],
    ["is not used when FORCE_COLOR is 0", terminal, { FORCE_COLOR: "0" }, "auto", false],
    ["is not used on a dumb terminal", terminal, { TERM: "dumb" }, "auto", false],
    ["is used when the flag says always, whatever the variables say", pipe, { NO_COLOR: "1" }, "always", true],
    ["is not used when the flag says never", terminal, { FORCE_COLOR: "1" }, "never", false],
  ] as const)("%s", (_, stream, env, color, used) => {
    expect(wantsColor(stream, env, color)).toBe(used);
  });
});

describe("progress", () => {
  it.each([
    ["is bars on a terminal", terminal, {}, {}, "bars"],
    ["is lines in a pipe", pipe, {}, {}, "lines"],
    ["is lines in CI, even on a terminal", terminal, { CI: "true" }, {}, "lines"],
    ["is lines on a dumb terminal", terminal, { TERM: "dumb" }, {}, "lines"],
    ["is lines without bars when asked", terminal, {}, { progress: false }, "lines"],
    ["is quiet when asked", terminal, {}, { quiet: true }, "quiet"],
    ["is events when asked, quiet or not", terminal, {}, { ndjson: true, quiet: true }, "ndjson"],
  ] as const)("%s", (_, stream, env, options, mode) => {
    expect(reporterMode(stream, env, { ...plain, ...options })).toBe(mode);
  });
});

describe("width", () => {
  it("is the terminal's, and none in a pipe, so that nothing is cut there", () => {
    expect(widthOf(terminal)).toBe(80);
    expect(widthOf({ ...pipe, columns: 80 })).toBeUndefined();
    expect(widthOf({ ...terminal, columns: 0 })).toBeUndefined();
  });
});
