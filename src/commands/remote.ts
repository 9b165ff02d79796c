/** `assets remote ls`: what a repository, a release or a record holds, told by the service that has it. */
import type { EventListener } from "../events.js";
import { createSources } from "../source/index.js";
import { createAgain } from "../transfer/ask-again.js";
import { DEFAULT_POLICY } from "../transfer/default-policy.js";
import { listFiles } from "./list-files.js";
import type { RemoteReport } from "./reports.js";
import type { AskOptions } from "./repositories.js";

/** What is listed. */
export interface RemoteOptions {
  /** `hf:`, `github:` or `zenodo:` URL. */
  url: string;
  /** Patterns of paths. Default: everything. */
  include?: readonly string[];
  exclude?: readonly string[];
  network?: AskOptions["network"];
  policy?: Partial<AskOptions["policy"]>;
  signal?: AbortSignal;
  /** Told of long waits. */
  onEvent?: EventListener;
  /** Folder whose `.npmrc` would count, which it does not here. */
  cwd: string;
}

/** Asks for the files. Throws what the service refuses, UNSUPPORTED_URL, NOTHING_SELECTED, OFFLINE, USAGE, ABORTED. */
export async function listRemote(options: RemoteOptions): Promise<RemoteReport> {
  const { url, include = [], exclude = [], network = {}, cwd } = options;
  const { signal = new AbortController().signal, onEvent = () => {} } = options;
  const policy = { ...DEFAULT_POLICY, ...options.policy };
  if (network.caFile !== undefined) await (await import("../source/authorities.js")).readAuthorities(network.caFile);
  const sources = createSources({ network, projectFolder: cwd, again: createAgain({ policy, emit: onEvent }) });
  try {
    const listing = await listFiles(url, { include, exclude }, { sources, signal });
    const { files } = listing;
    const size = files.reduce((sum, file) => sum + (file.size ?? 0), 0);
    return { ...listing, files: [...files], totals: { files: files.length, size } };
  } finally {
    await sources.close();
  }
}
