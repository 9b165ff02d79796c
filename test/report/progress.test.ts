/** The picture that events add up to. */
import { describe, expect, it } from "vitest";
import type { AssetEvent } from "../../src/events.js";
import { createProgress } from "../../src/report/progress.js";
import { done, plan, problem, progress, retry, start } from "./samples.js";

/** A picture fed with events, each after so many milliseconds. */
function feed(...steps: (AssetEvent | number)[]) {
  let now = 0;
  const picture = createProgress(() => now);
  const tell = (...more: (AssetEvent | number)[]) => {
    for (const step of more) {
      if (typeof step === "number") now += step;
      else picture.apply(step);
    }
  };
  tell(...steps);
  return { picture, tell, at: (path: string) => picture.active.get(path) };
}

describe("a transfer", () => {
  it("never goes backwards, except where the run says that it starts over", () => {
    const { at, tell } = feed(plan(["a", 100]), start("a", 0, 100), progress("a", 60, 100));
    tell(progress("a", 40, 100), start("a", 20, 100));
    expect(at("a")?.received).toBe(60);
    tell({ type: "transfer:restart", path: "a", received: 0, reason: "other bytes" });
    expect(at("a")?.received).toBe(0);
  });

  it("does not count as speed what was here already", () => {
    const { at, picture } = feed(plan(["a", 2e9]), start("a", 1e9, 2e9), 1000, progress("a", 1e9 + 5000, 2e9));
    expect(at("a")?.rate.speed(1000)).toBe(5000);
    expect(picture.total()?.speed).toBe(5000);
  });

  it("measures its speed anew after a wait, so that the wait does not count", () => {
    const { at, tell } = feed(plan(["a", 1e6]), start("a", 0, 1e6), 1000, progress("a", 1000, 1e6));
    tell(retry("a", 8000), 8000, start("a", 1000, 1e6), 1000, progress("a", 3000, 1e6));
    expect(at("a")?.rate.speed(10_000)).toBe(2000);
  });

  it("knows its size from the plan before its source tells", () => {
    const { at } = feed(plan(["a", 100]), retry("a", 3000));
    expect(at("a")).toMatchObject({ size: 100, received: 0, note: { kind: "retry", attempt: 2, dueAt: 3000 } });
  });

  it.each<[string, AssetEvent, object]>([
    ["a retry", retry("a", 3000, 4), { kind: "retry", attempt: 4, dueAt: 3000 }],
    [
      "another source",
      { type: "transfer:fallback", path: "a", from: "x:", to: "y:", error: problem("down") },
      { kind: "fallback", to: "y:" },
    ],
    ["another process", { type: "transfer:wait", path: "a", owner: "pid 1" }, { kind: "wait", owner: "pid 1" }],
  ])("has a note about %s until bytes arrive again", (_, event, note) => {
    const { at, tell } = feed(plan(["a", 100]), start("a", 0, 100), event);
    expect(at("a")?.note).toEqual(note);
    tell(progress("a", 10, 100));
    expect(at("a")?.note).toBeUndefined();
  });

  it("is gone with its outcome, an archive with its end", () => {
    const { picture, tell } = feed(
      plan(["a", 100]),
      start("a", 0, 100),
      start("npm:x@1.0.0", 0, 50, { kind: "archive" }),
    );
    expect([...picture.active.keys()]).toEqual(["a", "npm:x@1.0.0"]);
    tell({ type: "transfer:end", path: "npm:x@1.0.0" }, done("a", { size: 100 }));
    expect([...picture.active.keys()]).toEqual([]);
  });
});

