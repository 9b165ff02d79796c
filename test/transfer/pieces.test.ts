/** Files whose pieces are known: each is checked as it lands. */
import { expect, it } from "vitest";
import { sha256Of } from "../helpers/content.js";
import { BODY, FINE, MB, SHA256 } from "../helpers/mirrors.js";
import { type PacedOptions, startPacedServer } from "../helpers/paced-server.js";
import { flipped, writePieces } from "../helpers/pieces.js";
import { type RunOptions, run } from "../helpers/run.js";
import { makeTree } from "../helpers/tree.js";

const PIECE = 64 * 1024;
const PARTIAL = `a.bin.${SHA256.slice(0, 12)}.part`;
/** So slow that what is wrong is found before the rest has come. */
const PACE = { inAll: 3 * MB };

type Mirror = Omit<PacedOptions, "body">;

/** Sends some places of the file wrong, as long as `when` says so. */
function wrongAt(places: number[], when: () => boolean = () => true): Mirror {
  return {
    ...PACE,
    spoil(chunk, at) {
      const inside = places.filter((place) => place >= at && place < at + chunk.length).map((place) => place - at);
      return inside.length > 0 && when() ? flipped(chunk, ...inside) : chunk;
    },
  };
}

/** Downloads the file from such mirrors; `kept`: what an earlier run left. */
async function download(mirrors: Mirror[], { kept, ...options }: RunOptions & { kept?: Buffer } = {}) {
  const servers = await Promise.all(mirrors.map((mirror) => startPacedServer({ body: BODY, ...mirror })));
  const tree = makeTree();
  tree.manifestFor({ "a.bin": { url: servers.map(({ url }) => url), body: BODY } });
  writePieces(tree, BODY);
  if (kept !== undefined) tree.write(PARTIAL, kept);
  const report = await run(tree, { ...options, policy: { ...FINE, ...options.policy } });
  const right = tree.exists("a.bin") && tree.sha256("a.bin") === SHA256;
  return { servers, tree, right, report, outcome: report.of("a.bin"), sent: servers.map((server) => server.sent()) };
}

const ALONE = { policy: { connections: 1 } };

it("a URL that sends a wrong piece is left at once, and all that was right of it stays", async () => {
  const { servers, right, outcome, sent } = await download([wrongAt([MB]), PACE], ALONE);
  expect([outcome.status, right, outcome.url]).toEqual(["downloaded", true, servers[1]?.url]);
  expect(outcome.tried).toMatchObject([{ url: servers[0]?.url, error: { code: "DIGEST_MISMATCH" } }]);
  expect(outcome.tried[0]?.error.message).toContain(`from byte ${15 * PIECE} to byte ${16 * PIECE - 1}`);
  // Less than half a file was still to come when it was found out.
  expect(sent[0]).toBeLessThan(1.7 * MB);
  expect((sent[0] ?? 0) + (sent[1] ?? 0)).toBeLessThan(BODY.length + 3 * PIECE);
});

it("a byte that was damaged on the way costs its piece, where there is no other URL", async () => {
  let first = true;
  const once = () => {
    const isFirst = first;
    first = false;
    return isFirst;
  };
  const { right, outcome, sent } = await download([wrongAt([MB], once)], ALONE);
  expect([outcome.status, right, outcome.tried]).toEqual(["downloaded", true, []]);
  expect(sent[0]).toBeLessThan(BODY.length + 3 * PIECE);
});

it("a file that was changed at its only source is given up long before its end, and what was right is kept", async () => {
  const places = Array.from({ length: 20 }, (_, index) => 10 * PIECE + index * PIECE + 7);
  const { tree, outcome, sent } = await download([wrongAt(places)], ALONE);
  expect([outcome.status, outcome.error?.code]).toEqual(["failed", "DIGEST_MISMATCH"]);
  expect(sent[0]).toBeLessThan(1.5 * MB);
  expect(
    tree
      .read(PARTIAL)
      .subarray(0, 10 * PIECE)
      .equals(BODY.subarray(0, 10 * PIECE)),
  ).toBe(true);
});

it("one mirror of several that lies is found out by its pieces, and nothing of the others comes again", async () => {
  const others = { inAll: 1.5 * MB };
  const liar = { ...wrongAt(Array.from({ length: 30 }, (_, index) => index * PIECE + 5)), ...others };
  const { servers, right, outcome, sent } = await download([others, liar, others]);
  expect([outcome.status, right]).toEqual(["downloaded", true]);
  expect(outcome.tried.map(({ url }) => url)).toEqual([servers[1]?.url]);
  const all = sent.reduce((sum, bytes) => sum + bytes, 0);
  expect(all - (sent[1] ?? 0)).toBeLessThan(BODY.length + 4 * PIECE);
});

it("a resumed file is checked before it is gone on with: of what was kept, only the wrong pieces come again", async () => {
  const kept = flipped(BODY.subarray(0, 1.5 * MB), 100_000, 900_000);
  const { right, outcome, sent } = await download([PACE], { ...ALONE, kept });
  expect([outcome.status, right, outcome.tried]).toEqual(["downloaded", true, []]);
  expect(sent[0]).toBeLessThan(0.5 * MB + 4 * PIECE);
});

it("a complete file that an earlier run left costs its wrong pieces, not all of it", async () => {
  const { right, outcome, sent } = await download([PACE], { ...ALONE, kept: flipped(BODY, 1_234_567) });
  expect([outcome.status, right, outcome.tried]).toEqual(["downloaded", true, []]);
  expect(sent[0]).toBeLessThan(2 * PIECE);
});

it("pieces that are not those of the pinned file let no wrong byte through, and no right one in", async () => {
  const servers = [await startPacedServer({ body: BODY })];
  const tree = makeTree();
  const other = flipped(BODY, 0);
  tree.manifestFor({ "a.bin": { url: servers.map(({ url }) => url), body: BODY } });
  writePieces(tree, other);
  // Whoever can write the manifest can claim so; the digest of the whole decides all the same.
  const pieces = tree.read("assets.pieces.json").toString().replace(sha256Of(other), SHA256);
  tree.write("assets.pieces.json", pieces);
  const manifest = JSON.parse(tree.read("assets.manifest.json").toString());
  tree.write("assets.manifest.json", JSON.stringify({ ...manifest, pieces: `sha256:${sha256Of(pieces)}` }));
  const outcome = (await run(tree, { policy: FINE })).of("a.bin");
  expect([outcome.status, outcome.error?.code, tree.exists("a.bin")]).toEqual(["failed", "DIGEST_MISMATCH", false]);
});
