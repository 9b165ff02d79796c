/** Bytes over HTTP: where redirects, ranges and network faults end. */
import { AssetsError, redact } from "../errors.js";
import { environment } from "../this-process.js";
import { version } from "../version.js";
import { bodyOf, nothing } from "./body.js";
import type { Connections } from "./connections.js";
import { type Answer, exchange } from "./exchange.js";
import { gather } from "./gather.js";
import { type Headers, single } from "./headers.js";
import { type Asked, decide, refusalOf } from "./http-answer.js";
import { isStale, networkError, proxyRefusal } from "./network-error.js";
import type { NetworkSettings } from "./network-settings.js";
import { basic, type Environment, type ProxyRoute, percentDecoded } from "./proxy.js";
import type { Opened, OpenOptions } from "./source.js";

/** Additions to one request. */
export interface RequestExtras {
  /** Sent to the origin of the URL only: dropped for good when a redirect leaves it. */
  headers?: Record<string, string>;
}

/** An HTTP client with its own connections and settings. */
export interface HttpClient {
  /** GET from an offset. Throws an AssetsError. */
  open(url: string, options: OpenOptions, extras?: RequestExtras): Promise<Opened>;
  /** GET of a JSON document of at most `maxBytes` (default 128 MiB). Throws an AssetsError. */
  getJson(url: string, options: { signal: AbortSignal; maxBytes?: number }, extras?: RequestExtras): Promise<unknown>;
  /** POST of a JSON document, answered by one of at most 128 MiB. Throws an AssetsError. */
  postJson(url: string, body: JsonBody, options: { signal: AbortSignal }, extras?: RequestExtras): Promise<unknown>;
  /** Asks what there is to know of a URL: for answers of which the head matters. Throws an AssetsError. */
  ask(url: string, question: Question, extras?: RequestExtras): Promise<Told>;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** A document to send. */
export interface JsonBody {
  readonly value: object;
  /** Media type of the document, and of the answer that is asked for. */
  readonly mediaType: string;
}

/** What is asked, and how much of an answer is read. */
export interface Question {
  readonly method: "GET" | "HEAD" | "POST";
  /** Of a POST. */
  readonly post?: JsonBody | undefined;
  /** Longest body, in bytes. Default 128 MiB. */
  readonly maxBytes?: number;
  /** A redirect away from it is the answer: what is said beside it is what counts. Default: all are followed. */
  readonly stays?: "origin" | "url";
  readonly signal: AbortSignal;
}

/** A whole answer, other than a refusal. */
export interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** Where it came from, after all redirects, or where those lead that were not followed. */
  readonly url: string;
}

const MAX_REDIRECTS = 10;
const MAX_JSON_BYTES = 128 * 1024 * 1024;
/** An explanation that is longer is none. */
const MAX_SAID_BYTES = 64 * 1024;

