/** The note beside a partial: it may forget bytes, but never claims one that is not there. */
import { mkdirSync, symlinkSync, truncateSync } from "node:fs";
import { uptime } from "node:os";
import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { ByteRanges } from "../../src/store/byte-ranges.js";
import { readJournal, rememberValidator, removeJournal, writeJournal } from "../../src/store/journal.js";
import { openPartial } from "../../src/store/partial.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const SIZE = 1_000;
const NAME = "a.part";
const NOTE = "a.part.json";
const RANGES = [
  { start: 0, end: 100 },
  { start: 300, end: 400 },
  { start: 900, end: 1_000 },
];
const SYNCED = [{ start: 0, end: 100 }];

/** What a note says whose parts are replaced so. */
function noted(tree: Tree, parts: Record<string, unknown>) {
  const at = Date.now();
  tree.write(
    NOTE,
    JSON.stringify({
      ranges: [
        [0, 100],
        [300, 400],
      ],
      synced: [[0, 100]],
      at,
      ...parts,
    }),
  );
  return readJournal(tree.path(NAME), SIZE);
}

/** Whether each byte of the one set is in the other. */
function within(claimed: ByteRanges, allowed: ByteRanges): boolean {
  return claimed.every(({ start, end }) => allowed.some((range) => range.start <= start && end <= range.end));
}

