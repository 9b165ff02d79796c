/** An npm user of a test's own: a home, a prefix and a project, each with the `.npmrc` that the test writes. */

import { createNpmSource } from "../../src/source/npm.js";
import { type NpmConfig, readNpmConfig } from "../../src/source/npm-config.js";
import type { Located, Source } from "../../src/source/source.js";
import { environment } from "../../src/this-process.js";
import { makeClient } from "./client.js";
import { makeTree, type Tree } from "./tree.js";

/** Texts of configuration files, and variables of the environment. */
export interface NpmSetup {
  user?: string;
  global?: string;
  project?: string;
  env?: Record<string, string>;
}

/** What a test does as that user. */
export interface NpmUser {
  tree: Tree;
  /** The whole environment. */
  env: Record<string, string>;
  config(): Promise<NpmConfig>;
  source: Source;
  locate(url: string, signal?: AbortSignal): Promise<Located>;
}

/** Makes an npm user for the running test. Nothing of the real user's configuration is seen. */
export function makeNpmUser({ user, global, project, env = {} }: NpmSetup = {}): NpmUser {
  const tree = makeTree();
  if (user !== undefined) tree.write("home/.npmrc", user);
  if (global !== undefined) tree.write("prefix/etc/npmrc", global);
  if (project !== undefined) tree.write("project/.npmrc", project);
  const { PATH = "" } = environment;
  const all = { PATH, HOME: tree.path("home"), PREFIX: tree.path("prefix"), ...env };
  const options = { projectFolder: tree.path("project"), env: all };
  const source = createNpmSource({ ...options, createClient: makeClient });
  const never = new AbortController().signal;
  return {
    tree,
    env: all,
    config: () => readNpmConfig(options),
    source,
    locate: async (url, signal = never) => source.locate(url, { signal }),
  };
}

/** How npm's files name a variable of the environment. */
export function variable(name: string): string {
  return `\${${name}}`;
}
