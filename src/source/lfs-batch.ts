/** What a Git LFS server is asked for, and what it answers, believing none of its shapes: pure (git-lfs, docs/api/batch.md). */
import { AssetsError, hideSecret, isSecretHeader, redact, secretsIn, visibleLine } from "../errors.js";
import type { JsonBody } from "./http.js";

/** An object as pointers name it. */
export interface LfsObject {
  /** SHA-256, 64 lower-case hex digits. */
  readonly oid: string;
  /** Bytes. */
  readonly size: number;
}

/** Where an object can be fetched. */
export interface LfsAction {
  readonly href: URL;
  /** What the request has to carry. */
  readonly headers: Readonly<Record<string, string>>;
  /** By this machine's clock, milliseconds since the epoch; undefined where it is not said. */
  readonly expiresAt: number | undefined;
  /** The request needs no login beside the headers. */
  readonly authenticated: boolean;
}

/** What a server says of one object. */
export type LfsAnswer = LfsAction | { readonly status: number; readonly said: string | undefined };

/** Most objects that are asked for at once, as git-lfs has it. */
export const BATCH_OBJECTS = 100;

const MEDIA_TYPE = "application/vnd.git-lfs+json";
/** Dates before this, in the year 2000, stand for none: a server may write its zero. */
const FIRST_DATE = 946_684_800_000;
/** Headers that say how bytes are transferred, which is not the server's to say. */
const OWN_HEADERS =
  /^(?:host|connection|content-.*|transfer-encoding|te|trailer|upgrade|expect|keep-alive|proxy-.*|range|if-.*|accept-encoding)$/;
const LONGEST_URL = 16_384;

/** The question. `ref`: full name of the branch that is checked out, for servers that give each its own rights. */
export function batchRequest(objects: readonly LfsObject[], ref: string | undefined): JsonBody {
  const wanted = objects.map(({ oid, size }) => ({ oid, size }));
  const value = { operation: "download", transfers: ["basic"], ...(ref && { ref: { name: ref } }), objects: wanted };
  return { mediaType: MEDIA_TYPE, value: { ...value, hash_algo: "sha256" } };
}

/** Reads the answer about objects that were asked for; others are left out. Throws BAD_RESPONSE. */
export function readBatch(answer: unknown, endpoint: URL, now: number): Map<string, LfsAnswer> {
  const bad = (what: string) => new AssetsError("BAD_RESPONSE", `${redact(endpoint.href)} ${what}.`);
  const { transfer = "basic", hash_algo: algorithm = "sha256", objects } = record(answer);
  if (transfer !== "basic")
    throw bad(`wants to transfer by "${visibleLine(String(transfer)).slice(0, 40)}", not "basic"`);
  if (algorithm !== "sha256") throw bad("names its objects by another digest than SHA-256");
  if (!Array.isArray(objects)) throw bad("lists no objects");
  const answers = new Map<string, LfsAnswer>();
  for (const object of objects) {
    const { oid, error, actions } = record(object);
    if (typeof oid !== "string") continue;
    const { download } = record(actions);
    answers.set(
      oid,
      download === undefined
        ? refused(error)
        : (readAction(record(download), object, endpoint, now) ?? { status: 0, said: "its address cannot be used" }),
    );
  }
  return answers;
}

/** An object without an error and without an address is one that the server does not have. */
function refused(error: unknown): LfsAnswer {
  const { code, message } = record(error);
  const status = typeof code === "number" && Number.isInteger(code) && code >= 400 && code < 600 ? code : 404;
  return { status, said: typeof message === "string" ? message : undefined };
}

function readAction(
  action: Record<string, unknown>,
  object: unknown,
  endpoint: URL,
  now: number,
): LfsAction | undefined {
  const { href, header, expires_in: seconds, expires_at: date } = action;
  if (typeof href !== "string" || href.length > LONGEST_URL || !URL.canParse(href)) return undefined;
  const url = new URL(href);
  const isStepDown = endpoint.protocol === "https:" && url.protocol === "http:";
  if (!/^https?:$/.test(url.protocol) || isStepDown) return undefined;
  return {
    href: url,
    headers: readHeaders(record(header)),
    expiresAt: expiry(seconds, date, now),
    authenticated: record(object).authenticated === true,
  };
}

function readHeaders(header: Record<string, unknown>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [key, value] of Object.entries(header)) {
    const name = key.toLowerCase();
    if (typeof value !== "string" || !/^[\x20-\x7e]*$/.test(value)) continue;
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name) || OWN_HEADERS.test(name)) continue;
    headers[name] = value;
    // A login of one request may be echoed by any other.
    if (isSecretHeader(name)) secretsIn(value).filter(looksSecret).forEach(hideSecret);
  }
  return headers;
}

/** What is hidden is missing from all output: a server must not choose plain words for that. */
function looksSecret(word: string): boolean {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/].filter((kind) => kind.test(word)).length;
  return kinds > 1 && /^[\w.~+/=-]{16,}$/.test(word);
}

/** The number of seconds counts more than the date, which is one of the server's clock. */
function expiry(seconds: unknown, date: unknown, now: number): number | undefined {
  if (typeof seconds === "number" && seconds > 0) return now + seconds * 1000;
  const at = typeof date === "string" ? Date.parse(date) : Number.NaN;
  return at >= FIRST_DATE ? at : undefined;
}

/** Any value as an object, of which nothing is known. */
function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
