/** Files that change while a repair is at work, and repairs that end before they are done. */
import { rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sha256Of } from "../helpers/content.js";
import { BODY, damagedProject, PIECE, type Project, RIGHT, repaired } from "../helpers/damaged.js";
import { flipped } from "../helpers/pieces.js";
import { type MendOptions, mend } from "../helpers/run.js";
import type { Tree } from "../helpers/tree.js";

describe("what becomes of a file after it was looked at", () => {
  /** Repairs it while somebody acts as soon as it is known what is damaged. */
  const meanwhile = (project: Project, act: () => void, options: MendOptions = {}) =>
    mend(project.tree, { ...options, onEvent: (event) => event.type === "plan" && act() });
  const conflict = { status: "failed", error: { code: "CONFLICT", hint: expect.stringContaining("assets repair") } };

  it.each<[string, Buffer | undefined, (tree: Tree) => void]>([
    ["that was written to", flipped(RIGHT, 9), (tree) => tree.write("m/a.bin", "a user's own work")],
    [
      "that another one of the same size took the place of",
      flipped(RIGHT, 9),
      (tree) => tree.write("m/a.bin", flipped(RIGHT, 8)),
    ],
    ["that was missing", undefined, (tree) => tree.write("m/a.bin", "a user's own work")],
  ])("keeps a file %s since", async (_, damaged, act) => {
    const project = await damagedProject(damaged);
    let written: Buffer | undefined;
    const report = await meanwhile(project, () => {
      act(project.tree);
      written = project.tree.read("m/a.bin");
    });
    expect(report).toMatchObject({ ok: false, exitCode: 6, outcomes: [conflict] });
    expect(report.outcomes[0]?.error?.message).toContain("has changed since it was looked at");
    expect(project.tree.read("m/a.bin").equals(written as Buffer)).toBe(true);
  });

  it("keeps a file that was written to while its replacement was fetched", async () => {
    const project = await damagedProject(flipped(RIGHT, 9));
    const onEvent = ({ type }: { type: string }) => {
      if (type === "transfer:start") project.tree.write("m/a.bin", "a user's own work");
    };
    expect(await mend(project.tree, { onEvent })).toMatchObject({ ok: false, exitCode: 6, outcomes: [conflict] });
    expect(project.tree.read("m/a.bin").toString()).toBe("a user's own work");
    project.server.requests.length = 0;
    // Said once more, what was fetched already is enough.
    expect(await mend(project.tree)).toMatchObject({ ok: true, totals: { received: 0 } });
  });

  it("leaves a file alone that somebody else has mended", async () => {
    const project = await damagedProject(flipped(RIGHT, 9));
    const report = await meanwhile(project, () => project.tree.write("m/a.bin", RIGHT));
    expect(report).toMatchObject({ ok: true, outcomes: [{ status: "present" }] });
    expect(project.server.requests).toEqual([]);
  });

  it("brings a file that was removed", async () => {
    const project = await damagedProject(flipped(RIGHT, 9));
    const report = await meanwhile(project, () => rmSync(project.tree.path("m/a.bin")));
    expect(report).toMatchObject({ ok: true });
    expect(project.tree.sha256("m/a.bin")).toBe(sha256Of(BODY));
  });
});

describe("an interrupted repair", () => {
  it("goes on from what it had brought", async () => {
    const project = await damagedProject(RIGHT.subarray(0, 10 * PIECE));
    const abort = new AbortController();
    const onEvent = (event: { type: string; received?: number }) => {
      if (event.type === "transfer:progress" && (event.received ?? 0) > 20 * PIECE) abort.abort();
    };
    const stopped = await mend(project.tree, { signal: abort.signal, onEvent, policy: { connections: 1 } });
    expect(stopped).toMatchObject({ ok: false, stopped: { code: "ABORTED" } });
    expect(project.tree.read("m/a.bin").length).toBe(10 * PIECE);
    const received = (await mend(project.tree)).totals.received;
    expect(received).toBe(BODY.size - stopped.keptPartialBytes);
    expect(stopped.keptPartialBytes).toBeGreaterThan(10 * PIECE);
    expect(project.tree.sha256("m/a.bin")).toBe(sha256Of(BODY));
  });

  const PART = `m/a.bin.${sha256Of(BODY).slice(0, 12)}.part`;

  it.each([
    ["nothing right", Buffer.alloc(BODY.size), PIECE],
    ["nothing right, and more than the file", Buffer.alloc(2 * BODY.size), PIECE],
    ["just the damaged piece right", Buffer.alloc(BODY.size).fill(RIGHT.subarray(0, 20 * PIECE), 0, 20 * PIECE), 0],
    ["everything right but one piece that the file has", flipped(RIGHT, 40 * PIECE), 0],
    ["everything right but the damaged piece", flipped(RIGHT, 15 * PIECE + 1), PIECE],
  ])("takes of a partial only what is right: %s", async (_, partial, cost) => {
    const project = await damagedProject(flipped(RIGHT, 15 * PIECE));
    project.tree.write(PART, partial);
    expect((await mend(project.tree, { dryRun: true })).totals.toFetch).toBe(cost);
    expect((await repaired(project)).sent).toBe(cost);
  });
});