describe("the total", () => {
  it("does not exist where nothing is to be fetched", () => {
    const files = [{ asset: "a", path: "a", action: "keep", size: 5 } as const];
    expect(feed({ type: "plan", files, bytesToFetch: 0 }).picture.total()).toBeUndefined();
  });

  it("leaves out what is kept and what is a conflict", () => {
    const files = (["keep", "download", "replace", "conflict"] as const).map((action) => {
      return { asset: "a", path: action, action, size: 100 };
    });
    const { picture } = feed({ type: "plan", files, bytesToFetch: 200 });
    expect(picture.total()).toMatchObject({ files: 2, done: 0, size: 200 });
  });

  it("adds up bytes, and tells the time left from their speed", () => {
    const { picture } = feed(plan(["a", 6000], ["b", 4000]), start("a", 0, 6000), 1000, progress("a", 1000, 6000));
    expect(picture.total()).toMatchObject({
      done: 0,
      received: 1000,
      size: 10_000,
      fraction: 0.1,
      speed: 1000,
      left: 9000,
    });
  });

  it("counts files where a size is unknown, and promises no end", () => {
    const { picture } = feed(plan(["a", 100], ["b"]), start("a", 0, 100), 1000, done("a", { size: 100 }));
    expect(picture.total()).toMatchObject({ done: 1, size: undefined, fraction: 0.5, left: undefined });
  });

  it("does not go backwards when a size turns out larger", () => {
    const { picture, tell } = feed(plan(["a", 100], ["b"]), done("a", { size: 100 }));
    const before = picture.total()?.fraction ?? 0;
    tell(start("b", 0, 1_000_000));
    expect(picture.total()?.fraction).toBe(before);
  });

  it("goes back after a restart", () => {
    const { picture, tell } = feed(plan(["a", 100]), start("a", 0, 100), progress("a", 90, 100));
    expect(picture.total()?.fraction).toBe(0.9);
    tell({ type: "transfer:restart", path: "a", received: 0, reason: "other bytes" });
    expect(picture.total()?.fraction).toBe(0);
  });

  it("has nothing more to wait for from a file that failed", () => {
    const { picture, tell } = feed(plan(["a", 100], ["b", 100]), start("a", 0, 100), progress("a", 40, 100));
    tell(done("a", { status: "failed", size: 0 }));
    expect(picture.total()).toMatchObject({ done: 1, failed: 1, received: 40, size: 140 });
    tell(start("b", 0, 100), progress("b", 100, 100), done("b", { size: 100 }));
    expect(picture.total()).toMatchObject({ done: 2, received: 140, size: 140, fraction: 1 });
  });

  it("counts the bytes of an archive once, not again when files are cut out of it", () => {
    const { picture, tell } = feed(plan(["a", 300]), start("npm:x@1", 0, 100, { kind: "archive", url: "npm:x@1/a" }));
    tell(1000, progress("npm:x@1", 100, 100), { type: "transfer:end", path: "npm:x@1" });
    tell(
      start("a", 0, 300, { kind: "member", url: "npm:x@1/a" }),
      progress("a", 300, 300),
      done("a", { size: 300, url: "npm:x@1/a" }),
    );
    expect(picture.total()).toMatchObject({ done: 1, received: 100, size: 100, fraction: 1, speed: 100 });
  });

  it("is complete at once when all files are empty", () => {
    const { picture, tell } = feed(plan(["a", 0]));
    expect(picture.total()).toMatchObject({ fraction: 0, size: 0, left: 0 });
    tell(start("a", 0, 0), done("a", { size: 0 }));
    expect(picture.total()).toMatchObject({ fraction: 1, done: 1 });
  });
});

describe("the inspection", () => {
  const inspect = (files: number, bytes: number, totalBytes = 1000): AssetEvent => {
    return { type: "inspect:progress", files, totalFiles: 10, bytes, totalBytes };
  };

  it("tells its share and speed, and is over when there is a plan", () => {
    const { picture, tell } = feed(inspect(0, 0), 1000, inspect(2, 250));
    expect(picture.inspection).toMatchObject({ totalFiles: 10, fraction: 0.25 });
    expect(picture.inspection?.rate.speed(1000)).toBe(250);
    tell(plan(["a", 1]));
    expect(picture.inspection).toBeUndefined();
  });

  it("counts files where there are no bytes", () => {
    expect(feed(inspect(5, 0, 0)).picture.inspection?.fraction).toBe(0.5);
  });

  it("never goes backwards", () => {
    expect(feed(inspect(5, 500), inspect(5, 400)).picture.inspection).toMatchObject({ bytes: 500, fraction: 0.5 });
  });
});