/** Makes a client; nothing is loaded or opened before its first request. `isBrief`: little will come of it. Default true. */
export function createHttpClient(
  settings: NetworkSettings,
  env: Environment = environment,
  isBrief = true,
): HttpClient {
  let connections: Connections | undefined;
  let connecting: Promise<Connections> | undefined;
  const connect = async () => {
    connecting ??= import("./connections.js").then(({ createConnections }) =>
      createConnections(settings, env, isBrief),
    );
    connections = await connecting;
    return connections;
  };

  async function open(url: string, options: OpenOptions, extras: RequestExtras = {}): Promise<Opened> {
    const shown = redact(url);
    const { offset, end, expectedSize, validator, signal } = options;
    const whole = offset === 0 && end === undefined;
    let range: Asked["range"] = whole ? "none" : validator === undefined ? "plain" : "conditional";
    // Each way of asking for a range is tried at most once: conditional, plain, none.
    for (;;) {
      const asked: Asked = { url: shown, range, offset, end, expectedSize, validator };
      const { decision, answer } = await follow(url, asked, signal, extras);
      if (decision.do === "redirect") throw new Error("A redirect was not followed.");
      if (decision.do === "ask-again") {
        range = decision.range;
        continue;
      }
      if (decision.empty) answer.discard();
      return {
        body: decision.empty ? nothing() : bodyOf(answer, decision.decode, shown, signal),
        offset: decision.offset,
        end: decision.end,
        totalSize: decision.totalSize,
        validator: decision.validator,
        mediaType: decision.mediaType,
        pauseMs: decision.pauseMs,
      };
    }
  }

  /** Sends the request and follows redirects, carrying secrets no further than the origin they were meant for. */
  async function follow(url: string, asked: Asked, signal: AbortSignal, extras: RequestExtras, way: Way = {}) {
    const { post, stays } = way;
    let target = new URL(url);
    let secrets = Object.assign(basicAuth(target), extras.headers);
    let asking = asked;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const answer = await send(target, Object.assign(rangeHeaders(asked), secrets), signal, asked.url, way);
      const decision = decide(answer.status, answer.headers, asking);
      if (decision.do === "read") return { decision, answer, url: target.href };
      if (decision.do === "fail" && post !== undefined) throw await withSaid(decision.error, answer);
      if (decision.do === "redirect" && stays && leaves(decision.location, target, stays)) {
        return { decision, answer, url: new URL(decision.location, target).href };
      }
      answer.discard();
      if (decision.do === "fail") throw decision.error;
      if (decision.do === "ask-again") return { decision, answer, url: target.href };
      const next = redirectTarget(decision.location, target, asked.url);
      if (next.origin !== target.origin) {
        secrets = {};
        asking = { ...asked, elsewhere: true };
      }
      target = next;
    }
    throw new AssetsError("BAD_RESPONSE", `${asked.url} redirects more than ${MAX_REDIRECTS} times.`);
  }

  async function send(
    target: URL,
    headers: Record<string, string>,
    signal: AbortSignal,
    shown: string,
    { method, post }: Way,
  ) {
    const via = connections ?? (await connect());
    const own: Record<string, string> = {
      accept: post?.mediaType ?? "*/*",
      // Ranges and lengths count coded bytes: any coding would make them useless.
      "accept-encoding": "identity",
      "user-agent": settings.userAgent ?? `assets/${version}`,
    };
    if (post !== undefined) own["content-type"] = post.mediaType;
    const request = {
      origin: target.origin,
      path: `${target.pathname}${target.search}`,
      method: method ?? (post === undefined ? "GET" : "POST"),
      body: post && JSON.stringify(post.value),
      headers: Object.assign(own, headers),
      // Patience is the caller's: these timers do not run while a reader applies back-pressure.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    const faultOf = (error: unknown) => (signal.aborted ? signal.reason : networkError(error, shown, via.way(target)));
    let answer: Answer;
    try {
      answer = await exchange(via, request, signal);
    } catch (error) {
      if (signal.aborted || post !== undefined || !isStale(error)) throw faultOf(error);
      answer = await exchange(via, { ...request, reset: true }, signal).catch((again) => {
        throw faultOf(again);
      });
    }
    const { proxy } = via.way(target);
    const status = proxyStatus(answer, proxy);
    if (status === undefined) return answer;
    answer.discard();
    throw proxyRefusal({ status, wait: single(answer.headers["retry-after"]) }, shown, proxy);
  }

  return {
    open,
    async getJson(url, { signal, maxBytes = MAX_JSON_BYTES }, extras) {
      const { body } = await open(url, { offset: 0, signal }, extras);
      return parseJson(await gatherFrom(body, url, maxBytes), url);
    },
    async postJson(url, post, { signal }, extras = {}) {
      const asked: Asked = { url: redact(url), range: "none", offset: 0 };
      const { decision, answer } = await follow(url, asked, signal, extras, { post });
      const decode = decision.do === "read" ? decision.decode : undefined;
      return parseJson(await gatherFrom(bodyOf(answer, decode, asked.url, signal), url, MAX_JSON_BYTES), url);
    },
    async ask(url, { signal, maxBytes = MAX_JSON_BYTES, ...way }, extras = {}) {
      const asked: Asked = { url: redact(url), range: "none", offset: 0 };
      const { decision, answer, url: end } = await follow(url, asked, signal, extras, way);
      const { status, headers } = answer;
      if (decision.do === "read" && way.method !== "HEAD") {
        const bytes = await gatherFrom(bodyOf(answer, decision.decode, asked.url, signal), url, maxBytes);
        return { status, headers, bytes, url: end };
      }
      answer.discard();
      return { status, headers, bytes: new Uint8Array(), url: end };
    },
    async close() {
      await (await connecting?.catch(() => undefined))?.destroy();
    },
  };
}

