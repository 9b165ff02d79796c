/** Reads the command line of the bench. */
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { SCENARIOS } from "./scenarios/index.js";
import type { ServerKind } from "./server.js";
import { isInstalled } from "./tools.js";

export interface Options {
  /** Names of scenarios, in the order of the table. */
  names: string[];
  runs: number;
  keep: boolean;
  /** Where the work folder is made. */
  dir: string;
  server: ServerKind;
}

const abouts = [...SCENARIOS].map(([name, { about }]) => `  ${name.padEnd(12)}${about}`);

export const HELP = `Usage: npm run bench -- [scenario...] [options]

Measures this checkout against other programs, and prints a Markdown table.

Scenarios (default: all):
${abouts.join("\n")}

Options:
  --runs <n>       measured rounds, after one that warms up (default: 5)
  --server <kind>  nginx or builtin (default: nginx where it is installed)
  --dir <folder>   where the work folder is made; about 16 GiB are needed (default: ${tmpdir()})
  --keep           leave the work folder
  --help           show this
`;

/** The options, or a sentence that says what is wrong with them. */
export function readOptions(words: string[]): Options | "help" | { wrong: string } {
  const types = {
    runs: { type: "string", default: "5" },
    server: { type: "string", default: isInstalled("nginx") ? "nginx" : "builtin" },
    dir: { type: "string", default: tmpdir() },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: words, options: types, allowPositionals: true });
    if (values.help) return "help";
    const unknown = positionals.find((name) => !SCENARIOS.has(name));
    if (unknown !== undefined)
      return { wrong: `No scenario is called ${unknown}: ${[...SCENARIOS.keys()].join(", ")}` };
    if (!/^[1-9]\d{0,2}$/.test(values.runs))
      return { wrong: `--runs must be a number from 1 to 999, not ${values.runs}` };
    if (!["nginx", "builtin"].includes(values.server)) return { wrong: `--server is nginx or builtin` };
    if (values.server === "nginx" && !isInstalled("nginx")) return { wrong: "nginx is not installed" };
    return {
      names: [...SCENARIOS.keys()].filter((name) => positionals.length === 0 || positionals.includes(name)),
      runs: Number(values.runs),
      keep: values.keep,
      dir: resolve(values.dir),
      server: values.server === "nginx" ? "nginx" : "built-in",
    };
  } catch (error) {
    return { wrong: (error as Error).message };
  }
}
