/** What a scenario is given, and what it gives back. */
import { join } from "node:path";
import { type Content, makeContent, makeMany } from "./content.js";
import { type Contestant, type MeasuredOf, race } from "./race.js";
import { type FileServer, type ServerKind, type ServerOptions, startServer } from "./server.js";
import type { Row } from "./table.js";
import type { Workshop } from "./workshop.js";

export const MIB = 1024 * 1024;
export const GIB = 1024 * MIB;

/** The tools of a scenario. */
export interface Bench {
  shop: Workshop;
  /** How many measured rounds. */
  runs: number;
  /** The folder that servers serve. */
  served: string;
  /** A file to be served; made once in a run. */
  file(name: string, size: number): Promise<Content>;
  /** Many files of one size to be served. */
  files(prefix: string, count: number, size: number): Promise<Content[]>;
  /** Starts a server over the served folder: the one that the command line names, unless it cannot do what is asked. */
  serve(options?: Omit<ServerOptions, "root">, kind?: ServerKind): Promise<FileServer>;
  /** Measures by turns. */
  race<const T extends readonly Contestant[]>(
    contestants: T,
    options?: { warmUp?: boolean; runs?: number },
  ): Promise<MeasuredOf<T>>;
}

/** One entry of the bench's table of scenarios. */
export interface Scenario {
  /** What is measured, for `--help`. */
  about: string;
  run(bench: Bench): Promise<Row[]>;
}

export function createBench(shop: Workshop, kind: ServerKind, runs: number): Bench {
  const served = join(shop.dir, "served");
  const made = new Map<string, Promise<Content[]>>();

  function once(key: string, make: () => Promise<Content[]>): Promise<Content[]> {
    const known = made.get(key) ?? make();
    made.set(key, known);
    return known;
  }

  return {
    shop,
    runs,
    served,
    async file(name, size) {
      const [content] = await once(name, async () => [await makeContent(served, name, size)]);
      if (content === undefined) throw new Error(`${name} was not made`);
      return content;
    },
    files: (prefix, count, size) => once(prefix, () => makeMany(served, prefix, count, size)),
    serve: (options = {}, wanted = kind) => startServer(shop, wanted, { ...options, root: served }),
    race: (contestants, { warmUp = true, runs: wanted = runs } = {}) => race(shop, wanted, contestants, { warmUp }),
  };
}
