/** Journals and partials as crashes, disks and other programs leave them: the file always ends right. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesIn, gapsOf } from "../../src/store/byte-ranges.js";
import { bytesOf, seeded, sha256Of } from "../helpers/content.js";
import { type FaultServer, startFaultServer } from "../helpers/fault-server.js";
import { run } from "../helpers/run.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const SIZE = 400_000;
const BODY = bytesOf({ size: SIZE, seed: 301 });
const SHA256 = sha256Of(BODY);
const PARTIAL = `a.bin.${SHA256.slice(0, 12)}.part`;
const JOURNAL = `${PARTIAL}.json`;
const FINE = { policy: { leastSegmentBytes: 16 * 1024 } };
/** What is there of a file that was brought over three connections. */
const PAIRS: [number, number][] = [
  [0, 100_000],
  [150_000, 220_000],
  [300_000, 390_000],
];
const RANGES = PAIRS.map(([start, end]) => ({ start, end }));
const MISSING = SIZE - bytesIn(RANGES);

interface Setup {
  server: FaultServer;
  tree: Tree;
}

async function setUp(): Promise<Setup> {
  const server = await startFaultServer();
  const tree = makeTree();
  tree.manifestFor({ "a.bin": { url: server.serve("/a", { body: BODY }), body: BODY } });
  return { server, tree };
}

/** A partial with just the bytes of the ranges, and zeros between them. */
function partialWith(ranges = RANGES, size = ranges.at(-1)?.end ?? 0): Buffer {
  const partial = Buffer.alloc(size);
  for (const { start, end } of ranges) BODY.copy(partial, start, start, end);
  return partial;
}

function journalOf(parts: Record<string, unknown> = {}): string {
  return `${JSON.stringify({ ranges: PAIRS, synced: [], at: Date.now(), ...parts })}\n`;
}

/** Leaves this behind, downloads, and answers how many bytes were asked for; the file must be right. */
async function finish({ server, tree }: Setup, partial: Buffer | undefined, journal: string | Buffer): Promise<number> {
  const before = server.bytesSent("/a");
  for (const name of tree.files()) if (name !== "assets.manifest.json") tree.remove(name);
  if (partial !== undefined) tree.write(PARTIAL, partial);
  tree.write(JOURNAL, journal);
  const report = await run(tree, FINE);
  expect(report.of("a.bin")).toMatchObject({ status: "downloaded", verified: true });
  expect([tree.sha256("a.bin"), tree.leftovers()]).toEqual([SHA256, []]);
  return server.bytesSent("/a") - before;
}

