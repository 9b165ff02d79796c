/** The command line of `assets import`. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Listing } from "../interchange/listing.js";
import type { Begin } from "./context.js";
import { addCommon, type Import, type ImportFlags, runImport } from "./import-common.js";
import { addListImports } from "./import-list.js";
import { collect } from "./options.js";
import { refuseUrls } from "./words.js";

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineImport(command: Command, start: Begin) {
  command
    .description(
      "Adds to the manifest what another tool tracks or lists, with every size and digest that is stated: nothing is downloaded. Comments, order and layout of the manifest stay, and what it pins is never changed: a file that it has with other bytes is a conflict, and named. Exit code 0: all is taken over, or was there. 1: something is in conflict, or could not be read; the rest is written.",
    )
    .addHelpText(
      "after",
      `
Examples:
  assets import lfs                                      the pointers of this repository
  assets import dvc --remote https://data.example/store  what .dvc files and dvc.lock name
  assets import hf org/name                              the files of a repository of the Hugging Face Hub
  assets import sums SHA256SUMS --base-url https://example.com/v1/
  assets import json models.py --dry-run                 a dictionary of a Python script, as a diff first`,
    );
  addCommon(command.command("lfs"))
    .summary("the Git LFS pointers of a repository")
    .description(
      "Reads the pointers of a commit, which state size and SHA-256 of every file. Sources are the repository's Git LFS server and, on GitHub and Hugging Face, the plain address of the file at that commit. The files of one folder make one asset.",
    )
    .argument("[folder]", "a folder of the repository (default: that of the manifest)")
    .option("--rev <commit>", "the commit, branch or tag to read (default: HEAD)")
    .addHelpText(
      "after",
      `
Examples:
  assets import lfs                       everything in this repository
  assets import lfs models --rev v1.2     one folder, as a tag has it
  assets import lfs ../other --path data  another clone, put below data/`,
    )
    .action((folder: string | undefined, flags: ImportFlags & { rev?: string }, self: Command) =>
      start((run) => runImport(run, flags, "git-lfs", (given) => lfs(given, folder, flags)), self),
    );
  addCommon(command.command("dvc"))
    .summary("what .dvc files and dvc.lock track")
    .description(
      "Reads .dvc files, dvc.lock, and the listings of folders that they name, from the cache or the remote. DVC knows MD5 only: it is checked while a file is fetched, and is no pin. Sources are a remote on the web or on this machine, and the URLs of dvc import-url.",
    )
    .argument("[paths...]", "folders to search, .dvc files, dvc.lock (default: the folder of the manifest)")
    .option("--remote <name>", "a remote of .dvc/config, or the URL of one (default: core.remote)")
    .addHelpText(
      "after",
      `
Examples:
  assets import dvc                                       the whole repository
  assets import dvc data/raw.dvc                          one file of DVC
  assets import dvc --remote https://data.example/store   objects of a remote on the web`,
    )
    .action((paths: string[], flags: ImportFlags & { remote?: string }, self: Command) =>
      start((run) => runImport(run, flags, "dvc", (given) => dvc(given, paths, flags.remote)), self),
    );
  addCommon(command.command("hf"))
    .summary("the files of a repository of the Hugging Face Hub")
    .description(
      "Takes the files of a repository as one asset, at the commit that it has now: size and SHA-256 of large files are stated there, of small ones git's id, which is checked while they are fetched, and which assets lock replaces.",
    )
    .argument("<repository>", "org/name, datasets/org/name, or either with @revision")
    .option("--include <glob>", "only these files (repeatable)", collect)
    .option("--exclude <glob>", "not these files (repeatable)", collect)
    .addHelpText(
      "after",
      `
Examples:
  assets import hf org/name                                a model, all of it
  assets import hf datasets/org/name --include '*.parquet'  some files of a dataset
  assets import hf org/name@v1.0 --dry-run                 what a tag has, as a diff first`,
    )
    .action((repository: string, flags: ImportFlags & PickFlags, self: Command) =>
      start((run) => runImport(run, flags, "hub", (given) => hub(given, repository, flags)), self),
    );
  addListImports(command, start);
}

interface PickFlags {
  include?: string[];
  exclude?: string[];
}

async function hub({ run, sources }: Import, repository: string, flags: PickFlags): Promise<Listing> {
  const { listHub } = await import("../commands/import-hf.js");
  const { include = [], exclude = [] } = flags;
  return listHub({ repository, include, exclude, sources, signal: run.signal });
}

async function lfs(
  { run, root, manifest }: Import,
  folder: string | undefined,
  { rev, path: below }: ImportFlags & { rev?: string },
): Promise<Listing> {
  const { listLfs } = await import("../commands/import-lfs.js");
  const known = (manifest?.assets ?? []).flatMap(({ id, files }) => files.map((file) => ({ ...file, asset: id })));
  const place = folder === undefined ? root : resolve(run.cwd, folder);
  return listLfs({ folder: place, rev, root, known, below, signal: run.signal });
}

async function dvc(
  { run, root, sources }: Import,
  paths: readonly string[],
  remote: string | undefined,
): Promise<Listing> {
  refuseUrls(paths, "Name the address of a remote by --remote URL.");
  const { listDvc } = await import("../commands/import-dvc.js");
  const places = paths.length > 0 ? paths.map((path) => resolve(run.cwd, path)) : [root];
  return listDvc({ paths: places, root, remote, sources, signal: run.signal });
}
