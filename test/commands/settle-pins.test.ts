/** What follows from pins, statements and bytes that agree, or do not. */
import { describe, expect, it } from "vitest";
import { type Bytes, type Statement, settlePins } from "../../src/commands/settle-pins.js";
import type { AssetFile } from "../../src/manifest/types.js";
import type { Described } from "../../src/source/described.js";

const A = "a".repeat(64);
const B = "b".repeat(64);
const BLOB = { algorithm: "git-blob", hex: "c".repeat(40) } as const;
const sha = (hex: string) => ({ algorithm: "sha256", hex }) as const;
const file = (pins: Partial<AssetFile> = {}): AssetFile => ({ asset: "m", path: "m", urls: ["x:one"], ...pins });
const first = (described: Partial<Described>): Statement => ({
  url: "x:one",
  described: { url: "x:one@fixed", ...described },
  primary: true,
});
const second = (described: Partial<Described>): Statement => ({
  url: "x:two",
  described: { url: "x:two@fixed", ...described },
  primary: false,
});
const here: Bytes = { size: 3, sha256: A };

describe("the pins of a file", () => {
  it.each<[string, AssetFile, Statement[], Bytes | undefined, object]>([
    ["are open where nobody states one", file(), [first({ size: 3 })], undefined, { pins: {}, open: { stated: [] } }],
    [
      "are what its publisher states",
      file(),
      [first({ digest: sha(A), size: 3, statedBy: "them" })],
      undefined,
      { pins: { size: 3, sha256: A, pinnedAs: "declared" }, statedBy: "them" },
    ],
    [
      "are open where a weaker digest is to be held against the bytes first",
      file({ stated: [BLOB] }),
      [first({ digest: sha(A) })],
      undefined,
      { open: { sha256: A, stated: [BLOB] } },
    ],
    [
      "are measured of the bytes where nobody states one",
      file(),
      [],
      here,
      { pins: { size: 3, sha256: A, pinnedAs: "measured" } },
    ],
    [
      "are measured of bytes that have what else is stated of them, each kind told once",
      file({ stated: [BLOB, { algorithm: "md5", hex: "d".repeat(32) }] }),
      [first({ digest: BLOB, statedBy: "them" })],
      here,
      {
        pins: { pinnedAs: "measured" },
        checkedBy: [{ algorithm: "git-blob", statedBy: "them" }, { algorithm: "md5" }],
      },
    ],
    [
      "get no size from an answer that may be about other bytes",
      file({ sha256: A }),
      [first({ digest: BLOB, size: 9, moved: "main" })],
      undefined,
      { pins: { sha256: A }, fixed: [], open: { sha256: A, stated: [BLOB] } },
    ],
    [
      "get the size that is stated beside their own SHA-256",
      file({ sha256: A }),
      [first({ digest: sha(A), size: 3, moved: "main" })],
      undefined,
      { pins: { size: 3, sha256: A }, fixed: [{ url: "x:one" }] },
    ],
    [
      "have the SHA-256 of a list, and no size that the server announces beside it",
      file(),
      [first({ digest: sha(A), announced: 9 })],
      undefined,
      { pins: { sha256: A, pinnedAs: "declared" } },
    ],
    [
      "have the SHA-256 of one place, and no size that another one states of its own digest",
      file(),
      [first({ digest: sha(A) }), second({ digest: BLOB, size: 9 })],
      undefined,
      { pins: {}, open: { sha256: A, stated: [BLOB] } },
    ],
    [
      "leave a reference that nothing proves",
      file({ sha256: A }),
      [first({ moved: "latest", size: 3 }), second({ moved: "main", digest: BLOB })],
      here,
      { fixed: [{ url: "x:two" }] },
    ],
    [
      "do not mind what length a server names of a file that came with another",
      file(),
      [first({ size: 9 })],
      { ...here, from: "x:one" },
      { pins: { size: 3, sha256: A } },
    ],
  ])("%s", (_, own, statements, bytes, expected) => {
    const settled = settlePins(own, statements, bytes);
    expect(settled).toMatchObject(expected);
    expect("open" in settled).toBe("open" in expected);
    expect(settled.pins.size).not.toBe(9);
  });

  it.each<[string, AssetFile, Statement[], Bytes | undefined, RegExp]>([
    ["another SHA-256 than is pinned", file({ sha256: A }), [first({ digest: sha(B) })], undefined, /manifest pins a+/],
    [
      "another git blob id than is pinned",
      file({ stated: [{ ...BLOB, hex: "d" }] }),
      [first({ digest: BLOB })],
      undefined,
      /git blob id/,
    ],
    [
      "another size than is pinned",
      file({ size: 4 }),
      [first({ digest: sha(A), size: 3 })],
      undefined,
      /the size 3.*pins 4/,
    ],
    [
      "another size of what moved",
      file({ size: 4, sha256: A }),
      [first({ size: 3, moved: "latest" })],
      undefined,
      /the size 3/,
    ],
    ["two SHA-256", file(), [first({ digest: sha(A) }), second({ digest: sha(B) })], undefined, /x:one .*x:two/],
    [
      "a fallback that is shorter",
      file(),
      [first({ size: 9 }), second({ digest: sha(A), size: 3 })],
      undefined,
      /x:one .*x:two/,
    ],
    [
      "a fallback whose list has a SHA-256, and whose server announces fewer bytes",
      file(),
      [first({ size: 9 }), second({ digest: sha(A), announced: 3 })],
      undefined,
      /x:one .*9 bytes.*x:two 3 bytes/,
    ],
    [
      "a file here that is not the stated one",
      file(),
      [first({ digest: sha(B), statedBy: "them" })],
      here,
      /stated by them/,
    ],
    ["a file here that is not the pinned one", file({ sha256: B }), [], here, /the manifest pins b+/],
    [
      "a branch of another length than the pinned file that is here",
      file({ sha256: A }),
      [first({ digest: BLOB, size: 9, moved: "main" })],
      here,
      /size 9 by now/,
    ],
    ["a file here that is shorter than the one there", file(), [first({ size: 9 })], here, /has 3 bytes.*have 9/],
  ])("are refused by %s", (_, own, statements, bytes, words) => {
    expect(() => settlePins(own, statements, bytes)).toThrow(words);
  });

  it("are refused where two URLs name different lengths, whichever stands first, unless the SHA-256 is pinned", () => {
    const [one, other] = [{ digest: sha(A), size: 3 }, { size: 4 }];
    expect(() => settlePins(file(), [first(one), second(other)])).toThrow(/3 bytes.*4 bytes/);
    expect(() => settlePins(file(), [first(other), second(one)])).toThrow(/4 bytes.*3 bytes/);
    expect(settlePins(file({ sha256: A }), [first(one), second(other)]).pins).toMatchObject({ sha256: A });
  });
});
