/** Reports and events for programs: JSON that is also safe to look at in a terminal. */
import { visible } from "../errors.js";
import type { AssetEvent } from "../events.js";
import type { Reporter } from "./reporter.js";

/** Version of every JSON shape this tool prints. It grows when something is removed or changes its meaning. */
const SCHEMA_VERSION = 1;

/** One document: `schemaVersion`, `command`, then the report itself. Ends with a line feed. */
export function toJson(command: string, report: object): string {
  return `${escapeUnsafe(JSON.stringify({ schemaVersion: SCHEMA_VERSION, command, ...report }, undefined, 2))}\n`;
}

/** One value on a line of its own. Ends with a line feed. `show` may change the texts in it. */
export function toNdjson(value: object, show: (text: string) => string = (text) => text): string {
  const json = JSON.stringify(value, (_, inner: unknown) => (typeof inner === "string" ? show(inner) : inner));
  return `${escapeUnsafe(json)}\n`;
}

/** What the first line of `--ndjson` says. */
export function startOf(command: string): object {
  return { type: "start", schemaVersion: SCHEMA_VERSION, command };
}

/** What {@link createNdjson} needs of the world. */
export interface NdjsonOptions {
  /** Gets whole lines, line feed included. */
  write: (text: string) => unknown;
  /** Milliseconds. */
  now: () => number;
  command: string;
  /** What the first line says beside this. */
  about?: object;
  /** Shortest time between two progress events of one path, in milliseconds. Default 100. */
  sampleMs?: number;
  /** What each line begins with. */
  stamp?: () => object;
  /** Changes the texts of every line. Default: they stay as they are. */
  show?: (text: string) => string;
}

// Enough for a smooth display elsewhere, and a bound to what a fast disk can make this write.
const SAMPLE_MS = 100;

/**
 * Writes `{"type":"start","schemaVersion":1,"command":…}` at once, then every event on a line of its own, and when
 * stopped with an exit code `{"type":"end","exitCode":…}` as the last. Progress comes at most every `sampleMs` per path;
 * of hashing, the last is never left out.
 */
export function createNdjson({ write, now, command, ...options }: NdjsonOptions): Reporter {
  const { about = {}, sampleMs = SAMPLE_MS, stamp = () => ({}), show } = options;
  const say = (line: object) => write(toNdjson({ ...stamp(), ...line }, show));
  let stopped = false;
  const last = new Map<string, number>();

  /** Whether to pass on a progress event about `key`. */
  function sampled(key: string): boolean {
    const before = last.get(key);
    if (before !== undefined && now() - before < sampleMs) return false;
    last.set(key, now());
    return true;
  }

  function wanted(event: AssetEvent): boolean {
    // The prefixes keep a file from being taken for something else.
    if (event.type === "transfer:progress") return sampled(`path:${event.path}`);
    if (event.type === "inspect:progress") return sampled("inspect") || event.files >= event.totalFiles;
    if (event.type === "outcome") last.delete(`path:${event.outcome.path}`);
    return true;
  }

  say({ ...startOf(command), ...about });
  return {
    onEvent: (event) => {
      if (!stopped && wanted(event)) say(event);
    },
    stop: (end) => {
      if (end && !stopped) say({ type: "end", ...end });
      stopped = true;
    },
  };
}

/** Escapes what {@link visible} would show, in the way of JSON: the text parses to the same value. */
function escapeUnsafe(json: string): string {
  return json.replace(/[^\n\u0020-\u007e]/gu, (char) =>
    visible(char) === char ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
