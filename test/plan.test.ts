/** What is decided about a file, by how it was found. */
import type { BigIntStats } from "node:fs";
import { describe, expect, it } from "vitest";
import { type FoundFile, isFetch, planFile } from "../src/plan.js";
import type { FileState } from "../src/store/inspect.js";

const stat = {} as BigIntStats;
const file = { asset: "a", path: "a.bin", size: 3, sha256: "a".repeat(64), urls: ["https://h/a.bin"] };
const other = "b".repeat(64);

function decide(state: FileState, { force = false, earlierPin }: { force?: boolean; earlierPin?: string } = {}) {
  const found: FoundFile = { file, target: "/root/a.bin", state, ...(earlierPin && { earlierPin }) };
  return planFile(found, { force });
}

const changed: FileState = { kind: "digest-mismatch", size: 3, stat, sha256: other };
const longer: FileState = { kind: "size-mismatch", size: 9, stat };

describe("the plan", () => {
  it.each<[string, FileState, string, string]>([
    ["a missing file is downloaded", { kind: "missing" }, "download", "download"],
    ["a proven file is kept, even by force", { kind: "valid", size: 3, proof: "hashed" }, "keep", "keep"],
    ["a file without a pin is kept, and fetched anew by force", { kind: "unpinned", size: 3, stat }, "keep", "replace"],
    [
      "a Git LFS pointer is replaced",
      { kind: "lfs-pointer", size: 130, stat, oid: other, pointerSize: 3 },
      "replace",
      "replace",
    ],
    ["a file of other bytes may be the user's: a conflict unless forced", changed, "conflict", "replace"],
    ["a file of another size may be the user's: a conflict unless forced", longer, "conflict", "replace"],
    [
      "a file that cannot be read is a conflict unless forced",
      { kind: "unreadable", reason: "x" },
      "conflict",
      "replace",
    ],
    [
      "a folder in the file's place is a conflict, whatever is forced",
      { kind: "unreadable", reason: "a folder stands there", folder: true },
      "conflict",
      "conflict",
    ],
  ])("%s", (_, state, action, forced) => {
    expect(decide(state).action).toBe(action);
    expect(decide(state, { force: true }).action).toBe(forced);
  });

  it("replaces the unchanged file of an earlier pin", () => {
    expect(decide(changed, { earlierPin: other }).action).toBe("replace");
    expect(decide({ ...longer, sha256: other }, { earlierPin: other }).action).toBe("replace");
  });

  it("keeps its hands off a changed file although an earlier pin stood there", () => {
    expect(decide(changed, { earlierPin: "c".repeat(64) }).action).toBe("conflict");
    expect(decide(longer, { earlierPin: other }).action).toBe("conflict");
  });

  it("says what stands there and what is pinned when it leaves a file alone", () => {
    expect(decide(changed).reason).toBe(
      "a local file with SHA-256 bbbbbbbbbbbb… stands there, the manifest pins aaaaaaaaaaaa…",
    );
    expect(decide(longer).reason).toBe("a local file of 9 bytes stands there, the manifest pins 3");
  });

  it("fetches for downloads and replacements only", () => {
    expect([decide({ kind: "missing" }), decide(changed, { force: true })].map(isFetch)).toEqual([true, true]);
    expect([decide(changed), decide({ kind: "unpinned", size: 3, stat })].map(isFetch)).toEqual([false, false]);
  });
});
