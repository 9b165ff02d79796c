/** A list that was exported and imported again has the same pins; a bill of materials is one by its schema. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDvcFile } from "../../src/interchange/dvc.js";
import type { ExportedFile } from "../../src/interchange/exported.js";
import { READERS, WRITERS } from "../../src/interchange/index.js";
import { pinsOf } from "../../src/interchange/listing.js";
import { checkPath } from "../../src/manifest/paths.js";
import { checkUrl } from "../../src/manifest/urls.js";

const hex = (length: number) => fc.stringMatching(new RegExp(`^[1-9a-f][0-9a-f]{${length - 1}}$`));
const path = fc
  .array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join("/"))
  .filter((one) => checkPath(one) === undefined);
const url = fc
  .webUrl({ validSchemes: ["https", "http"], withQueryParameters: true })
  .filter((one) => checkUrl(one) === undefined);
const asset = fc.record({
  id: fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/),
  type: fc.constantFrom("model", "dataset", "other"),
  name: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
  description: fc.option(fc.string(), { nil: undefined }),
  version: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
  license: fc.option(fc.constantFrom("MIT", "Apache-2.0", "my own words"), { nil: undefined }),
  homepage: fc.option(url, { nil: undefined }),
  tags: fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 3 }),
  required: fc.boolean(),
  files: fc.constant([]),
});
const exported: fc.Arbitrary<ExportedFile[]> = fc
  .uniqueArray(
    fc.record({
      asset,
      path,
      urls: fc.uniqueArray(url, { minLength: 1, maxLength: 3 }),
      sha256: hex(64),
      md5: hex(32),
      size: fc.nat(),
    }),
    { selector: ({ path: one }) => one.toLowerCase(), maxLength: 6 },
  )
  .map((files) => files as ExportedFile[]);

const writer = (format: string) => WRITERS.find((one) => one.format === format);
const reader = (format: string) => READERS.find((one) => one.format === format);

describe("what is exported", () => {
  it.each(["sums", "pooch", "metalink", "aria2"])("as %s is read back with the same paths and pins", async (format) => {
    await fc.assert(
      fc.asyncProperty(exported, async (files) => {
        const written = await writer(format)?.write(files);
        const read = await reader(format)?.read(Buffer.from(written?.text ?? ""), { baseUrl: "https://b.example/" });
        expect([read?.refused, read?.notes]).toEqual([[], []]);
        const pins = (list: readonly { path: string; sha256?: string }[]) => list.map((one) => [one.path, one.sha256]);
        expect(pins(read?.files ?? [])).toEqual(pins(files));
        if (format === "metalink" || format === "aria2") {
          expect(read?.files.map(({ urls }) => urls)).toEqual(files.map(({ urls }) => urls));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("as a .dvc file is read back with the same pins, SHA-256 and sources too", async () => {
    await fc.assert(
      fc.asyncProperty(exported, async (files) => {
        fc.pre(files.length > 0);
        const written = await writer("dvc")?.write(files);
        const { outs, refused, notes } = readDvcFile(written?.text ?? "", "assets.dvc");
        expect([refused, notes]).toEqual([[], []]);
        expect(outs.map((out) => ({ path: out.path, asset: out.asset, urls: out.urls, ...pinsOf(out) }))).toEqual(
          files.map((one) => ({ path: one.path, asset: one.asset.id, urls: one.urls, ...pinsOf(one) })),
        );
      }),
      { numRuns: 60 },
    );
  });

  it("leaves out by name what a format cannot hold", async () => {
    const bare = {
      asset: { id: "a", type: "model", tags: [], required: false, files: [] },
      path: "a",
      urls: ["file:///x"],
    };
    for (const { format, write } of WRITERS) {
      const { left } = await write([bare]);
      expect(left.map((one) => one.path)).toEqual(format === "cyclonedx" ? [] : ["a"]);
    }
  });
});

describe("a bill of materials in CycloneDX", () => {
  const schema = (name: string) => {
    const folder = createRequire(import.meta.url).resolve("@cyclonedx/cyclonedx-library/package.json");
    return JSON.parse(readFileSync(new URL(`res/schema/${name}.SNAPSHOT.schema.json`, `file://${folder}`), "utf8"));
  };
  const ajv = new Ajv({ unknownFormats: "ignore", format: "full", logger: false });
  for (const name of ["spdx", "jsf-0.82"]) {
    // The package refers to its schemas by the names of their files.
    const { $id: _, ...other } = schema(name);
    ajv.addSchema(other, `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  }
  const validate = ajv.compile(schema("bom-1.6"));

  it("is valid by the published schema, whatever the assets are called", async () => {
    await fc.assert(
      fc.asyncProperty(exported, async (files) => {
        const written = await writer("cyclonedx")?.write(files);
        validate(JSON.parse(written?.text ?? ""));
        expect(validate.errors ?? []).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("would not be with another kind of component: the schema is looked at", () => {
    expect(validate({ bomFormat: "CycloneDX", specVersion: "1.6", components: [{ type: "weights", name: "a" }] })).toBe(
      false,
    );
  });

  it("of tens of thousands of files in one asset takes no time that grows with their square", async () => {
    const asset = { id: "a", type: "dataset", tags: [], required: false, files: [] };
    const files = Array.from({ length: 40_000 }, (_, at) => ({
      asset,
      path: `${at}`,
      urls: [`https://x.example/${at}`],
    }));
    const started = performance.now();
    await writer("cyclonedx")?.write(files);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it("says what is a model and what is data, with licence and digests, the same text each time", async () => {
    const files: ExportedFile[] = [
      {
        asset: { id: "m", type: "model", license: "MIT", tags: ["llm"], required: true, files: [] },
        path: "m.bin",
        urls: ["https://x.example/m.bin", "file:///home/me/m.bin"],
        sha256: "a".repeat(64),
        size: 5,
      },
      {
        asset: { id: "d", type: "dataset", license: "see the page", tags: [], required: false, files: [] },
        path: "d.csv",
        urls: ["https://x.example/d.csv"],
      },
    ];
    const text = (await writer("cyclonedx")?.write(files))?.text ?? "";
    expect((await writer("cyclonedx")?.write(files))?.text).toBe(text);
    expect(text).not.toMatch(/home/);
    const { components } = JSON.parse(text);
    expect(components).toMatchObject([
      {
        type: "machine-learning-model",
        licenses: [{ license: { id: "MIT" } }],
        hashes: [{ alg: "SHA-256", content: "a".repeat(64) }],
      },
      { type: "data", licenses: [{ license: { name: "see the page" } }] },
    ]);
  });
});
