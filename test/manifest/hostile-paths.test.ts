/** Paths that would leave the root, hurt the tool or not exist everywhere. */
import { describe, test } from "vitest";
import { canonical, document, expectRefused, type Hostile, shorthand } from "./samples.js";

const inAsset = (rest: object) => document([shorthand(rest)]);
const inFile = (rest: object) => document([canonical(rest)]);
const inPath = (localPath: string) => document([shorthand({ localPath })]);
const two = (first: string, second: string) =>
  document([shorthand({ localPath: first }), shorthand({ id: "b", localPath: second })]);

const HOSTILE: readonly Hostile[] = [
  // Paths
  ["a path that climbs out", inPath("../x"), /assets\[0\]\.localPath: the path climbs out with "\.\."/],
  ["a path that climbs out later", inPath("a/b/../../../x"), /climbs out/],
  ["an absolute path", inPath("/etc/passwd"), /the path is absolute/],
  ["a drive letter", inPath("C:/x"), /the path names a Windows drive/],
  ["a drive-relative path", inPath("C:x"), /the path names a Windows drive/],
  ["a UNC path", inPath("\\\\server\\share\\x"), /the path is absolute/],
  ["a UNC path with slashes", inPath("//server/share/x"), /the path is absolute/],
  ["a backslash", inPath("models\\x"), /backslash \(found "models\\x"\)\. Write "models\/x"/],
  ["a NUL", inPath("a\0b"), /the path has the character U\+0000/],
  ["a line feed", inPath("a\nb"), /U\+000A/],
  ["a right-to-left override", inPath("a\u202egpj.exe"), /U\+202E/],
  ["a lone surrogate", inPath("a\udc00"), /U\+DC00/],
  ["an alternate data stream", inPath("a.txt:stream"), /Windows cannot store.*Write "a\.txt_stream"/],
  ["a device", inPath("models/NUL"), /NUL is the name of a device on Windows/],
  ["a device with an extension", inPath("models/com1.tar.gz"), /com1\.tar\.gz is the name of a device/],
  ["a device with a superscript digit", inPath("COM¹"), /device/],
  ["a trailing dot", inPath("a./x"), /ends with a space or a dot/],
  ["a leading space", inPath(" a"), /begins with a space/],
  ["an empty path", inPath(""), /the path is empty/],
  ["two slashes", inPath("a//b"), /two slashes in a row/],
  ["a dot inside", inPath("a/./b"), /has "\." in it/],
  ["a home folder", inPath("~/x"), /~ is not expanded/],
  ["a variable in a path", inPath("$" + "{HOME}/x"), /variables such as \$\{HOME\} are not expanded/],
  ["a name of 300 bytes", inPath("é".repeat(150)), /more than 255 bytes/],
  ["a path of 2,000 bytes", inPath("abcdefghi/".repeat(200).concat("x")), /more than 1024 bytes/],
  [
    "a folder and a path too long together",
    document([canonical({ path: "b/".repeat(300).concat("x") }, { path: "a/".repeat(300) })]),
    /files\[0\]\.path: the path has more than 1024 bytes/,
  ],
  ["a hook of git", inPath(".git/hooks/post-checkout"), /nothing is written into a \.git folder/],
  ["a .git folder in capitals, deep inside", inPath("a/.GIT/config"), /\.git folder/],
  ["a .git folder with an invisible character", inPath(".g\u200cit/config"), /\.git folder/],
  ["the short name of a .git folder", inPath("git~1/config"), /\.git folder/],
  ["the tool's own folder", inPath(".Assets/ledger.json"), /belongs to assets itself/],
  [
    "the tool's own folder by way of the asset's",
    document([canonical({ path: "ledger.json" }, { path: ".assets" })]),
    /belongs to assets itself/,
  ],
  ["the manifest itself", inPath("./assets.manifest.json"), /belongs to assets itself/],
  ["a manifest of another folder", inPath("sub/ASSETS.manifest.json"), /belongs to assets itself/],
  ["an unfinished download", inPath("x.bin.0123456789ab.part"), /looks like an unfinished download/],
  ["a note on an unfinished download", inPath("x.bin.0123456789AB.part.json"), /looks like an unfinished download/],
  ["a path of a file that is a folder", inFile({ path: "a/" }), /ends with \/ as a folder/],
  [
    "a table key that climbs out",
    document([{ id: "a", type: "model", files: { "../x": { url: "https://x/y" } } }]),
    /:1:58 {2}assets\[0\]\.files\["\.\.\/x"\]: the path climbs out/,
  ],
  [
    "a destination that climbs out",
    document([canonical({}, { destination: "../x/" })]),
    /destination: the path climbs out/,
  ],
  [
    "a folder whose URL gives no name",
    inAsset({ localPath: "models/", url: "https://example.com/" }),
    /the URL gives no usable name/,
  ],
  [
    "a folder whose URL gives a hostile name",
    inAsset({ localPath: "models/", url: "https://example.com/a%2F..%2Fb" }),
    /the URL gives no usable name/,
  ],
  // Collisions
  ["one target twice", two("x.bin", "x.bin"), /assets\[1\]\.localPath: this path is that of asset "a" on line 1/],
  ["targets that differ by case", two("x.bin", "X.bin"), /differs only by case or normalisation/],
  ["targets that differ by normalisation", two("\u00e9", "e\u0301"), /differs only by case or normalisation/],
  ["targets that differ by full case mapping", two("stra\u00dfe", "STRASSE"), /differs only by case/],
  [
    "a file where a folder is needed",
    two("a/b", "a"),
    /assets\[1\]\.localPath: this file stands where asset "a" on line 1 needs a folder/,
  ],
  ["a folder where a file stands", two("a", "A/b/c"), /needs a folder where the file of asset "a" on line 1 stands/],
];

describe("a hostile path ends in one clear error", () => {
  test.each(HOSTILE)("%s", expectRefused);
});
