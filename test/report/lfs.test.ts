/** What is said about pointers. */
import { expect, it } from "vitest";
import { renderLfs } from "../../src/report/lfs.js";
import { digest, lfsReport } from "./samples.js";

const plain = { color: false };

it("pointers are listed with what they stand for, and the commands that mend them, each once", () => {
  const entry = { asset: "a", path: "models/a.onnx", samePath: true, sameDigest: true };
  const fix = "assets download a";
  const report = lfsReport(
    [
      { path: "models/a.onnx", kind: "pointer", oid: digest("a"), size: 2.3e9, pinned: entry, fix },
      {
        path: "copy.onnx",
        kind: "non-canonical",
        oid: digest("b"),
        size: 812_000,
        pinned: { ...entry, samePath: false },
        fix,
      },
      {
        path: "old.onnx",
        kind: "pointer",
        oid: digest("c"),
        size: 10,
        pinned: { ...entry, sameDigest: false },
        fix: "git lfs pull",
      },
      { path: "broken.onnx", kind: "malformed", problem: "its oid is cut short", fix: "git checkout broken.onnx" },
    ],
    { unreadable: [{ path: "secret", reason: "permission denied" }] },
  );
  expect(renderLfs(report, plain)).toBe(`  SIZE  OID           KIND           IN THE MANIFEST       PATH
2.3 GB  aaaaaaaaaaaa  pointer        a                     models/a.onnx
812 kB  bbbbbbbbbbbb  non-canonical  a, as models/a.onnx   copy.onnx
  10 B  cccccccccccc  pointer        a, but other content  old.onnx
     ?  ?             malformed      no                    broken.onnx

broken.onnx: its oid is cut short

To mend:
  assets download a
  git lfs pull
  git checkout broken.onnx
Or all at once, without git-lfs:
  assets lfs hydrate

1 place could not be read:
  secret: permission denied

4 Git LFS pointers stand where content should be (2.3 GB), 3 in the manifest; 1,234 files looked at.
`);
});

it("a tree without pointers is one line", () => {
  expect(renderLfs(lfsReport([]), plain)).toBe("No Git LFS pointers: 1,234 files looked at.\n");
});
