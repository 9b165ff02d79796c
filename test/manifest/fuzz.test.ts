/** Whatever a manifest holds, reading it answers with a manifest or with issues, and never throws. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkTarget } from "../../src/manifest/paths.js";
import { canonical, document, FILE, PIN, readManifest, shorthand } from "./samples.js";

const WHOLE = document([
  shorthand({ checksum: `sha256:${PIN}`, tags: ["x"], metadata: { a: 1 }, homepage: "https://example.com" }),
  canonical({ size: 5, size_mb: 1, fallbackUrls: ["npm:p@1.2.3/x", "./b.zip#member=c"] }, { id: "b", path: "folder" }),
  { id: "c", type: "dataset", destination: "x/", files: { "f.bin": { url: "https://example.com/f", sha256: PIN } } },
]);

/** Exactly one of the two, every issue placed in the text, every path of a manifest safe. */
function expectAnswer(text: string) {
  const { manifest, issues } = readManifest(text, { file: FILE });
  expect(manifest === undefined).toBe(issues.length > 0);
  const lines = text.split(/\r\n|\n|\r/);
  for (const { line, column, message } of issues) {
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual((lines[line - 1] ?? "").length + 1);
    expect(message).not.toBe("");
  }
  for (const { path, urls } of manifest?.assets.flatMap(({ files }) => files) ?? []) {
    expect(checkTarget(path)).toBeUndefined();
    for (const url of urls) expect(url).toMatch(/^(?:https?|file|npm):/);
  }
}

test("any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), expectAnswer));
});

test("a valid text with a part of it replaced", () => {
  const part = fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom(...'{}[]",:\\/*\n'));
  const at = fc.nat({ max: WHOLE.length });
  fc.assert(
    fc.property(at, fc.nat({ max: 20 }), part, (start, length, by) => {
      expectAnswer(WHOLE.slice(0, start) + by + WHOLE.slice(start + length));
    }),
    { numRuns: 500 },
  );
});

test("any values under the keys that are known", () => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.string({ unit: "binary" }),
    fc.constantFrom("a", "https://x/y", PIN, 0),
  );
  const keys = ["url", "fallbackUrls", "size", "size_mb", "sha256", "checksum", "path"];
  const file = fc.record(Object.fromEntries(keys.map((key) => [key, value])), { requiredKeys: [] });
  const files = fc.oneof(fc.array(file, { maxLength: 3 }), fc.dictionary(fc.string(), file, { maxKeys: 3 }), value);
  const more = ["id", "type", "tags", "required", "metadata", "destination", "localPath", "homepage"];
  const asset = fc.record(
    { ...Object.fromEntries([...keys, ...more].map((key) => [key, value])), files },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(asset, { maxLength: 3 }), (assets) => expectAnswer(document(assets))),
    { numRuns: 300 },
  );
});
