/** What a list says. */
import { describe, expect, it } from "vitest";
import { renderList } from "../../src/report/list.js";
import { fileReport, listReport, row } from "./samples.js";

const plain = { color: false };
const MISSING = { state: "missing" as const, proven: false, files: [fileReport("m", "missing")] };

it("a list has a line per asset, the totals, and what to type next", () => {
  const report = listReport([
    row("silero-vad", { tags: ["audio", "vad"], required: true }),
    row("qwen", { size: 491_400_032, proven: false, files: [fileReport("q", "unverified")] }),
    row("whisper", {
      state: "partial",
      proven: false,
      files: [fileReport("a", "valid"), fileReport("b", "missing"), fileReport("c", "valid")],
    }),
    row("iris", { type: "dataset", size: 4551, ...MISSING }),
  ]);
  expect(renderList(report, plain)).toBe(
    `ID          TYPE         SIZE  FILES  STATE              TAGS
silero-vad  model      2.3 MB      1  ready              required · audio, vad
qwen        model    491.4 MB      1  ready, not hashed
whisper     model      2.3 MB      3  partial 2 of 3
iris        dataset    4.6 kB      1  missing

4 assets, 6 files, 496.1 MB; 4 files here.
Not hashed: the sizes are right, the content is not proven. assets verify proves it.
To fetch what is missing: assets download whisper iris
`,
  );
});

it("an empty manifest is said to be empty", () => {
  expect(renderList(listReport([]), plain)).toBe("No assets.\n");
});

describe("a state", () => {
  const stateOf = (more: object) =>
    renderList(listReport([row("x", more)]), plain)
      .split("\n")[1]
      ?.slice(24)
      .trim();

  it("is ready without a remark only when every file is proven", () => {
    expect(stateOf({})).toBe("ready");
    expect(stateOf({ proven: false })).toBe("ready, not hashed");
    expect(stateOf({ proven: false, unpinned: 1 })).toBe("ready, not pinned");
  });

  it("of a damaged asset says how many of its files are wrong", () => {
    const files = [fileReport("a", "valid"), fileReport("b", "size-mismatch"), fileReport("c", "missing")];
    expect(stateOf({ state: "damaged", files })).toBe("damaged 1 of 3");
    expect(stateOf({ state: "damaged", files: [fileReport("b", "lfs-pointer")] })).toBe("damaged");
  });
});

describe("the lines below", () => {
  const below = (rows: Parameters<typeof listReport>[0], options = {}) => {
    return renderList(listReport(rows), { ...plain, ...options })
      .split("\n\n")[1]
      ?.split("\n")
      .slice(0, -1);
  };

  it("are one when all is well", () => {
    expect(below([row("a")])).toEqual(["1 asset, 1 file, 2.3 MB; all of them here."]);
  });

  it("explain only the remarks that occur", () => {
    expect(below([row("a", { proven: false, unpinned: 1 })])?.slice(1)).toEqual([
      "Not pinned: the manifest has no SHA-256 to hold the content against.",
    ]);
    expect(below([row("a", { state: "damaged", proven: false })])?.slice(1)).toEqual([
      "Damaged: assets verify tells what is wrong.",
    ]);
  });

  it("name a few missing assets by id, and many by what was selected", () => {
    const many = Array.from({ length: 5 }, (_, index) => row(`asset-${index}`, MISSING));
    expect(below(many.slice(0, 4))?.at(-1)).toMatch(/assets download asset-0 asset-1 asset-2 asset-3$/);
    expect(below(many)?.at(-1)).toMatch(/assets download --all$/);
    expect(below(many, { selection: "--models" })?.at(-1)).toMatch(/assets download --models$/);
  });

  it("admit that a size is not known", () => {
    const rows = [row("a", { size: 0, sizeKnown: false }), row("b", { size: 1000, sizeKnown: false })];
    expect(below(rows)?.[0]).toBe("2 assets, 2 files, at least 1.0 kB; all of them here.");
    const sizes = renderList(listReport(rows), plain).split("\n").slice(1, 3);
    expect(sizes).toEqual([expect.stringMatching(/ \? /), expect.stringMatching(/ 1\.0 kB\+ /)]);
  });
});