/** What is particular about a request. */
type Way = Partial<Pick<Question, "method" | "post" | "stays">>;

/** Whether a redirect leads away from what is not to be left. */
function leaves(location: string, { href, origin }: URL, what: NonNullable<Question["stays"]>): boolean {
  return URL.canParse(location, href) && (what === "url" || new URL(location, href).origin !== origin);
}

/** All of a body. Throws BAD_RESPONSE when it is too long. */
function gatherFrom(body: AsyncIterable<Uint8Array>, url: string, maxBytes: number): Promise<Buffer> {
  const message = () => `${redact(url)} answers with more than ${maxBytes} bytes.`;
  return gather(body, maxBytes, () => new AssetsError("BAD_RESPONSE", message()));
}

function parseJson(bytes: Buffer, url: string): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new AssetsError("BAD_RESPONSE", `${redact(url)} answers with something that is not JSON.`);
  }
}

/** The error, its cause with the `message` of the JSON that came with the status. */
async function withSaid(error: AssetsError, answer: Answer): Promise<AssetsError> {
  const refusal = refusalOf(error);
  if (refusal === undefined) answer.discard();
  else {
    const parsed = await gatherFrom(answer.chunks(), "", MAX_SAID_BYTES)
      .then((bytes) => parseJson(bytes, "") as { message?: unknown } | null)
      .catch(() => undefined);
    if (typeof parsed?.message === "string") refusal.said = parsed.message;
  }
  return error;
}

/** The status of an answer that a proxy gives for itself. Squid says so; tinyproxy says 401 to a wrong login. */
function proxyStatus({ status, headers }: Answer, proxy: ProxyRoute | undefined): number | undefined {
  if (status === 407) return status;
  const isOwn = headers["x-squid-error"] !== undefined || (status === 401 && /^tinyproxy\b/i.test(`${headers.server}`));
  return proxy !== undefined && status >= 400 && isOwn ? status : undefined;
}

function rangeHeaders(asked: Asked): Record<string, string> {
  if (asked.range === "none") return {};
  const range = { range: `bytes=${asked.offset}-${asked.end === undefined ? "" : asked.end - 1}` };
  // Several servers answer 200 as soon as any If-* header stands beside Range: none is sent unless it is needed.
  return asked.range === "conditional" ? { ...range, "if-range": asked.validator ?? "" } : range;
}

/** User info of a URL becomes a header, which stays with the origin, and never a part of the request line. */
function basicAuth(url: URL): Record<string, string> {
  if (url.username === "" && url.password === "") return {};
  return { authorization: basic(percentDecoded(url.username), percentDecoded(url.password)) };
}

function redirectTarget(location: string, from: URL, shown: string): URL {
  if (!URL.canParse(location, from.href)) {
    throw new AssetsError("BAD_RESPONSE", `${shown} redirects to something that is not a URL.`);
  }
  const target = new URL(location, from);
  if (target.protocol !== "https:" && target.protocol !== "http:") {
    throw new AssetsError("BAD_RESPONSE", `${shown} redirects to a ${target.protocol} address, which is not followed.`);
  }
  if (from.protocol === "https:" && target.protocol === "http:") {
    throw new AssetsError("BAD_RESPONSE", `${shown} redirects from https to http, which is not followed.`);
  }
  return target;
}
