/** A stand-in for the asset manager in other projects' tests: nothing is read, fetched or hashed. */
import type { DownloadReport } from "./commands/reports.js";
import { AssetsError } from "./errors.js";
import type { AssetManager } from "./manager.js";

const NOTHING_DAMAGED = { unpinned: 0, damaged: 0, repaired: 0, failed: 0, toFetch: 0, received: 0 };

/** Makes an asset manager whose assets are the given ones, all present: `{ id: path }`. Unknown ids throw UNKNOWN_ID. */
export function createMockAssetManager(assets: Readonly<Record<string, string>>): AssetManager {
  const paths = new Map(Object.entries(assets));
  const pathOf = (id: string) => {
    const path = paths.get(id);
    if (path !== undefined) return path;
    throw new AssetsError("UNKNOWN_ID", `The mock has no asset "${id}". It has: ${[...paths.keys()].join(", ")}.`);
  };
  const presence = (ids: readonly string[]): DownloadReport => ({
    manifest: "",
    root: "",
    dryRun: false,
    ok: true,
    exitCode: 0,
    outcomes: ids.map((id) => ({
      asset: id,
      path: pathOf(id),
      status: "present",
      size: 0,
      received: 0,
      verified: true,
      attempts: 0,
      tried: [],
    })),
    totals: { files: ids.length, downloaded: 0, reused: 0, present: ids.length, failed: 0, skipped: 0, received: 0 },
    keptPartialBytes: 0,
    durationMs: 0,
  });
  const filesOf = (id: string) => [{ asset: id, path: pathOf(id), status: "valid" as const }];

  return {
    initialize: async () => {},
    getAssetPath: async (id) => pathOf(id),
    checkAsset: async (id) => ({ id, exists: true, valid: true, path: pathOf(id), files: filesOf(id) }),
    downloadAsset: async (id) => presence([id]),
    downloadRequiredAssets: async () => presence([]),
    listAssets: async () =>
      [...paths.keys()].map((id) => ({
        id,
        type: "mock",
        tags: [],
        required: false,
        size: 0,
        sizeKnown: false,
        state: "ready",
        proven: true,
        unpinned: 0,
        files: filesOf(id),
      })),
    verifyAssets: async () => ({
      manifest: "",
      root: "",
      ok: true,
      files: [...paths.keys()].flatMap(filesOf),
      totals: { files: paths.size, bytes: 0, findings: 0, byStatus: { valid: paths.size }, proven: 0, remembered: 0 },
      durationMs: 0,
    }),
    repairAssets: async () => ({
      manifest: "",
      root: "",
      dryRun: false,
      ok: true,
      exitCode: 0,
      damages: [],
      outcomes: [],
      totals: { ...NOTHING_DAMAGED, files: paths.size, right: paths.size },
      keptPartialBytes: 0,
      durationMs: 0,
    }),
    cacheKey: async () => "assets-mock",
    onProgress: () => () => {},
  };
}
