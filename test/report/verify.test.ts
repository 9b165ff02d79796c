/** What is said about files that were hashed. */
import { describe, expect, it } from "vitest";
import { renderVerify } from "../../src/report/verify.js";
import { digest, fileReport, verifyReport } from "./samples.js";

const plain = { color: false };
const lastLine = (text: string) => text.trimEnd().split("\n").at(-1);
const valid = (count: number) => {
  return Array.from({ length: count }, (_, index) => fileReport(`f${index}`, "valid", { size: 1e7 }));
};

it("each kind of finding is explained, with the command that mends it", () => {
  const text = renderVerify(
    verifyReport([
      fileReport("ok.bin", "valid"),
      fileReport("models/a.onnx", "digest-mismatch", {
        asset: "vad",
        expected: { sha256: digest("a") },
        actual: { sha256: digest("b") },
      }),
      fileReport("models/b.onnx", "size-mismatch", {
        asset: "whisper",
        expected: { size: 151_061_672 },
        actual: { size: 151_061_671 },
      }),
      fileReport("mnist.npz", "lfs-pointer", {
        asset: "mnist",
        expected: { size: 130 },
        reason: "a pointer to 11.5 MB",
      }),
      fileReport("iris.csv", "missing", { asset: "iris" }),
      fileReport("iris-test.csv", "missing", { asset: "iris" }),
      fileReport("p.bin", "unreadable", { reason: "permission denied" }),
    ]),
    plain,
  );
  expect(text).toBe(`1 file with another SHA-256 than pinned:
  EXPECTED      FOUND         PATH
  aaaaaaaaaaaa  bbbbbbbbbbbb  models/a.onnx
  To mend: assets download vad --force  (overwrites what is there)

1 file with another size than pinned:
  EXPECTED           FOUND              PATH
  151,061,672 bytes  151,061,671 bytes  models/b.onnx
  To mend: assets download whisper --force  (overwrites what is there)

1 file with a Git LFS pointer in place of the content:
  EXPECTED   FOUND                 PATH
  130 bytes  a pointer to 11.5 MB  mnist.npz
  To mend: assets download mnist  (puts the content there)

2 files missing:
  SIZE    ASSET  PATH
  2.3 MB  iris   iris.csv
  2.3 MB  iris   iris-test.csv
  To mend: assets download iris

1 file unreadable:
  REASON             PATH
  permission denied  p.bin

6 of 7 files fail: 1 with another SHA-256, 1 with another size, 1 with a Git LFS pointer, 2 missing, 1 unreadable.
`);
});

describe("the summary", () => {
  it("of a tree in which all is right is one line", () => {
    expect(renderVerify(verifyReport(valid(12)), plain)).toBe(
      "12 files, 120.0 MB verified in 0.4 s: all match the manifest.\n",
    );
  });

  it("does not call unpinned files proven, nor a failure", () => {
    const unpinned = fileReport("free.csv", "unpinned", { actual: { sha256: digest("c") } });
    const text = renderVerify(verifyReport([...valid(2), unpinned]), plain);
    expect(text).toContain("1 file without a pinned SHA-256");
    expect(text).toContain(`${digest("c")}  free.csv`);
    expect(lastLine(text)).toBe("3 files, 22.3 MB checked in 0.4 s: 2 match the manifest, 1 not pinned.");
    expect(lastLine(renderVerify(verifyReport([unpinned]), plain))).toBe(
      "1 file, 2.3 MB: none of them pinned, so nothing is proven.",
    );
  });

  it("counts unpinned files among the failures where pins were asked for", () => {
    const files = [...valid(1), fileReport("a", "unpinned"), fileReport("b", "missing")];
    const totals = { files: 3, bytes: 0, findings: 2, byStatus: {}, proven: 0, remembered: 0 };
    expect(lastLine(renderVerify(verifyReport(files, { ok: false, totals }), plain))).toBe(
      "2 of 3 files fail: 1 missing, 1 without a pinned SHA-256.",
    );
  });

  it("does not say that files were hashed when they were not", () => {
    const text = renderVerify(verifyReport([fileReport("a", "unverified")]), plain);
    expect(text).toBe("1 file, 2.3 MB: all have the right size. They were not hashed.\n");
  });

  it("uses the singular for one", () => {
    expect(lastLine(renderVerify(verifyReport([fileReport("a", "missing")]), plain))).toBe(
      "1 of 1 file fails: 1 missing.",
    );
  });
});

