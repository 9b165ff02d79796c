/** Builds plain values out of what a parser meets, and notes where in the text each of them stands. */
import type { JsonPath } from "./issues.js";

/** Receives what the parser meets, in the order of the text. */
export interface Builder {
  openObject(offset: number): void;
  openArray(offset: number): void;
  close(): void;
  add(value: unknown, offset: number): void;
  /**
   * Names the member that comes next. Answers the offset of an earlier member of that name; the earlier one is kept.
   * A member named `__proto__` is never kept.
   */
  name(key: string, offset: number): number | undefined;
  /** Leads to the value that comes next. */
  path(): JsonPath;
  root(): unknown;
  /** Offset of a value, or of its key. A path that leads nowhere answers for as far as it leads. */
  offsetOf(path: JsonPath, onKey?: boolean): number;
}

/** The parser recurses: deeper documents would end in a stack overflow. No manifest needs as much. */
const MAX_DEPTH = 64;
/** Bounds the memory that a file can ask for: an object or array takes as much as several values. */
const MAX_WEIGHT = 12_000_000;
const CONTAINER_WEIGHT = 8;
/** Bounds the time that one object or array can take, whatever is wrong with each of its members. */
const MAX_MEMBERS = 250_000;

/** Offsets of the members of one object or array, in the order of the text. Arrays have no keys. */
interface Places {
  keys: string[];
  keyOffsets: number[];
  offsets: number[];
}

interface Frame {
  value: unknown[] | Record<string, unknown>;
  places: Places;
  /** Name of the member that comes next, in an object. */
  key: string;
  /** Whether that member is kept. */
  keep: boolean;
}

/** `refuse` is called when the document exceeds a limit, and must throw. */
export function createBuilder(refuse: (offset: number, message: string) => never): Builder {
  const places = new Map<object, Places>();
  const stack: Frame[] = [];
  let root: unknown;
  let rootOffset = 0;
  let weight = 0;

  const weigh = (more: number, offset: number) => {
    weight += more;
    if (weight > MAX_WEIGHT) refuse(offset, "this is too much for a manifest: there are millions of values");
  };
  const add = (value: unknown, offset: number) => {
    weigh(1, offset);
    const frame = stack.at(-1);
    if (frame === undefined) {
      root = value;
      rootOffset = offset;
      return;
    }
    if (frame.places.offsets.length === MAX_MEMBERS) refuse(offset, `this has more than ${MAX_MEMBERS} members`);
    if (!frame.keep) return;
    frame.places.offsets.push(offset);
    if (Array.isArray(frame.value)) frame.value.push(value);
    else frame.value[frame.key] = value;
  };
  const open = (value: Frame["value"], offset: number) => {
    if (stack.length === MAX_DEPTH) refuse(offset, `this is nested deeper than ${MAX_DEPTH} levels`);
    weigh(CONTAINER_WEIGHT, offset);
    add(value, offset);
    const place: Places = Array.isArray(value)
      ? { keys: NONE, keyOffsets: NONE, offsets: [] }
      : { keys: [], keyOffsets: [], offsets: [] };
    places.set(value, place);
    stack.push({ value, places: place, key: "", keep: true });
  };

  return {
    openObject: (offset) => open({}, offset),
    openArray: (offset) => open([], offset),
    close: () => void stack.pop(),
    add,
    name(key, offset) {
      weigh(1, offset);
      const frame = stack.at(-1);
      if (frame === undefined) return undefined;
      const { keys, keyOffsets, offsets } = frame.places;
      if (keys.length > offsets.length) {
        // A syntax error has left the last key without its value.
        keys.pop();
        keyOffsets.pop();
      }
      const isTaken = Object.hasOwn(frame.value, key);
      frame.key = key;
      frame.keep = !isTaken && key !== "__proto__";
      if (frame.keep) {
        keys.push(key);
        keyOffsets.push(offset);
      }
      return isTaken ? keyOffsets[keys.indexOf(key)] : undefined;
    },
    path: () =>
      stack.map(({ value, key }, depth) => {
        // An array on the way holds the member that is open already.
        return Array.isArray(value) ? value.length - (depth < stack.length - 1 ? 1 : 0) : key;
      }),
    root: () => root,
    offsetOf(path, onKey = false) {
      let value: unknown = root;
      let offset = rootOffset;
      for (const [depth, step] of path.entries()) {
        const place = typeof value === "object" && value !== null ? places.get(value) : undefined;
        const index = typeof step === "number" ? step : (place?.keys.indexOf(step) ?? -1);
        const next = onKey && depth === path.length - 1 ? place?.keyOffsets[index] : place?.offsets[index];
        if (next === undefined) break;
        offset = next;
        value = (value as Record<string | number, unknown>)[step];
      }
      return offset;
    },
  };
}

const NONE: never[] = [];
