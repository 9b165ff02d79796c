/** Sharing out: every missing byte to one connection, and work for whoever is idle. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ByteRanges, bytesIn, gapsOf, withRange } from "../../src/store/byte-ranges.js";
import { createSegments, type Segment } from "../../src/transfer/segments.js";

const LEAST = 16;
const SILENT_MS = 2_001;

/** What connections do in one step. `dead`: it takes work, and never brings a byte. */
const step = fc.record({
  connection: fc.nat(15),
  bytes: fc.nat(200),
  does: fc.constantFrom("bring", "bring", "bring", "fail", "extend"),
});
const plan = fc.record({
  size: fc.integer({ min: 1, max: 3_000 }),
  here: fc.array(fc.tuple(fc.nat(3_000), fc.nat(300)), { maxLength: 6 }),
  connections: fc.integer({ min: 1, max: 16 }),
  dead: fc.uniqueArray(fc.integer({ min: 1, max: 15 }), { maxLength: 3 }),
  steps: fc.array(step, { maxLength: 200 }),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

/** Connections that bring a file of numbered bytes, and the checks after each of their steps. */
function simulate({ size, here, connections, dead }: Plan) {
  let held: ByteRanges = [];
  for (const [start, length] of here)
    held = withRange(held, { start: Math.min(start, size), end: Math.min(start + length, size) });
  const brought = new Uint8Array(size);
  const missing = gapsOf(held, size);
  const segments = createSegments(
    () => size,
    () => held,
    { leastSegmentBytes: LEAST },
  );
  const busy = new Map<number, Segment>();
  let now = 0;

  function check(): void {
    const active = [...busy.values()].filter(({ at, end }) => at < end).sort((a, b) => a.at - b.at);
    for (const [n, { at, end }] of active.entries()) {
      expect(at).toBeGreaterThanOrEqual(active[n - 1]?.end ?? 0);
      expect(end).toBeLessThanOrEqual(size);
      expect(bytesIn(gapsOf(held, end)) - bytesIn(gapsOf(held, at))).toBe(end - at);
    }
    expect(segments.missing()).toBe(size - bytesIn(held));
  }
  function release(connection: number, segment: Segment): void {
    segment.release();
    busy.delete(connection);
  }
  function act(connection: number, bytes: number, does: string): void {
    const segment = busy.get(connection);
    if (segment === undefined) {
      const useful = segments.hasMore(now);
      const taken = segments.take(busy.size + 1, now);
      expect(taken !== undefined).toBe(useful);
      if (taken === undefined) {
        // What is left to each of the others is not worth sharing.
        for (const { at, end } of busy.values()) expect(end - at).toBeLessThan(2 * LEAST);
        return;
      }
      expect(taken.end).toBeGreaterThan(taken.at);
      taken.onTakenOver = () => void busy.delete(connection);
      busy.set(connection, taken);
      return;
    }
    if (does === "fail") {
      release(connection, segment);
      return;
    }
    if (dead.includes(connection)) return;
    const to = Math.min(segment.at + bytes, segment.end);
    for (let at = segment.at; at < to; at++) brought[at] = (brought[at] ?? 0) + 1;
    held = withRange(held, { start: segment.at, end: to });
    segment.moveTo(to, now);
    if (to === segment.end && does === "extend") segment.extend(to + bytes);
    if (segment.at === segment.end) release(connection, segment);
  }
  return {
    step(connection: number, bytes: number, does: string) {
      now += 1;
      act(connection % connections, bytes, does);
      check();
    },
    /** Goes on in turn until all is here; answers how often each byte came that was missing, or came though it was not. */
    finish() {
      for (let turn = 0; bytesIn(gapsOf(held, size)) > 0; turn++) {
        if (turn > 20_000) throw new Error(`${bytesIn(gapsOf(held, size))} bytes never came`);
        // Time passes only for those who are silent.
        now += SILENT_MS;
        for (const [connection, segment] of busy) {
          if (!dead.includes(connection)) segment.moveTo(segment.at, now);
        }
        act(turn % connections, 100, "bring");
        check();
      }
      const wrong = [...brought].filter(
        (count, at) => count !== (missing.some(({ start, end }) => start <= at && at < end) ? 1 : 0),
      );
      return wrong.length;
    },
  };
}

function segmentsOf(size: number, held: ByteRanges = []) {
  return createSegments(
    () => size,
    () => held,
    { leastSegmentBytes: LEAST },
  );
}

describe("segments", () => {
  it("bring each missing byte once, to one connection at a time, whatever they do, and come to an end", () => {
    fc.assert(
      fc.property(plan, (given) => {
        const run = simulate(given);
        for (const { connection, bytes, does } of given.steps) run.step(connection, bytes, does);
        expect(run.finish()).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it("for one connection alone are all up to the next byte that is here", () => {
    const segments = segmentsOf(1_000, [{ start: 300, end: 400 }]);
    expect(segments.take(1, 0)).toMatchObject({ at: 0, end: 300 });
    expect(segments.take(1, 0)).toMatchObject({ at: 400, end: 1_000 });
  });

  it("are split where most is left, so that both connections end together", () => {
    const segments = segmentsOf(1_000);
    const first = segments.take(1, 0);
    const second = segments.take(2, 0);
    expect([first?.end, second?.at, second?.end]).toEqual([250, 250, 500]);
    // The rest is nobody's, and the next to ask gets it.
    expect(segments.take(3, 0)?.at).toBe(500);
  });

  it("that have moved within two seconds are not taken over, those that have not are", () => {
    const segments = segmentsOf(LEAST);
    const first = segments.take(1, 0) as Segment;
    let taken = 0;
    first.onTakenOver = () => void taken++;
    expect([segments.hasMore(2_000), segments.take(2, 2_000)]).toEqual([false, undefined]);
    expect(segments.hasMore(2_001)).toBe(true);
    expect(segments.take(2, 2_001)).toMatchObject({ at: 0, end: LEAST });
    expect([taken, first.end]).toEqual([1, 0]);
  });

  it("are taken over later each time, so that connections to a slow server do not take turns for ever", () => {
    const segments = segmentsOf(LEAST);
    segments.take(1, 0);
    segments.take(2, 2_001);
    expect(segments.hasMore(2_001 + 4_000)).toBe(false);
    expect(segments.hasMore(2_001 + 4_001)).toBe(true);
  });

  it("all end when one connection brings everything, of which nothing is split off", () => {
    const segments = segmentsOf(1_000, [{ start: 0, end: 100 }]);
    const first = segments.take(4, 0) as Segment;
    const second = segments.take(4, 0) as Segment;
    let taken = 0;
    second.onTakenOver = () => void taken++;
    second.moveTo(second.at + 10, 0);
    first.becomeAll();
    expect([first.at, first.end, second.end, taken]).toEqual([0, 1_000, second.at, 1]);
    second.release();
    expect([segments.hasMore(0), segments.take(2, 0)]).toEqual([false, undefined]);
  });

  it("end where the file does, once its size is known", () => {
    let size = Number.MAX_SAFE_INTEGER;
    const segments = createSegments(
      () => size,
      () => [],
      { leastSegmentBytes: LEAST },
    );
    const first = segments.take(1, 0) as Segment;
    size = 50;
    expect(first.end).toBe(50);
  });

  it("are extended no further than asked, than the next byte that is here, or than another connection's", () => {
    const held = [{ start: 600, end: 700 }];
    const segments = segmentsOf(1_000, held);
    const first = segments.take(8, 0) as Segment;
    const { end } = first;
    first.extend(end + 10);
    expect(first.end).toBe(end + 10);
    const second = segments.take(8, 0) as Segment;
    first.extend(1_000);
    expect(first.end).toBe(second.at);
    second.extend(1_000);
    expect(second.end).toBe(600);
  });

  it("that failed are missing again, and are the next that is given out", () => {
    const segments = segmentsOf(1_000);
    const first = segments.take(2, 0) as Segment;
    segments.take(2, 0);
    first.release();
    expect(segments.take(2, 0)?.at).toBe(0);
  });
});
