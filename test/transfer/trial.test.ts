/** Which trial of more connections is next, and whether it paid. */
import { describe, expect, it } from "vitest";
import { type HostNow, nextTrial, type Standing, type Trial, verdictOnTrial } from "../../src/transfer/trial.js";

const host = (name: string, more: Partial<HostNow> = {}): HostNow => ({
  name,
  own: 0,
  further: 0,
  granted: 0,
  most: 15,
  rests: false,
  latencyMs: 0,
  ...more,
});
const used = (name: string, granted: number, more: Partial<HostNow> = {}) =>
  host(name, { own: 1, further: granted, granted, ...more });

/** A megabyte a second, a gigabyte missing. */
function standing(hosts: HostNow[], more: Partial<Standing> = {}): Standing {
  const rates = { perMs: 1_000, perMsPast: 1_000, perMsLong: 1_000 };
  return { now: 5_000, ...rates, leftBytes: 1e9, room: 31, hosts, ...more };
}

/** The host of the next trial and its step, or nothing. */
function step(given: Standing): string | undefined {
  const trial = nextTrial(given);
  return trial && `${trial.host}: ${trial.from} to ${trial.to}`;
}

describe("the next trial", () => {
  it.each<[string, HostNow[], Partial<Standing>, string | undefined]>([
    ["of a single connection is one more", [used("a", 0)], {}, "a: 0 to 1"],
    ["of two is eight in all", [used("a", 1)], {}, "a: 1 to 7"],
    ["of eight is as many as are allowed", [used("a", 7)], {}, "a: 7 to 15"],
    ["is none where all that are allowed are there", [used("a", 15)], {}, undefined],
    ["is none where only one is allowed", [used("a", 0, { most: 0 })], {}, undefined],
    [
      "counts the connections that several files have of their own",
      [host("a", { own: 4, most: 12 })],
      {},
      "a: 0 to 12",
    ],
    ["is of a host that is not used yet, before more at one that is", [used("a", 1), host("b")], {}, "b: 0 to 1"],
    ["is of the host with fewest connections", [used("a", 7), used("b", 1)], {}, "b: 1 to 7"],
    ["passes over a host that rests", [used("a", 7), used("b", 1, { rests: true })], {}, "a: 7 to 15"],
    ["is none where every host rests", [used("a", 1, { rests: true }), host("b", { rests: true })], {}, undefined],
    ["takes no more than there is room for in all", [used("a", 1)], { room: 3 }, "a: 1 to 4"],
    ["is none without room", [used("a", 1)], { room: 0 }, undefined],
    ["is none without a host", [], {}, undefined],
    ["is none while the pace grows by itself", [used("a", 0)], { perMsPast: 800 }, undefined],
    ["is worth while once it hardly grows any more", [used("a", 0)], { perMsPast: 900 }, "a: 0 to 1"],
    ["is worth while where it falls", [used("a", 0)], { perMsPast: 5_000 }, "a: 0 to 1"],
    ["is none where the rest comes in a moment", [used("a", 1)], { leftBytes: 300_000 }, undefined],
    ["is worth while for a byte more than that", [used("a", 1)], { leftBytes: 300_001 }, "a: 1 to 7"],
    ["is worth while where nothing comes at all", [used("a", 0)], { perMs: 0, leftBytes: 1 }, "a: 0 to 1"],
    ["is none where nothing is missing", [used("a", 0)], { perMs: 0, leftBytes: 0 }, undefined],
  ])("%s", (_, hosts, more, expected) => {
    expect(step(standing(hosts, more))).toBe(expected);
  });

  it("remembers how things stood before it", () => {
    expect(nextTrial(standing([used("a", 3), used("b", 1, { rests: true })]))).toMatchObject({
      since: 5_000,
      perMsBefore: 1_000,
      openBefore: 6,
    });
  });
});

describe("the verdict on a trial", () => {
  const trial: Trial = {
    host: "a",
    from: 1,
    to: 7,
    openBefore: 2,
    perMsBefore: 1_000,
    since: 10_000,
    openMs: 3_000,
    showMs: 120,
  };

  it.each<[string, [now: number, perMs: number, starting: number, startedAt: number], string]>([
    ["waits for the first byte of each connection", [12_999, 9_000, 1, 10_050], "wait"],
    ["waits no longer than three seconds for it", [13_000, 9_000, 1, 10_050], "keep"],
    ["gives the connections a moment to show what they bring", [10_419, 9_000, 0, 10_300], "wait"],
    ["keeps at once what brings much more", [10_420, 1_600, 0, 10_300], "keep"],
    ["looks longer at what brings a third more", [10_420, 1_599, 0, 10_300], "wait"],
    ["keeps what brings a third more for half a second", [10_800, 1_300, 0, 10_300], "keep"],
    ["undoes what brings less than that", [10_420, 1_299, 0, 10_300], "undo"],
    ["undoes what brings nothing", [13_000, 0, 6, 0], "undo"],
    ["is not hurried by connections from before", [10_119, 9_000, 0, 9_000], "wait"],
    ["waits a moment also where no connection was started", [10_120, 1_000, 0, 9_000], "undo"],
  ])("%s", (_, [now, perMs, starting, startedAt], expected) => {
    expect(verdictOnTrial(trial, { now, perMs, perMsLong: perMs, starting, startedAt })).toBe(expected);
  });

  it("gives connections over a long way three answers' time, and twice that to prove a third more", () => {
    const far = nextTrial(standing([used("a", 1, { latencyMs: 400 })])) as Trial;
    const verdictAt = (shownMs: number, perMs: number) =>
      verdictOnTrial(far, { now: 20_000 + shownMs, perMs, perMsLong: perMs, starting: 0, startedAt: 20_000 });
    expect([verdictAt(1_199, 9_000), verdictAt(1_200, 9_000), verdictAt(1_200, 1_000)]).toEqual([
      "wait",
      "keep",
      "undo",
    ]);
    expect([verdictAt(2_399, 1_300), verdictAt(2_400, 1_300)]).toEqual(["wait", "keep"]);
  });

  it("undoes what brought a third more for a moment only", () => {
    const moment = { now: 10_800, perMs: 1_300, perMsLong: 1_299, starting: 0, startedAt: 10_300 };
    expect(verdictOnTrial(trial, moment)).toBe("undo");
  });

  it("keeps what brings anything where nothing came, and undoes what brings nothing there", () => {
    const silent = { ...trial, perMsBefore: 0 };
    const verdictAt = (perMs: number) =>
      verdictOnTrial(silent, { now: 11_000, perMs, perMsLong: perMs, starting: 0, startedAt: 0 });
    expect([verdictAt(1), verdictAt(0)]).toEqual(["keep", "undo"]);
  });
});
