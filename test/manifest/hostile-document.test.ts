/** Documents that are broken or written to hurt, before any asset is looked at. */
import { describe, test } from "vitest";
import { document, expectRefused, type Hostile, shorthand } from "./samples.js";

const inAsset = (rest: object) => document([shorthand(rest)]);

const HOSTILE: readonly Hostile[] = [
  // The bytes
  ["an empty file", "", /:1:1 {2}the file is empty/],
  ["a file of spaces", " \n\t ", /:1:1 {2}the file is empty/],
  ["a file of one byte that is no UTF-8", Buffer.from([0xff]), /:1:1 {2}this is not UTF-8/],
  ["a Latin-1 letter on line 2", Buffer.from('{\n "a": "\xe9" }', "latin1"), /:2:8 {2}this is not UTF-8/],
  ["UTF-16 with a byte order mark", Buffer.from("\ufeff{}", "utf16le"), /UTF-16\. Save the file as UTF-8/],
  ["UTF-16 without a byte order mark", Buffer.from("{}", "utf16le"), /UTF-16/],
  ["NUL bytes", "\0\0\0\0", /:1:1 {2}this is no JSON value/],
  ["a web page", "<!doctype html><html></html>", /:1:1 {2}this is no JSON value/],
  // The syntax
  ["a million opening brackets", "[".repeat(1_000_000), /:1:65 {2}this is nested deeper than 64 levels/],
  ["a million opening objects", '{"a":'.repeat(1_000_000), /nested deeper than 64 levels/],
  ["metadata nested too deep", inAsset({ metadata: nest(70) }), /nested deeper than 64 levels/],
  ["an array of a million numbers", document(Array(1_000_000).fill(0)), /more than 250000 members/],
  ["millions of values", document(Array(8).fill(Array(200_000).fill([]))), /too much for a manifest/],
  [
    "a key that is there twice",
    '{"version":1,"assets":[],\n"version":1}',
    /:2:1 {2}version: the key is there twice \(first on line 1, column 2\)/,
  ],
  [
    "an asset key that is there twice",
    '{"version":1,"assets":[{"id":"a","id":"b"}]}',
    /:1:34 {2}assets\[0\]\.id: the key is there twice/,
  ],
  [
    "the key __proto__ at the top",
    '{"version":1,"assets":[],"__proto__":{}}',
    /__proto__: the key __proto__ is not allowed/,
  ],
  ["the key __proto__ in an asset", '{"version":1,"assets":[{"__proto__":{"id":"a"}}]}', /assets\[0\]\.__proto__/],
  [
    "the key __proto__ in metadata, as an escape",
    '{"version":1,"assets":[{"metadata":{"\\u005f_proto__":1}}]}',
    /__proto__ is not allowed/,
  ],
  [
    "a text without its end",
    '{"version":1,"assets":["a',
    /:1:24 {2}assets\[0\]: the closing double quote of this text is missing/,
  ],
  ["a comment without its end", '{"version":1 /* ', /the comment never ends/],
  ["a missing brace", '{"version":1,"assets":[]', /a closing } is missing/],
  ["a missing comma", '{"version":1\n"assets":[]}', /:2:1 {2}.*a comma is missing before this/],
  ["single quotes", "{'version':1}", /:1:2 {2}.*no JSON value/],
  ["text after the end", '{"version":1,"assets":[]}{}', /:1:26 {2}there is more text after the end/],
  ["a control character in a text", '{"version":1,"assets":["\u0007"]}', /a control character stands in a text/],
  ["a bad escape", '{"version":1,"assets":["\\x41"]}', /after a backslash only one of/],
  ["a number too large", '{"version":1,"assets":[1e999]}', /assets\[0\]: the number is too large/],
  // The top
  ["null", "null", /a manifest is an object \(found null\)/],
  ["an array", "[]", /a manifest is an object \(found an array of 0\)/],
  ["a text", '"manifest"', /a manifest is an object \(found "manifest"\)/],
  ["no version", '{"assets":[]}', /:1:1 {2}version: this is missing\. Write "version": 1\./],
  [
    "version 2",
    document([], { version: 2 }),
    /:1:12 {2}version: the manifest was made for a newer assets \(found 2\)\. Update/,
  ],
  ["a version in quotes", document([], { version: "1" }), /version: the format has only one version \(found "1"\)/],
  ["no assets", '{"version":1}', /assets: this is missing/],
  ["assets that are an object", document({ a: {} }), /assets: this must be an array \(found an object\)/],
  ["an asset that is a text", document(["a"]), /assets\[0\]: this must be an object \(found "a"\)/],
  ["an asset that is an array", document([[]]), /assets\[0\]: this must be an object/],
  ["an absolute root", document([], { root: "/etc" }), /root: the path is absolute \(found "\/etc"\)\..*--root DIR/],
  ["a root that climbs out", document([], { root: "a/../../b" }), /root: the path climbs out/],
  ["a root that is a number", document([], { root: 5 }), /root: this must be a text/],
  ["an unknown key at the top", document([], { asset: [] }), /asset: there is no such key\. Write "assets"/],
];

describe("a hostile document ends in one clear error", () => {
  test.each(HOSTILE)("%s", expectRefused, 60_000);
});

function nest(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = { a: value };
  return value;
}
