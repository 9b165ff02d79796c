/** What a repair says, line by line. */
import { expect, it } from "vitest";
import type { Damage } from "../../src/commands/piece-reports.js";
import { renderLock } from "../../src/report/lock.js";
import { renderRepair } from "../../src/report/repair.js";
import { renderSums } from "../../src/report/sums.js";
import { lockReport, repairReport, sumsReport } from "./mending-samples.js";
import { digest, outcome, problem } from "./samples.js";

const PLAIN = { color: false };
const one: Damage = {
  asset: "a",
  path: "models/a.gguf",
  status: "digest-mismatch",
  size: 2 ** 30,
  toFetch: 2 ** 20,
  pieces: { damaged: 1, all: 1024, size: 2 ** 20 },
  ranges: [[0, 2 ** 20]],
};
const grown: Damage = {
  asset: "a",
  path: "models/grown.bin",
  status: "size-mismatch",
  size: 500,
  toFetch: 0,
  ranges: [],
};
const unknown: Damage = {
  asset: "a",
  path: "models/b.bin",
  status: "size-mismatch",
  size: 5e6,
  toFetch: 5e6,
  whole: "no-pieces",
};
const free: Damage = { asset: "a", path: "free", status: "missing", whole: "absent" };

it("a dry run says of each file what is damaged and what it costs, and what cannot be known", () => {
  const report = repairReport([one, grown, unknown, free], [], { dryRun: true, ok: false, exitCode: 1 });
  expect(renderRepair(report, PLAIN)).toBe(
    `4 files not as pinned:
  FOUND            DAMAGED                              TO FETCH  PATH
  another SHA-256  1 of 1,024 pieces of 1.0 MB            1.0 MB  models/a.gguf
  another size     bytes behind its end                      0 B  models/grown.bin
  another size     the whole: its pieces are not known    5.0 MB  models/b.bin
  missing          the whole                                   ?  free

8 files: 4 not as pinned, at least 6,048,576 bytes to fetch. Dry run: no asset was changed.
`,
  );
});

it("a repair says what was repaired and what was not, and why", () => {
  const error = problem("https://x.example/b: the connection was reset.");
  const failed = outcome("models/b.bin", {
    status: "failed",
    received: 0,
    error,
    tried: [{ url: "https://x.example/b", attempts: 6, error }],
  });
  const report = repairReport([one, unknown], [outcome("models/a.gguf", { received: 2 ** 20 }), failed], {
    keptPartialBytes: 9,
  });
  const text = renderRepair(report, PLAIN);
  expect(text).toContain("6 attempts: the connection was reset.");
  expect(text).toMatch(
    /6 files: 3 right, 1 not pinned, 1 repaired and verified, 1 not repaired; 1,048,576 bytes fetched in 0\.3 s\.\n9 B of unfinished files are kept\. The next run goes on from there\.\n$/,
  );
});

it("where all is right there is one line, which does not call unpinned files right", () => {
  expect(renderRepair(repairReport([], []), PLAIN)).toBe(
    "4 files: 3 match the manifest, 1 not pinned. Nothing to repair.\n",
  );
});

it("a lock names what has no pieces and how to get it", () => {
  const files = [
    { asset: "a", path: "a.bin", status: "locked", size: 1e9, pieceSize: 2 ** 20, pieces: 954 },
    { asset: "a", path: "s.bin", status: "small", size: 5 },
    { asset: "b", path: "b.bin", status: "missing", size: 1e9 },
  ] as const;
  expect(renderLock(lockReport([...files]), PLAIN)).toBe(
    `1 file without pieces, not being here as pinned:
  STATE    PATH
  missing  b.bin
  To mend: assets repair b  (brings the pinned bytes, in place of what is there)

/m/assets.pieces.json (51 kB): the pieces of 1 file, 1 too small to need any. Written, in 1.2 s.
`,
  );
});

it("a list with a line that cannot be read fails, even when every file matches", () => {
  const file = { sums: "S", line: 1, path: "a", status: "valid", algorithm: "SHA1", weak: true, size: 5 } as const;
  const malformed = [{ sums: "S", line: 2, reason: "it is no line of checksums" }];
  expect(renderSums(sumsReport([{ ...file, expected: digest("a") }], { ok: false, malformed }), PLAIN)).toBe(
    `1 line that nothing can be proven by:
  S:2: it is no line of checksums

1 file, 5 B: 1 line that cannot be read.
SHA1 is weak: a match rules out accidents, but not that somebody made another file to match.
`,
  );
});
