/** Says in plain words what a failed check of the schema means. */
import { type Finding, type JsonPath, MAX_ISSUES } from "./issues.js";
import { nearest } from "./suggest.js";

/** The parts of a schema issue that are read here. */
interface SchemaIssue {
  readonly code?: string;
  readonly path: PropertyKey[];
  readonly message: string;
  readonly expected?: unknown;
  readonly keys?: string[];
  readonly errors?: SchemaIssue[][];
  readonly params?: Record<string, unknown> | undefined;
}

/** What was examined. */
interface Examined {
  value: unknown;
  /** Leads to `value`. */
  path: JsonPath;
  /** Keys that may stand in `value`, and in the files below it. */
  known: { here: readonly string[]; below: readonly string[] };
}

/** What to write for a key whose value is missing or of the wrong kind. */
const EXAMPLES: Readonly<Record<string, string>> = {
  version: 'Write "version": 1.',
  assets: 'Write "assets": [ … ], an array with one object for each asset.',
  id: 'Write "id": "my-model", a name of your own for this asset.',
  path: 'Write "path": "<name of the file>".',
  url: 'Write "url": "https://<host>/<path>".',
  fallbackUrls: 'Write "fallbackUrls": ["https://<host>/<path>"].',
  size: "Write the number of bytes, without quotes.",
  size_mb: "Write the number of megabytes, without quotes.",
  pinnedAs: "Leave the key out: assets add and assets lock write it.",
  tags: 'Write "tags": ["<word>"].',
  required: "Write true or false, without quotes.",
  metadata: 'Write "metadata": { … }.',
  files: 'Write "files": [ { "path": "<name>", "url": "https://…" } ].',
};

/** Keys of other formats whose name is too far from ours to be guessed by spelling. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  hash: ["sha256"],
  digest: ["sha256"],
  sha: ["sha256"],
  bytes: ["size"],
  length: ["size"],
  mirrors: ["fallbackUrls"],
  fallbacks: ["fallbackUrls"],
  href: ["url"],
  uri: ["url"],
  source: ["url"],
  filename: ["localPath", "path"],
  file: ["localPath", "path"],
  target: ["localPath", "path"],
  output: ["localPath", "path"],
  folder: ["path"],
  directory: ["path"],
  kind: ["type"],
  title: ["name"],
  models: ["assets"],
  datasets: ["assets"],
};

const KINDS: Readonly<Record<string, string>> = {
  string: "a text in double quotes",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "an array",
  object: "an object",
  record: "an object",
};

/** The findings that one issue stands for. */
export function explainIssue(issue: SchemaIssue, examined: Examined): Finding[] {
  const local = issue.path as (string | number)[];
  const path = [...examined.path, ...local];
  const found = valueAt(examined.value, local);
  if (issue.code === "invalid_union") return explainUnion(issue, examined, found);
  if (issue.code === "unrecognized_keys") {
    const known = local.length === 0 ? examined.known.here : examined.known.below;
    return (issue.keys ?? []).slice(0, MAX_ISSUES).map((key) => explainKey(key, path, known));
  }
  const suggestion = issue.params?.suggestion;
  if (issue.code === "custom") {
    return [{ path, found, message: issue.message, ...(typeof suggestion === "string" ? { suggestion } : {}) }];
  }
  return [explainValue(issue, path, found)];
}

function explainValue(issue: SchemaIssue, path: JsonPath, found: unknown): Finding {
  const key = path.at(-1);
  const example = typeof key === "string" && Object.hasOwn(EXAMPLES, key) ? EXAMPLES[key] : undefined;
  const advice = example === undefined ? {} : { suggestion: example };
  if (found === undefined) return { path, message: "this is missing", ...advice };
  if (found === null) {
    return { path, found, message: "null is no value", suggestion: "Leave the key out, or fill it in." };
  }
  if (path.length === 1 && key === "version") return explainVersion(path, found);
  if (typeof found === "number" && issue.expected === "string") {
    return { path, found, message: "this must be a text", suggestion: `Write "${found}", in quotes.` };
  }
  if (issue.code === "too_small" && Array.isArray(found)) {
    return { path, found, message: "there must be at least one", ...advice };
  }
  if (key === "size") {
    const message = "a size is a whole number of bytes, from 0 to 9007199254740991";
    const digits =
      typeof found === "string" && /^\d+$/.test(found) ? { suggestion: `Write ${found}, without quotes.` } : {};
    return { path, found, message, ...advice, ...digits };
  }
  if (key === "pinnedAs") return { path, found, message: 'this is "declared" or "measured"', ...advice };
  if (key === "size_mb") return { path, found, message: "this must be a number greater than 0", ...advice };
  const kind = KINDS[String(issue.expected)] ?? "something else";
  return { path, found, message: `this must be ${kind}`, ...advice };
}

function explainVersion(path: JsonPath, found: unknown): Finding {
  if (typeof found === "number" && found > 1) {
    return { path, found, message: "the manifest was made for a newer assets", suggestion: "Update assets." };
  }
  return { path, found, message: "the format has only one version", suggestion: 'Write "version": 1, without quotes.' };
}

function explainKey(key: string, path: JsonPath, known: readonly string[]): Finding {
  const word = key.toLowerCase();
  const aliases = Object.hasOwn(ALIASES, word) ? ALIASES[word] : undefined;
  const stranger = known.includes("metadata")
    ? 'Put it under "metadata", or begin it with "x-".'
    : 'Begin it with "x-".';
  const meant = aliases?.find((alias) => known.includes(alias)) ?? nearest(key, known);
  return {
    path: [...path, key],
    onKey: true,
    message: "there is no such key",
    suggestion: meant === undefined ? stranger : `Write "${meant}", or begin it with "x-" if it is yours.`,
  };
}

/** `files` is the only union: the kind of value that stands there tells which of the two forms was meant. */
function explainUnion(issue: SchemaIssue, examined: Examined, found: unknown): Finding[] {
  const branch = Array.isArray(found) ? 0 : typeof found === "object" && found !== null ? 1 : undefined;
  const inner = branch === undefined ? undefined : issue.errors?.[branch];
  if (inner === undefined) {
    return [explainValue({ ...issue, expected: "array" }, [...examined.path, ...(issue.path as string[])], found)];
  }
  return inner.flatMap((one) => explainIssue({ ...one, path: [...issue.path, ...one.path] }, examined));
}

function valueAt(value: unknown, path: JsonPath): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string | number, unknown>)[key];
  }
  return at;
}
