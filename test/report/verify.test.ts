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
