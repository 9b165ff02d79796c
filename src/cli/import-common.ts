/** What all imports share on the command line: their options, and the way into the manifest. */
import { dirname, resolve } from "node:path";
import { type Command, Option } from "commander";
import { AssetsError } from "../errors.js";
import type { Listing } from "../interchange/listing.js";
import type { Manifest } from "../manifest/types.js";
import type { Sources } from "../source/index.js";
import type { FormatOptions, GlobalOptions, Run } from "./context.js";
import { collect } from "./options.js";

/** Options of every import. */
export interface ImportFlags extends FormatOptions, GlobalOptions {
  id?: string;
  type?: string;
  path?: string;
  tag?: string[];
  perFile?: boolean;
  dryRun?: boolean;
  caFile?: string;
}

/** What an import has in hand to find its files. */
export interface Import {
  readonly run: Run;
  readonly sources: Sources;
  /** Absolute path of the folder that the manifest's paths are relative to. */
  readonly root: string;
  /** Undefined where it is still to be written. */
  readonly manifest: Manifest | undefined;
}

/** A list that may have no ids of its own, and what its files lie below. */
export interface ListName {
  readonly name: string;
  readonly base: string | undefined;
}

/** Adds what every import takes. */
export function addCommon(command: Command): Command {
  return command
    .option("--id <id>", "id of the asset, or what ids of the list's own begin with")
    .option("--type <type>", "type of the assets (default: told by the files' endings, model or dataset)")
    .option("--path <folder>", "folder that the files go into (default: the root)")
    .option("--tag <tag>", "tag of the assets (repeatable)", collect)
    .option("--per-file", "an asset for each file")
    .option("--dry-run", "print what would change in the manifest as a diff, and write nothing")
    .addOption(
      new Option("--ca-file <file>", "certificate authorities in PEM to trust besides the usual ones").env(
        "ASSETS_CA_FILE",
      ),
    )
    .option("--json", "print one JSON document");
}

/** Finds the files by `list` and merges them; `fallback`: an id, or what tells it. Answers the exit code. */
export async function runImport(
  run: Run,
  flags: ImportFlags,
  fallback: string | ListName,
  list: (given: Import) => Promise<Listing>,
): Promise<number> {
  const manifest = await manifestOrNew(run);
  const file =
    manifest?.file ?? resolve(run.cwd, run.options.manifest ?? (run.env.ASSETS_MANIFEST || "assets.manifest.json"));
  const root = manifest?.root ?? resolve(run.cwd, run.options.root ?? (run.env.ASSETS_ROOT || dirname(file)));
  const [
    { importListing },
    { checkWishes },
    { createSources },
    { createAgain },
    { DEFAULT_POLICY },
    { renderImport },
    { listId },
  ] = await Promise.all([
    import("../commands/import.js"),
    import("../interchange/assets.js"),
    import("../source/index.js"),
    import("../transfer/ask-again.js"),
    import("../transfer/default-policy.js"),
    import("../report/import.js"),
    import("../interchange/list-id.js"),
  ]);
  const { id, type, path: folder, tag: tags, perFile, dryRun = false } = flags;
  const isList = typeof fallback !== "string";
  const fallbackId = isList ? listId(fallback.name, fallback.base) : fallback;
  const unasked = isList && id === undefined && !perFile ? { id: fallbackId, base: fallback.base } : undefined;
  const wishes = { id, type, folder, tags, perFile, fallbackId };
  checkWishes(wishes);
  const network = flags.caFile === undefined ? {} : { caFile: resolve(run.cwd, flags.caFile) };
  const reporter = await run.report();
  const sources = createSources({
    network,
    projectFolder: manifest?.base ?? dirname(file),
    again: createAgain({ policy: DEFAULT_POLICY, emit: reporter.onEvent }),
  });
  try {
    const listing = await list({ run, sources, root, manifest });
    const report = await importListing({ listing, wishes, unasked, file, root, dryRun, signal: run.signal });
    reporter.stop();
    run.print(report, () => (run.options.quiet && report.ok && !dryRun ? "" : renderImport(report, run.render)));
    return report.ok ? 0 : 1;
  } finally {
    reporter.stop();
    await sources.close();
  }
}

/** The manifest; undefined where it is still to be written. */
async function manifestOrNew(run: Run): Promise<Manifest | undefined> {
  return run.loadManifest().catch((error) => {
    if (error instanceof AssetsError && error.code === "MANIFEST_NOT_FOUND") return undefined;
    throw error;
  });
}
