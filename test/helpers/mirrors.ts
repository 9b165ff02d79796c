/** One file from several servers, downloaded over several connections. */
import { bytesOf, sha256Of } from "./content.js";
import { type PacedOptions, startPacedServer } from "./paced-server.js";
import { type RunOptions, run } from "./run.js";
import { makeTree } from "./tree.js";

export const MB = 1_000_000;
/** The file. */
export const BODY = bytesOf({ size: 2 * MB, seed: 7 });
export const SHA256 = sha256Of(BODY);
/** Segments small enough for a file of a test. */
export const FINE = { leastSegmentBytes: 64 * 1024 };

/** Downloads the file from mirrors that behave so. */
export async function from(mirrors: Omit<PacedOptions, "body">[], options: RunOptions = {}) {
  const servers = await Promise.all(mirrors.map((mirror) => startPacedServer({ body: BODY, ...mirror })));
  const tree = makeTree();
  tree.manifestFor({ "a.bin": { url: servers.map(({ url }) => url), body: BODY } });
  const report = await run(tree, { ...options, policy: { ...FINE, ...options.policy } });
  const right = tree.exists("a.bin") && tree.sha256("a.bin") === SHA256;
  return { servers, tree, report, right, outcome: report.of("a.bin"), first: servers[0] as (typeof servers)[0] };
}

/** Bytes that were sent beyond the file's own, as a share of it. */
export function waste(servers: { sent(): number }[]): number {
  return servers.reduce((sum, server) => sum + server.sent(), 0) / BODY.length - 1;
}