it("files that are right are named only when verbose, with what was found", () => {
  const files = [fileReport("models/a.onnx", "valid", { actual: { sha256: digest("d") } })];
  expect(renderVerify(verifyReport(files), plain)).not.toContain("models/a.onnx");
  expect(renderVerify(verifyReport(files), { ...plain, verbose: true })).toContain(
    "ok     2.3 MB  dddddddddddd  models/a.onnx",
  );
});

it("an asset with several findings is named once in the command", () => {
  const files = ["a", "b", "c"].map((path) => fileReport(path, "missing", { asset: "one" }));
  expect(renderVerify(verifyReport(files), plain)).toContain("To mend: assets download one\n");
});

describe("what was asked for beside the files", () => {
  it("is told with the paths, leftovers among what is no finding", () => {
    const report = verifyReport([fileReport("m/a", "missing")], {
      unmatched: ["*.gguf"],
      extra: [
        { path: "m/old", size: 5 },
        { path: "m/link", reason: "a link" },
      ],
      leftovers: [{ path: "m/a.0123456789ab.part", size: 1000 }],
    });
    report.totals.findings = 4;
    expect(renderVerify(report, plain)).toBe(`1 file missing:
  SIZE    ASSET  PATH
  2.3 MB  asset  m/a
  To mend: assets download asset

1 leftover of downloads that no pin goes on with; remove what you do not need:
  SIZE    PATH
  1.0 kB  m/a.0123456789ab.part

2 files that no asset names:
  SIZE    PATH
  5 B     m/old
  a link  m/link

1 required pattern that no file of the manifest matches:
  PATTERN
  *.gguf

1 of 1 file fails: 1 missing. 2 files that no asset names. 1 required pattern without a file.
`);
  });

  it("fails a run of which all files are right", () => {
    const report = verifyReport(valid(2), { ok: false, extra: [{ path: "m/old", size: 5 }] });
    report.totals.findings = 1;
    expect(lastLine(renderVerify(report, plain))).toBe("1 file that no asset names.");
  });
});

describe("files that were not hashed since they stand as they stood", () => {
  const remembered = valid(2).map((file) => ({ ...file, proof: "remembered" as const }));

  it("are counted apart from those that were", () => {
    expect(renderVerify(verifyReport([...remembered, ...valid(1)], { quick: true }), plain)).toBe(
      "3 files, 30.0 MB checked in 0.4 s: all match the manifest (1 proven now, 2 remembered).\n",
    );
    const unpinned = fileReport("u", "unpinned", { size: 1e7 });
    expect(lastLine(renderVerify(verifyReport([...remembered, unpinned], { quick: true }), plain))).toBe(
      "3 files, 30.0 MB checked in 0.4 s: 2 match the manifest (0 proven now, 2 remembered), 1 not pinned.",
    );
  });

  it("are counted beside what is wrong as well", () => {
    const report = verifyReport([...remembered, fileReport("a", "missing")], { quick: true });
    expect(lastLine(renderVerify(report, plain))).toBe(
      "1 of 3 files fails: 1 missing. Of those that are right 0 proven now, 2 remembered.",
    );
  });

  it("are counted even when there is none", () => {
    expect(renderVerify(verifyReport(valid(1), { quick: true }), plain)).toBe(
      "1 file, 10.0 MB checked in 0.4 s: all match the manifest (1 proven now, 0 remembered).\n",
    );
    expect(renderVerify(verifyReport(remembered, { quick: true }), { ...plain, verbose: true })).toContain(
      "remembered  10.0 MB",
    );
  });
});
