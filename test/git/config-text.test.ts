/** What git's configuration means, as git-config(1) writes it down. */
import { describe, expect, it } from "vitest";
import { gitConfig, parseConfigFile, parseConfigList } from "../../src/git/config-text.js";

const read = (text: string) => gitConfig(parseConfigFile(text));

describe("a configuration file", () => {
  it("names sections and settings in any case, and what stands in quotes between them as it is", () => {
    const config = read('[Remote "Origin"]\n\tLfsUrl = https://x/\n[LFS] url=https://y/ # why\n[a "q\\"b\\\\"]\nc\n');
    expect(config.entries).toEqual([
      ["remote.Origin.lfsurl", "https://x/"],
      ["lfs.url", "https://y/"],
      ['a.q"b\\.c', "true"],
    ]);
  });

  it.each([
    ["a value", "a value"],
    ["  spaced  out  ", "spaced  out"],
    ['" kept "', " kept "],
    ["a ; comment", "a"],
    ['"a # no comment"', "a # no comment"],
    ['tab\\tand \\"quote\\"', 'tab\tand "quote"'],
    ["one \\\ntwo", "one two"],
    ["", ""],
  ])("has the value %j as git reads it", (written, value) => {
    expect(read(`[s]\nk = ${written}\n`).get("s.k")).toBe(value);
  });

  it("lets the last of several values count, and leaves out what is no setting", () => {
    const config = read("stray = 1\n[s]\nk = 1\n!!!\nk = 2\n");
    expect([config.get("s.k"), config.entries.length]).toEqual(["2", 2]);
  });
});

it("what `git config --list -z` prints has line feeds in values, and switches without any", () => {
  expect(parseConfigList("a.b\nline\nfeed\0c.on\0")).toEqual([
    ["a.b", "line\nfeed"],
    ["c.on", "true"],
  ]);
});
