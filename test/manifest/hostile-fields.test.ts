/** Assets whose texts, pins or forms are wrong. */
import { describe, test } from "vitest";
import { canonical, document, expectRefused, type Hostile, OTHER_PIN, PIN, shorthand } from "./samples.js";

const inAsset = (rest: object) => document([shorthand(rest)]);
const inFile = (rest: object) => document([canonical(rest)]);

const HOSTILE: readonly Hostile[] = [
  // Ids, types, texts
  ["no id", inAsset({ id: undefined }), /assets\[0\]\.id: this is missing/],
  ["an empty id", inAsset({ id: "" }), /the id is empty/],
  ["an id with a space", inAsset({ id: "my model" }), /assets\[0\]\.id: an id is a letter.*Write "my-model"/],
  ["an id with dots that climb", inAsset({ id: "a/../b" }), /an id has no "\.\."/],
  ["an id with an escape sequence", inAsset({ id: "a\u001b[31m" }), /assets\[0\]\.id.*found "a\\u\{1b\}\[31m"/],
  ["an id of 100,000 characters", inAsset({ id: "a".repeat(100_000) }), /the id is longer than 200 characters/],
  [
    "the same id twice",
    document([shorthand(), shorthand({ localPath: "b" })]),
    /assets\[1\]\.id: another asset has this id, on line 1/,
  ],
  [
    "ids that differ by case",
    document([shorthand({ id: "A" }), shorthand({ localPath: "b" })]),
    /assets\[1\]\.id: another asset has this id/,
  ],
  ["no type", inAsset({ type: undefined, tags: ["x"] }), /assets\[0\]\.type: the type is missing/],
  ["two types by tag", inAsset({ type: undefined, tags: ["model", "dataset"] }), /the tags name two/],
  [
    "a type in capitals",
    inAsset({ type: "Model" }),
    /a type is one word in small letters \(found "Model"\)\. Write "model"/,
  ],
  [
    "a control character in a name",
    inAsset({ name: "a\u0000b" }),
    /assets\[0\]\.name: the text has the character U\+0000/,
  ],
  [
    "a lone surrogate in a name",
    '{"version":1,"assets":[{"id":"a","name":"\\ud800"}]}',
    /name: the text has the character U\+D800/,
  ],
  [
    "a text that changes its direction",
    inAsset({ description: "a\u202eb" }),
    /description: the text has the character U\+202E/,
  ],
  ["a line feed in a licence", inAsset({ license: "MIT\nx" }), /license: the text has the character U\+000A/],
  [
    "a homepage that runs a script",
    inAsset({ homepage: "javascript:alert(1)" }),
    /homepage: this is no address of a web page/,
  ],
  ["tags that are a text", inAsset({ tags: "llm" }), /tags: this must be an array \(found "llm"\)/],
  ["an empty tag", inAsset({ tags: ["a", ""] }), /assets\[0\]\.tags\[1\]: the tag is empty/],
  ["required as a text", inAsset({ required: "true" }), /required: this must be true or false/],
  [
    "an asset version that is a number",
    inAsset({ version: 2 }),
    /assets\[0\]\.version: this must be a text \(found 2\)\. Write "2"/,
  ],
  ["metadata that is an array", inAsset({ metadata: [] }), /metadata: this must be an object \(found an array of 0\)/],
  // Pins
  ["a negative size", inFile({ size: -1 }), /files\[0\]\.size: a size is a whole number/],
  ["a fractional size", inFile({ size: 1.5 }), /a size is a whole number.*found 1\.5/],
  ["a size beyond exact numbers", inFile({ size: 2 ** 53 }), /a size is a whole number/],
  ["a size in quotes", inFile({ size: "12" }), /size: .*found "12"\)\. Write 12, without quotes/],
  ["a size_mb of zero", inFile({ size_mb: 0 }), /size_mb: this must be a number greater than 0/],
  ["null as a digest", inFile({ sha256: null }), /sha256: null is no value \(found null\)\. Leave the key out/],
  ["a short digest", inFile({ sha256: "abc" }), /sha256: a SHA-256 has 64 hexadecimal digits \(found "abc"\)/],
  ["a digest with its name", inFile({ sha256: `sha256:${PIN}` }), new RegExp(`sha256: .*Write "${PIN}"`)],
  ["a digest of zeros", inFile({ sha256: "0".repeat(64) }), /sha256: this is no digest but its placeholder/],
  ["TODO as a digest", inFile({ sha256: "TODO" }), /placeholder.*Leave the key out/],
  ["an MD5", inFile({ sha256: "d41d8cd98f00b204e9800998ecf8427e" }), /MD5 pins nothing/],
  ["another algorithm", inFile({ checksum: "sha512:abc" }), /checksum: sha512 pins nothing/],
  [
    "the digest of an empty file",
    inFile({ sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }),
    /SHA-256 of an empty file/,
  ],
  ["a size of 0 with another digest", inFile({ size: 0, sha256: PIN }), /size: a file with this SHA-256 is not empty/],
  ["digests that differ", inFile({ sha256: PIN, checksum: OTHER_PIN }), /checksum: checksum and sha256 differ/],
  // Forms that contradict themselves
  ["no files", document([{ id: "a", type: "model" }]), /assets\[0\]: the asset has no files/],
  [
    "an empty list of files",
    inAsset({ url: undefined, localPath: undefined, files: [] }),
    /files: there must be at least one/,
  ],
  [
    "an empty table of files",
    document([{ id: "a", type: "model", files: {} }]),
    /files: there must be at least one file/,
  ],
  ["files that are a text", document([{ id: "a", type: "model", files: "x" }]), /files: this must be an array/],
  [
    "files beside url",
    document([canonical({}, { url: "https://example.com/x" })]),
    /assets\[0\]\.url: url stands beside files/,
  ],
  ["files beside localPath", document([canonical({}, { localPath: "x" })]), /localPath stands beside files/],
  ["path beside localPath", inAsset({ path: "models" }), /assets\[0\]\.path: path and localPath are both there/],
  [
    "path beside destination",
    document([canonical({}, { path: "a", destination: "b" })]),
    /path and destination mean the same/,
  ],
  ["no localPath", inAsset({ localPath: undefined }), /localPath is missing.*Write "localPath": "a\.bin"/],
  ["no url", inFile({ url: undefined }), /assets\[0\]\.files\[0\]\.url: this is missing/],
  ["no path", inFile({ path: undefined }), /assets\[0\]\.files\[0\]\.path: this is missing/],
  [
    "a table entry that is a text",
    document([{ id: "a", type: "model", files: { "a.bin": "https://x/y" } }]),
    /files\["a\.bin"\]: this must be an object/,
  ],
  [
    "an unknown key of an asset",
    inAsset({ licence: "MIT" }),
    /assets\[0\]\.licence: there is no such key\. Write "license"/,
  ],
  ["an unknown key of a file", inFile({ sha265: PIN }), /files\[0\]\.sha265: there is no such key\. Write "sha256"/],
  ["a header", inFile({ headers: { Authorization: "x" } }), /files\[0\]\.headers: there is no such key/],
];

describe("a wrong asset ends in one clear error", () => {
  test.each(HOSTILE)("%s", expectRefused);
});
