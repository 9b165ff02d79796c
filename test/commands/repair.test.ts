/** What a repair fetches, to the byte, and what it never does to what stands there. */
import { linkSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { toEntry } from "../../src/manifest/pieces.js";
import { createPieceHash } from "../../src/store/piece-hash.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { BODY, damagedProject, PIECE, RIGHT, repaired, unpinSize } from "../helpers/damaged.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { flipped, lockAll, writePieces } from "../helpers/pieces.js";
import { mend } from "../helpers/run.js";
import { makeTree } from "../helpers/tree.js";

describe("a repair by pieces", () => {
  it.each([
    ["one flipped bit costs one piece", flipped(RIGHT, 1_000_000), PIECE],
    ["one flipped bit in the first byte costs one piece", flipped(RIGHT, 0), PIECE],
    ["a flipped bit in the last piece costs what that has", flipped(RIGHT, BODY.size - 1), 1000],
    ["two flipped bits in one piece cost it once", flipped(RIGHT, 1_000_000, 1_000_100), PIECE],
    ["bits at both ends of a border cost two pieces", flipped(RIGHT, PIECE - 1, PIECE), 2 * PIECE],
    ["bits far from each other cost a piece each", flipped(RIGHT, 100, 2_000_000, 4_000_000), 3 * PIECE],
    [
      "a truncated file costs its tail, from the last whole piece on",
      RIGHT.subarray(0, 3_000_000),
      BODY.size - 45 * PIECE,
    ],
    ["a file cut at a border costs just what is missing", RIGHT.subarray(0, 10 * PIECE), BODY.size - 10 * PIECE],
    ["an appended file costs nothing", Buffer.concat([RIGHT, Buffer.from("more")]), 0],
    ["a flipped bit in an appended file costs one piece", flipped(Buffer.concat([RIGHT, RIGHT]), 5), PIECE],
    [
      "a page of zeros costs the pieces that it lies in",
      Buffer.from(RIGHT).fill(0, 5 * PIECE + 1, 7 * PIECE + 1),
      3 * PIECE,
    ],
    ["a damaged and truncated file costs both", flipped(RIGHT.subarray(0, 10 * PIECE), 5), BODY.size - 9 * PIECE],
  ])("%s", async (_, damaged, cost) => {
    const { report, sent, ranges } = await repaired(await damagedProject(damaged));
    expect({ sent, ranges, received: report.totals.received }).toMatchObject({ sent: cost, received: cost });
    expect(report.totals.toFetch).toBe(cost);
    expect(report.damageOf("m/a.bin")?.whole).toBeUndefined();
  });

  it("needs no pinned size: the pieces tell it", async () => {
    const project = await damagedProject(flipped(RIGHT, 1_000_000));
    unpinSize(project.tree);
    const { sent, report } = await repaired(project);
    expect({ sent, toFetch: report.totals.toFetch }).toEqual({ sent: PIECE, toFetch: PIECE });
  });

  it("asks no server for a small file that only grew, and leaves nothing beside it", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const body = { size: 200_000, seed: 42 };
    tree.manifestFor({ "m/a.bin": { url: server.serve("/a.bin", { body }), body } });
    tree.write("m/a.bin", Buffer.concat([bytesOf(body), Buffer.from("more")]));
    expect(await mend(tree)).toMatchObject({ ok: true, totals: { repaired: 1, received: 0 } });
    expect(tree.sha256("m/a.bin")).toBe(sha256Of(body));
    expect([server.requests, tree.leftovers()]).toEqual([[], []]);
  });

  it("leaves a right file as it is, and asks no server", async () => {
    const project = await damagedProject(RIGHT);
    const before = statSync(project.tree.path("m/a.bin"), { bigint: true });
    expect(await mend(project.tree)).toMatchObject({ ok: true, totals: { right: 1, damaged: 0 }, outcomes: [] });
    expect(statSync(project.tree.path("m/a.bin"), { bigint: true }).ino).toBe(before.ino);
    expect(project.server.requests).toEqual([]);
  });

  it("brings a missing file, and a Git LFS pointer's content, as a whole", async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256Of(BODY)}\nsize ${BODY.size}\n`;
    for (const damaged of [undefined, Buffer.from(pointer)]) {
      const { report, sent } = await repaired(await damagedProject(damaged));
      expect(sent).toBe(BODY.size);
      expect(report.damageOf("m/a.bin")).toMatchObject({ whole: "absent", toFetch: BODY.size });
    }
  });

  it("says of a file without a right piece that all of it is fetched", async () => {
    const { report, sent } = await repaired(await damagedProject(Buffer.alloc(BODY.size)));
    expect(sent).toBe(BODY.size);
    expect(report.damageOf("m/a.bin")).toMatchObject({ whole: "all-damaged", pieces: { damaged: 65, all: 65 } });
  });

  it("fetches all of a file whose pieces are not known, and says so and what would help", async () => {
    const { report, sent } = await repaired(await damagedProject(flipped(RIGHT, 7), { locked: false }));
    expect(sent).toBe(BODY.size);
    expect(report.damageOf("m/a.bin")).toMatchObject({ whole: "no-pieces", toFetch: BODY.size });
    expect(report.warnings).toEqual([expect.stringContaining("assets lock --pieces")]);
  });

  it("needs no pieces to know that a file has only grown", async () => {
    const grown = Buffer.concat([RIGHT, Buffer.from("x")]);
    const { sent, report } = await repaired(await damagedProject(grown, { locked: false }));
    expect({ sent, warnings: report.warnings }).toEqual({ sent: 0, warnings: [] });
  });

  it("is not led astray by wrong pieces: the whole digest decides, and the right bytes come", async () => {
    const project = await damagedProject(flipped(RIGHT, 5 * PIECE), { locked: false });
    // What is remembered is that of the damaged file, under the name of the right one.
    const wrong = makeTree();
    wrong.manifestFor({ a: { url: "x", body: flipped(RIGHT, 5 * PIECE) } });
    wrong.write("a", flipped(RIGHT, 5 * PIECE));
    await lockAll(wrong);
    const [entry] = JSON.parse(wrong.read("assets.pieces.json").toString()).files;
    project.tree.write(".assets/pieces.ndjson", `${JSON.stringify({ ...entry, sha256: sha256Of(BODY) })}\n`);
    const { report } = await repaired(project);
    expect(report.outcomes[0]).toMatchObject({ status: "downloaded", verified: true });
  });

  it("ends right without a pinned size where the server states none either", async () => {
    const project = await damagedProject(flipped(RIGHT, 1_000_000, BODY.size - 1));
    unpinSize(project.tree);
    project.server.serve("/a.bin", { body: BODY, fault: "206 with a total of *" });
    await repaired(project);
  });

  it.each([
    ["a shorter file", RIGHT.subarray(0, BODY.size - 3 * PIECE)],
    ["a longer file", Buffer.concat([RIGHT, RIGHT.subarray(0, 3 * PIECE)])],
  ])("mends a file without a pinned size whose pieces are those of %s", async (_, other) => {
    const project = await damagedProject(flipped(RIGHT, 5 * PIECE), { locked: false });
    unpinSize(project.tree);
    const hash = createPieceHash({ pieceBytes: PIECE, algorithm: "crc32" });
    hash.update(other);
    const entry = toEntry({ sha256: sha256Of(BODY), size: other.length, ...hash.cut() });
    project.tree.write(".assets/pieces.ndjson", `${JSON.stringify(entry)}\n`);
    const { sent, report } = await repaired(project);
    expect(sent).toBeLessThan(BODY.size / 2);
    expect(report.outcomes[0]).toMatchObject({ verified: true, size: BODY.size });
  });

  it("says how much a missing file without a pinned size costs, where its pieces tell", async () => {
    const project = await damagedProject(undefined);
    unpinSize(project.tree);
    expect((await mend(project.tree, { dryRun: true })).totals.toFetch).toBe(BODY.size);
  });

  it.each([
    ["git gave the line ends of Windows", (text: string) => text.replaceAll("\n", "\r\n")],
    ["an editor gave the mark of UTF-8", (text: string) => `\ufeff${text}`],
  ])("uses a file of pieces to which %s", async (_, changed) => {
    const project = await damagedProject(flipped(RIGHT, 7));
    project.tree.write("assets.pieces.json", changed(project.tree.read("assets.pieces.json").toString()));
    const { sent, report } = await repaired(project);
    expect([sent, report.warnings]).toEqual([PIECE, []]);
  });

  it("does not use a file of pieces that the manifest does not name, and says so", async () => {
    const project = await damagedProject(flipped(RIGHT, 7));
    project.tree.write("assets.pieces.json", `${project.tree.read("assets.pieces.json")} `);
    const { sent, report } = await repaired(project);
    expect(sent).toBe(BODY.size);
    expect(report.warnings[0]).toContain("is not the one that the manifest names");
  });
});

describe("what stands there", () => {
  it("stays, byte for byte, as long as its replacement is not proven", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const damaged = flipped(RIGHT, 1_000_000);
    const other = { size: BODY.size, seed: 99 };
    tree.manifestFor({ "m/a.bin": { url: server.serve("/a.bin", { body: other }), body: BODY } });
    writePieces(tree, BODY);
    tree.write("m/a.bin", damaged);
    const report = await mend(tree, { policy: { retries: 0 } });
    expect(report).toMatchObject({ ok: false, exitCode: 5, totals: { failed: 1, repaired: 0 } });
    expect(tree.read("m/a.bin").equals(damaged)).toBe(true);
  });

  it("stays when no server can be asked", async () => {
    const project = await damagedProject(flipped(RIGHT, 9));
    await project.server.close();
    const report = await mend(project.tree, { policy: { retries: 0 } });
    expect(report).toMatchObject({ ok: false, exitCode: 4 });
    expect(project.tree.read("m/a.bin").equals(flipped(RIGHT, 9))).toBe(true);
    // What was right is kept, so that the next run brings no more.
    expect(report.keptPartialBytes).toBe(BODY.size - PIECE);
  });

  it("is kept as NAME.orig when that is wished, with the same inode", async () => {
    const damaged = flipped(RIGHT, 1_000_000);
    const project = await damagedProject(damaged);
    const before = statSync(project.tree.path("m/a.bin"), { bigint: true }).ino;
    const { sent } = await repaired(project, { backup: true });
    expect(sent).toBe(PIECE);
    expect(project.tree.read("m/a.bin.orig").equals(damaged)).toBe(true);
    expect(statSync(project.tree.path("m/a.bin.orig"), { bigint: true }).ino).toBe(before);
  });

  it("is not backed up over an earlier backup: the file fails before a byte is fetched", async () => {
    const project = await damagedProject(flipped(RIGHT, 9));
    project.tree.write("m/a.bin.orig", "precious");
    const report = await mend(project.tree, { backup: true });
    expect(report).toMatchObject({ ok: false, exitCode: 6, outcomes: [{ error: { code: "CONFLICT" } }] });
    expect(project.tree.read("m/a.bin.orig").toString()).toBe("precious");
    expect(project.server.requests).toEqual([]);
  });

  it("makes no backup of what is not there", async () => {
    const project = await damagedProject(undefined);
    await repaired(project, { backup: true });
    expect(project.tree.exists("m/a.bin.orig")).toBe(false);
  });

  it("keeps its bytes where it has another name as well", async () => {
    const damaged = flipped(RIGHT, 9);
    const project = await damagedProject(damaged);
    linkSync(project.tree.path("m/a.bin"), project.tree.path("elsewhere.bin"));
    await repaired(project);
    expect(project.tree.read("elsewhere.bin").equals(damaged)).toBe(true);
  });

  it("is not written through when it is a link: the link gives way, what it led to stays", async () => {
    const damaged = flipped(RIGHT, 9);
    const project = await damagedProject(damaged);
    renameSync(project.tree.path("m/a.bin"), project.tree.path("real.bin"));
    symlinkSync(project.tree.path("real.bin"), project.tree.path("m/a.bin"));
    const { sent } = await repaired(project);
    expect(sent).toBe(PIECE);
    expect(project.tree.read("real.bin").equals(damaged)).toBe(true);
  });

  it("is left alone where it is a folder", async () => {
    const project = await damagedProject(undefined);
    mkdirSync(project.tree.path("m/a.bin"), { recursive: true });
    const report = await mend(project.tree);
    expect(report).toMatchObject({ ok: false, exitCode: 6, outcomes: [{ error: { code: "CONFLICT" } }] });
    expect(project.server.requests).toEqual([]);
  });
});

describe("a dry run", () => {
  it("says what is damaged and what it would cost, and changes nothing", async () => {
    const project = await damagedProject(flipped(RIGHT, 100, 2_000_000));
    const before = project.tree.files();
    const report = await mend(project.tree, { dryRun: true });
    expect(report).toMatchObject({
      dryRun: true,
      ok: false,
      exitCode: 1,
      outcomes: [],
      totals: { toFetch: 2 * PIECE },
    });
    expect(report.damages).toEqual([
      {
        asset: "m-a.bin",
        path: "m/a.bin",
        status: "digest-mismatch",
        size: BODY.size,
        toFetch: 2 * PIECE,
        pieces: { damaged: 2, all: 65, size: PIECE },
        ranges: [
          [0, PIECE],
          [30 * PIECE, 31 * PIECE],
        ],
      },
    ]);
    expect(project.server.requests).toEqual([]);
    expect(project.tree.files().filter((name) => !name.startsWith(".assets/"))).toEqual(
      before.filter((name) => !name.startsWith(".assets/")),
    );
    expect(readFileSync(project.tree.path("m/a.bin")).equals(flipped(RIGHT, 100, 2_000_000))).toBe(true);
  });

  it("has nothing to say where all is right", async () => {
    const report = await mend((await damagedProject(RIGHT)).tree, { dryRun: true });
    expect(report).toMatchObject({ ok: true, exitCode: 0, damages: [] });
  });
});
