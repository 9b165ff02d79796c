/** What is held against a manifest before it is written, and under which lock. */
import { describe, expect, it } from "vitest";
import { refuseChanged } from "../../src/commands/write-manifest.js";
import type { Manifest } from "../../src/manifest/types.js";

describe("an asset that is about to be written", () => {
  it("is compared once, however many of its files are named", () => {
    let looks = 0;
    const metadata = {
      toJSON() {
        looks++;
        return "seen";
      },
    };
    const files = Array.from({ length: 5_000 }, (_, index) => ({ asset: "many", path: `f${index}`, urls: ["x:y"] }));
    const asset = { id: "many", type: "dataset", tags: [], required: false, metadata, files };
    const manifest: Manifest = { file: "/m", base: "/", root: "/", version: 1, assets: [asset] };
    refuseChanged(
      manifest,
      manifest,
      files.map((file) => file.asset),
    );
    expect(looks).toBe(2);
  });
});