describe("a journal", () => {
  it("says what was written, and which of it the disk has", async () => {
    const path = makeTree().path(NAME);
    await writeJournal(path, { ranges: RANGES, synced: SYNCED });
    expect(await readJournal(path, SIZE)).toEqual({ ranges: RANGES, synced: SYNCED });
    await rememberValidator(path, '"v1"');
    expect(await readJournal(path, SIZE)).toEqual({ validator: '"v1"' });
    await rememberValidator(path, undefined);
    await removeJournal(path);
    expect(await readJournal(path, SIZE)).toBeUndefined();
  });

  it("leaves no draft behind, and does not mind that of a killed run", async () => {
    const tree = makeTree();
    tree.write(`${NOTE}.new`, "half a no");
    await writeJournal(tree.path(NAME), { ranges: RANGES });
    expect(tree.files()).toEqual([NOTE]);
  });

  it("that cannot be read is told, so that what it speaks of is not thrown away", async () => {
    const tree = makeTree();
    mkdirSync(tree.path(NOTE));
    await expect(readJournal(tree.path(NAME), SIZE)).rejects.toMatchObject({ code: "LOCAL_IO" });
  });

  it.skipIf(process.platform === "win32")("that is a link is not followed", async () => {
    const tree = makeTree();
    symlinkSync(tree.write("elsewhere", "{}"), tree.path(NOTE));
    await expect(readJournal(tree.path(NAME), SIZE)).rejects.toMatchObject({ code: "LOCAL_IO" });
  });

  it("cut off anywhere claims nothing beyond what the whole one does", async () => {
    const tree = makeTree();
    await writeJournal(tree.path(NAME), { ranges: RANGES, synced: SYNCED });
    const { length } = tree.read(NOTE);
    for (let at = length - 1; at >= 0; at--) {
      truncateSync(tree.path(NOTE), at);
      const { ranges } = (await readJournal(tree.path(NAME), SIZE)) ?? {};
      // Without its line end the note is still all there.
      expect([at, ranges]).toEqual([at, at === length - 1 ? RANGES : []]);
    }
  });

  it("with any byte changed is still read as a set within the file, or as none", async () => {
    const tree = makeTree();
    await writeJournal(tree.path(NAME), { ranges: RANGES, synced: SYNCED });
    const note = tree.read(NOTE);
    const change = fc.tuple(fc.nat(note.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(change, async ([at, flip]) => {
        const changed = Buffer.from(note);
        changed[at] = (changed[at] ?? 0) ^ flip;
        tree.write(NOTE, changed);
        const journal = await readJournal(tree.path(NAME), SIZE);
        for (const ranges of [journal?.ranges, journal?.synced]) {
          expect(within(ranges ?? [], [{ start: 0, end: SIZE }])).toBe(true);
        }
      }),
    );
  });

  it.each<[string, Record<string, unknown>, ByteRanges]>([
    [
      "that claims more than the file has is believed as far as the file goes",
      { ranges: [[900, 1e9]] },
      [{ start: 900, end: SIZE }],
    ],
    [
      "with ranges that overlap claims nothing",
      {
        ranges: [
          [0, 50],
          [40, 90],
        ],
      },
      [],
    ],
    ["without ranges claims nothing", { ranges: undefined }, []],
    [
      "of this start of the machine claims what was written",
      {},
      [
        { start: 0, end: 100 },
        { start: 300, end: 400 },
      ],
    ],
    [
      "of a time before the machine was started claims only what was synced",
      { at: Date.now() - uptime() * 1000 - 1000 },
      SYNCED,
    ],
    ["of a time that is still to come claims only what was synced", { at: Date.now() + 3_600_000 }, SYNCED],
    ["of no time claims only what was synced", { at: undefined }, SYNCED],
    ["of a time that is no number claims only what was synced", { at: "today" }, SYNCED],
    ["of an earlier start that synced nothing claims nothing", { at: 0, synced: [] }, []],
    ["of an earlier start that says nothing of syncing claims nothing", { at: 0, synced: undefined }, []],
    ["of an earlier start with a validator claims nothing", { at: 0, validator: '"v1"' }, []],
  ])("%s", async (_, parts, ranges) => {
    expect((await noted(makeTree(), parts))?.ranges).toEqual(ranges);
  });
});

describe("a partial with a journal", () => {
  it("counts just the bytes that the journal names, and they are the right ones", async () => {
    const tree = makeTree();
    const first = await openPartial(tree.path(NAME));
    await first.write(Buffer.alloc(100, "a"), 0);
    await first.write(Buffer.alloc(100, "c"), 300);
    await first.close();
    const second = await openPartial(tree.path(NAME));
    expect(second.held).toEqual([
      { start: 0, end: 100 },
      { start: 300, end: 400 },
    ]);
    await second.write(Buffer.alloc(200, "b"), 100);
    expect([second.held, second.front]).toEqual([[{ start: 0, end: 400 }], 400]);
    await second.close();
    // In order again, its length says it all.
    expect(tree.files()).toEqual([NAME]);
    expect(tree.read(NAME).toString()).toBe("a".repeat(100) + "b".repeat(200) + "c".repeat(100));
  });

  it("has its journal before its first gap, so that a kill in between makes no zeros count", async () => {
    const tree = makeTree();
    const partial = await openPartial(tree.path(NAME));
    await partial.write(Buffer.alloc(100, "a"), 0);
    await partial.write(Buffer.alloc(100, "c"), 300);
    // As a killed process would leave it.
    const { ranges } = (await readJournal(tree.path(NAME), 400)) ?? {};
    expect(ranges).toEqual([{ start: 0, end: 100 }]);
    await partial.close();
  });

  it("has it renewed by what is written half a second after, so that a kill costs no more than that", async () => {
    const tree = makeTree();
    let now = 10_000;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    onTestFinished(() => void vi.restoreAllMocks());
    const partial = await openPartial(tree.path(NAME));
    const claimed = async () => (await readJournal(tree.path(NAME), SIZE))?.ranges;
    await partial.write(Buffer.alloc(100, "c"), 300);
    now += 500;
    await partial.write(Buffer.alloc(100, "d"), 400);
    const first = await claimed();
    now += 1;
    await partial.write(Buffer.alloc(100, "e"), 500);
    expect([first, await claimed()]).toEqual([[], [{ start: 300, end: 600 }]]);
    await partial.close();
  });

  it.each<[string, (partial: Awaited<ReturnType<typeof openPartial>>) => Promise<void>]>([
    ["dropped", (partial) => partial.drop({ start: 300, end: 350 })],
    ["cut off", (partial) => partial.cut(350)],
  ])("no longer claims what is %s, even for a moment", async (_, giveUp) => {
    const tree = makeTree();
    const first = await openPartial(tree.path(NAME));
    await first.write(Buffer.alloc(100, "c"), 300);
    await first.close();
    const partial = await openPartial(tree.path(NAME));
    await giveUp(partial);
    const { ranges = [] } = (await readJournal(tree.path(NAME), 400)) ?? {};
    expect(ranges).toEqual(partial.held);
    await partial.close();
  });

  it("of a killed run is not taken for synced by the next one", async () => {
    const tree = makeTree();
    tree.write(NAME, Buffer.alloc(400, "a"));
    await noted(tree, {});
    const partial = await openPartial(tree.path(NAME));
    await partial.drop({ start: 350, end: 400 });
    expect(await readJournal(tree.path(NAME), 400)).toEqual({
      ranges: [
        { start: 0, end: 100 },
        { start: 300, end: 350 },
      ],
      synced: SYNCED,
    });
    await partial.close();
  });
});
