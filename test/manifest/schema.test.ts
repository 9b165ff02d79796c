/** The JSON Schema that editors read, and the manifest that ships, which must both be true. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { manifestJsonSchema } from "../../src/manifest/json-schema.js";
import { loadManifest } from "../../src/manifest/load.js";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const SCHEMA_FILE = new URL("../../assets.manifest.schema.json", import.meta.url);

/** Every object of a JSON document. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const inner of Object.values(value)) yield* objectsIn(inner);
}

describe("assets.manifest.schema.json", () => {
  test("is what scripts/write-schema.mjs would write now", async () => {
    expect(await readFile(SCHEMA_FILE, "utf8")).toBe(`${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
  });

  test("describes every key, and allows x- keys wherever keys are closed", () => {
    const closed = [...objectsIn(manifestJsonSchema())].filter(
      ({ additionalProperties }) => additionalProperties === false,
    );
    expect(closed.length).toBeGreaterThanOrEqual(4);
    for (const { properties, patternProperties } of closed) {
      expect(patternProperties).toEqual({ "^x-": {} });
      for (const [key, property] of Object.entries(properties as object)) {
        expect(property.description ?? property.title, key).toBeTypeOf("string");
      }
    }
  });
});

describe("the manifest that ships", () => {
  test("is valid, and names the schema", async () => {
    const manifest = await loadManifest({ cwd: REPOSITORY });
    expect(manifest.root).toBe(manifest.base);
    const text = await readFile(manifest.file, "utf8");
    expect(JSON.parse(text).$schema).toBe("./assets.manifest.schema.json");
  });

  test("has models and datasets, with one file and with several, some of them required", async () => {
    const { assets } = await loadManifest({ cwd: REPOSITORY });
    expect(assets.length).toBeGreaterThanOrEqual(10);
    for (const type of ["model", "dataset"]) {
      const ofType = assets.filter((asset) => asset.type === type);
      expect(ofType.some(({ files }) => files.length === 1)).toBe(true);
      expect(ofType.some(({ files }) => files.length > 1)).toBe(true);
      expect(ofType.some(({ required }) => required)).toBe(true);
    }
  });

  test("pins every file, and gives each at least two sources with npm: as the last", async () => {
    const { assets } = await loadManifest({ cwd: REPOSITORY });
    for (const asset of assets) {
      expect(asset.license, asset.id).toBeTypeOf("string");
      expect(asset.tags, asset.id).not.toEqual([]);
      for (const file of asset.files) {
        expect(file.path).toMatch(new RegExp(`^${asset.type}s/${asset.id}/`));
        expect(file.sha256, file.path).toBeDefined();
        expect(file.size, file.path).toBeGreaterThan(0);
        const schemes = file.urls.map((url) => url.slice(0, url.indexOf(":")));
        expect(schemes.join(" "), file.path).toMatch(/^(https )+npm( npm)*$/);
      }
    }
  });
});