describe("a journal that is right", () => {
  it("costs only the bytes that are missing", async () => {
    expect(await finish(await setUp(), partialWith(), journalOf())).toBe(MISSING);
  });

  it("whatever it says is there, costs only the bytes that are missing", async () => {
    const setup = await setUp();
    const edges = fc.uniqueArray(fc.nat(SIZE), { minLength: 2, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(edges, async (at) => {
        const sorted = at.toSorted((a, b) => a - b);
        const pairs = sorted.flatMap((start, n) =>
          n % 2 === 0 && n + 1 < sorted.length ? [[start, sorted[n + 1]]] : [],
        );
        const ranges = pairs.map(([start = 0, end = 0]) => ({ start, end }));
        const asked = await finish(setup, partialWith(ranges), journalOf({ ranges: pairs }));
        expect(asked).toBe(bytesIn(gapsOf(ranges, SIZE)));
      }),
      { numRuns: 15 },
    );
  });

  it("from before the machine was started costs what was not synced, and what was is kept", async () => {
    const synced = [[150_000, 220_000]];
    const partial = partialWith([{ start: 150_000, end: 220_000 }], 390_000);
    expect(await finish(await setUp(), partial, journalOf({ synced, at: 1 }))).toBe(SIZE - 70_000);
  });

  it("beside a partial that is shorter than it costs what is no longer there", async () => {
    const partial = partialWith().subarray(0, 200_000);
    expect(await finish(await setUp(), partial, journalOf())).toBe(SIZE - 150_000);
  });

  it("beside a partial with bytes behind its last range costs only the bytes that are missing", async () => {
    expect(await finish(await setUp(), Buffer.concat([partialWith(), Buffer.alloc(50_000)]), journalOf())).toBe(
      MISSING,
    );
  });

  it("without its partial costs the file, once", async () => {
    expect(await finish(await setUp(), undefined, journalOf())).toBe(SIZE);
  });
});

/** Partials that are not what their journal says. */
const WRONG_PARTIALS: [string, Buffer][] = [
  ["zeroed in the middle", partialWith().fill(0, 160_000, 170_000)],
  ["zeroed at its front", partialWith().fill(0, 0, 10)],
  ["zeroed at its end", partialWith().fill(0, 389_990)],
  ["all zeros", Buffer.alloc(390_000)],
  ["with two blocks in each other's place", swapped(partialWith(), 4_096, 163_840, 8_192)],
  ["with one bit turned", partialWith().fill(((BODY[200_000] ?? 0) ^ 1) & 255, 200_000, 200_001)],
  ["of another file", bytesOf(seeded(390_000, 99))],
  ["longer than the file", Buffer.concat([partialWith(), bytesOf(seeded(SIZE, 99))]).fill(0, 500, 600)],
  ["as long as the file, of another one", bytesOf(seeded(SIZE, 99))],
  ["empty", Buffer.alloc(0)],
];

function swapped(bytes: Buffer, one: number, other: number, length: number): Buffer {
  const moved = Buffer.from(bytes);
  bytes.copy(moved, other, one, one + length);
  bytes.copy(moved, one, other, other + length);
  return moved;
}

describe("a partial", () => {
  it.each(WRONG_PARTIALS)(
    "that is %s: the file ends right in the same run, for no more than one file more",
    async (_, partial) => {
      expect(await finish(await setUp(), partial, journalOf())).toBeLessThanOrEqual(SIZE + MISSING);
    },
  );
});

const FULL = [[0, SIZE]];
const WRONG_JOURNALS: [string, string | Buffer][] = [
  ["cut off", journalOf().slice(0, 30)],
  ["empty", ""],
  ["no JSON", "\u0000".repeat(100)],
  ["no text", Buffer.from([0xff, 0xfe, 0x00])],
  ["null", "null"],
  ["a list", "[]"],
  [
    "of another file",
    journalOf({
      ranges: [
        [0, 10],
        [20, 390_000],
      ],
    }),
  ],
  ["of a complete file", journalOf({ ranges: FULL })],
  ["with ranges far beyond the file", journalOf({ ranges: [[0, 1e15]] })],
  [
    "with ranges that overlap",
    journalOf({
      ranges: [
        [0, 200_000],
        [100_000, 390_000],
      ],
    }),
  ],
  ["with ranges in another order", journalOf({ ranges: PAIRS.toReversed() })],
  ["with negative ranges", journalOf({ ranges: [[-5, 390_000]] })],
  ["with a range that runs backwards", journalOf({ ranges: [[390_000, 0]] })],
  ["with huge numbers", `{"ranges":[[0,1e400]],"synced":[[0,1e400]],"at":${Date.now()}}`],
  ["with no numbers", journalOf({ ranges: [[Number.NaN, Number.NaN]] })],
  ["with texts for numbers", journalOf({ ranges: [["0", "390000"]] })],
  ["with very many ranges", journalOf({ ranges: Array.from({ length: 5_000 }, (_, n) => [n * 2, n * 2 + 1]) })],
  ["of a file without a pin", journalOf({ ranges: undefined, validator: '"v1"' })],
  ["from before the machine was started, its synced ranges wrong", journalOf({ at: 1, synced: [[0, 390_000]] })],
];

describe("a journal", () => {
  it.each(WRONG_JOURNALS)(
    "that is wrong (%s): the file ends right in the same run, for no more than one file more",
    async (_, journal) => {
      expect(await finish(await setUp(), partialWith(), journal)).toBeLessThanOrEqual(2 * SIZE);
    },
  );

  it("with any bits turned and any bytes of the partial changed ends right", async () => {
    const setup = await setUp();
    const turn = fc.record({ at: fc.nat(), bit: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(turn, { maxLength: 3 }),
        fc.array(turn, { maxLength: 3 }),
        async (inNote, inPartial) => {
          const turned = (bytes: Buffer, turns: typeof inNote) => {
            for (const { at, bit } of turns) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << bit);
            return bytes;
          };
          const asked = await finish(setup, turned(partialWith(), inPartial), turned(Buffer.from(journalOf()), inNote));
          expect(asked).toBeLessThanOrEqual(2 * SIZE);
        },
      ),
      { numRuns: 25 },
    );
  });
});
