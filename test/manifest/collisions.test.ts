/** The quick look for paths that cannot stand beside each other, held against the careful one. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { collide, findCollisions } from "../../src/manifest/collisions.js";

const name = fc.constantFrom("a", "A", "b", "é", "e\u0301", "E\u0301", "a\u200d");
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));

test("paths are refused at a glance where the careful look finds fault, and only there", () => {
  let refused = 0;
  fc.assert(
    fc.property(fc.array(path, { maxLength: 5 }), path, (paths, manifest) => {
      const claims = paths.map((each) => ({ asset: "x", path: each, at: () => [], onKey: false }));
      const found = findCollisions(claims, [{ path: manifest, what: "the manifest itself" }], () => 1).length > 0;
      if (found) refused++;
      expect(collide([manifest, ...paths])).toBe(found);
    }),
    { numRuns: 3_000 },
  );
  expect(refused).toBeGreaterThan(100);
  expect(refused).toBeLessThan(2_900);
});
