/** Repairs in this process, impatiently, and damage to repair. */
import { lockPieces } from "../../src/commands/lock.js";
import type { Damage, LockReport, RepairReport } from "../../src/commands/piece-reports.js";
import { type RepairOptions, repair } from "../../src/commands/repair.js";
import type { AssetEvent } from "../../src/events.js";
import { loadManifest } from "../../src/manifest/load.js";
import { formatPieces, pieceBytesFor } from "../../src/manifest/pieces.js";
import { createPieceHash } from "../../src/store/piece-hash.js";
import type { TransferPolicy } from "../../src/transfer/fetch-file.js";
import { type Body, bytesOf, sha256Of } from "./content.js";
import { IMPATIENT } from "./run.js";
import type { Tree } from "./tree.js";

/** A finished repair. */
export interface Mended extends RepairReport {
  events: AssetEvent[];
  /** The texts of all warnings. */
  warnings: string[];
  /** What was found of a path. */
  damageOf(path: string): Damage | undefined;
}

/** Options of a repair; what is left out of the policy is impatient. */
export type MendOptions = Partial<Omit<RepairOptions, "manifest" | "policy">> & { policy?: Partial<TransferPolicy> };

/** Repairs what the tree's manifest holds. Throws what the command throws. */
export async function mend(tree: Tree, { policy, onEvent, ...options }: MendOptions = {}): Promise<Mended> {
  const events: AssetEvent[] = [];
  const report = await repair({
    manifest: await loadManifest({ cwd: tree.root }),
    network: { httpProxy: "", httpsProxy: "", noProxy: "" },
    reuse: false,
    onEvent: (event) => {
      events.push(event);
      onEvent?.(event);
    },
    ...options,
    policy: { ...IMPATIENT, ...policy },
  });
  return {
    ...report,
    events,
    warnings: events.flatMap((event) => (event.type === "warning" ? [event.message] : [])),
    damageOf: (path) => report.damages.find((damage) => damage.path === path),
  };
}

/** Writes the pieces of the tree's files down. */
export async function lockAll(tree: Tree): Promise<LockReport> {
  return lockPieces({ manifest: await loadManifest({ cwd: tree.root }) });
}

/** Writes the pieces of a content down, as {@link lockAll} does for a file that is here, but without its threads. */
export function writePieces(tree: Tree, body: Body): void {
  const bytes = bytesOf(body);
  const pieceBytes = pieceBytesFor(bytes.length) ?? bytes.length;
  const hash = createPieceHash({ pieceBytes, algorithm: "sha256" });
  hash.update(bytes);
  const text = formatPieces([{ sha256: sha256Of(bytes), size: bytes.length, ...hash.cut() }]);
  tree.write("assets.pieces.json", text);
  const manifest = JSON.parse(tree.read("assets.manifest.json").toString());
  tree.write("assets.manifest.json", JSON.stringify({ ...manifest, pieces: `sha256:${sha256Of(text)}` }, null, 2));
}

/** A copy of some bytes, with one bit turned at each of the given places. */
export function flipped(bytes: Buffer, ...places: number[]): Buffer {
  const copy = Buffer.from(bytes);
  for (const place of places) copy.writeUInt8(copy.readUInt8(place) ^ 1, place);
  return copy;
}
