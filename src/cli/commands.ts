/** The commands by name: a line on each for the help, and where the rest is loaded from once it is asked for. */
import type { Command } from "commander";
import type { Begin } from "./context.js";

/** One command. */
export interface CommandEntry {
  readonly name: string;
  readonly alias?: string;
  readonly summary: string;
  /** What says which words the command takes, and what it does. */
  load(): Promise<(command: Command, begin: Begin) => unknown>;
}

/** In the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "list",
    alias: "ls",
    summary: "what there is, and how it stands here",
    load: async () => (await import("./list.js")).defineList,
  },
  {
    name: "download",

    summary: "fetch assets, verified, into their places",
    load: async () => (await import("./download.js")).defineDownload,
  },
  {
    name: "verify",

    summary: "prove by SHA-256 that the files here are the pinned ones",
    load: async () => (await import("./verify.js")).defineVerify,
  },
  {
    name: "repair",

    summary: "fetch of damaged files what is damaged",
    load: async () => (await import("./repair.js")).defineRepair,
  },
  {
    name: "status",

    summary: "whether all is well here: one line and an exit code, for scripts and prompts",
    load: async () => (await import("./status.js")).defineStatus,
  },
  {
    name: "path",

    summary: "where an asset lies, fetched if need be: prints one path and nothing else",
    load: async () => (await import("./path.js")).definePath,
  },
  {
    name: "cache-key",

    summary: "a key for CI caches that changes with the pins",
    load: async () => (await import("./cache-key.js")).defineCacheKey,
  },
  {
    name: "lfs",

    summary: "find Git LFS pointers standing where content should be",
    load: async () => (await import("./lfs.js")).defineLfs,
  },
  {
    name: "init",

    summary: "begin a manifest, and keep git from what it will bring",
    load: async () => (await import("./init.js")).defineInit,
  },
  {
    name: "add",

    summary: "write files into the manifest, with their pins",
    load: async () => (await import("./add.js")).defineAdd,
  },
  {
    name: "lock",

    summary: "fill in the pins that are missing, and what branches stand for",
    load: async () => (await import("./lock.js")).defineLock,
  },
  {
    name: "import",

    summary: "pin what Git LFS, DVC, a Hub repository or a list of another tool names",
    load: async () => (await import("./import.js")).defineImport,
  },
  {
    name: "export",

    summary: "write the pins as a list that another tool reads",
    load: async () => (await import("./export.js")).defineExport,
  },
  {
    name: "info",

    summary: "everything about one asset",
    load: async () => (await import("./info.js")).defineInfo,
  },
  {
    name: "lint",

    summary: "say what could be better about the manifest",
    load: async () => (await import("./lint.js")).defineLint,
  },
  {
    name: "audit",

    summary: "whether the URLs still give what is pinned",
    load: async () => (await import("./audit.js")).defineAudit,
  },
  {
    name: "remove",
    alias: "rm",
    summary: "take assets out of the manifest",
    load: async () => (await import("./remove.js")).defineRemove,
  },
  {
    name: "hash",

    summary: "print the SHA-256 of files",
    load: async () => (await import("./hash.js")).defineHash,
  },
  {
    name: "schema",

    summary: "print the JSON Schema of the manifest",
    load: async () => (await import("./schema.js")).defineSchema,
  },
  {
    name: "remote",

    summary: "see what a repository, a release or a record holds",
    load: async () => (await import("./remote.js")).defineRemote,
  },
];
