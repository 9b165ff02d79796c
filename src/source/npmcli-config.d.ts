/** Types for the little that is used of npm's own configuration library, which ships none. */

declare module "@npmcli/config" {
  interface ConfigOptions {
    definitions: Record<string, unknown>;
    shorthands: Record<string, string[]>;
    flatten: () => void;
    nerfDarts: string[];
    /** Folder of npm itself, whose `npmrc` is the builtin configuration. */
    npmPath: string;
    /** Is written to by `load`. */
    env: Record<string, string | undefined>;
    argv: string[];
    cwd: string;
    warn: boolean;
  }

  /** Where a value stands, in rising order of rank. */
  type Layer = "default" | "builtin" | "global" | "user" | "project" | "env" | "cli";

  export default class Config {
    constructor(options: ConfigOptions);
    /** Every layer; `source` names the file of a layer that is one. */
    readonly data: ReadonlyMap<Layer, { readonly data: Record<string, unknown>; readonly source: string | null }>;
    load(): Promise<void>;
    /** The value that ranks highest, or that of one layer. */
    get(key: string, where?: Layer): unknown;
    /** The layer that {@link get} answers from. */
    find(key: string): Layer | null;
  }
}

declare module "@npmcli/config/lib/definitions/index.js" {
  const all: { definitions: Record<string, unknown>; nerfDarts: string[] };
  export default all;
}
