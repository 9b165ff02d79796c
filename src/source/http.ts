/** Bytes over HTTP: the one door to undici, where redirects, ranges and network faults end. */
import { pipeline } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { Dispatcher } from "undici";
import { AssetsError, redact } from "../errors.js";
import { version } from "../version.js";
import { type Answer, exchange } from "./exchange.js";
import { type Asked, decide } from "./http-answer.js";
import { networkError } from "./network-error.js";
import type { Opened, OpenOptions, Source } from "./source.js";

/** How to reach the network. Every field left out falls back on the environment as Node and undici read it. */
export interface NetworkSettings {
  /** Certificate authorities in PEM, replacing the built-in ones. */
  ca?: string | string[];
  /** Client certificate in PEM. */
  cert?: string;
  /** Key of the client certificate in PEM. */
  key?: string;
  /** URL of the proxy for http, with user and password if it needs them. */
  httpProxy?: string;
  /** URL of the proxy for https, with user and password if it needs them. */
  httpsProxy?: string;
  /** Hosts reached without a proxy, in the form of the NO_PROXY variable. */
  noProxy?: string;
  /** False accepts any certificate. Default true. */
  rejectUnauthorized?: boolean;
  /** Address of this machine to connect from. */
  localAddress?: string;
  /** Default `assets/<version>`. */
  userAgent?: string;
}

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
  /** Ends every connection. */
  close(): Promise<void>;
}

const MAX_REDIRECTS = 10;
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_JSON_BYTES = 128 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;

/** The `http:` and `https:` source. */
export function createHttpSource(client: HttpClient): Source {
  return {
    schemes: ["https", "http"],
    local: false,
    locate: async (url) => ({ url: redact(url), open: (options) => client.open(url, options) }),
  };
}

/** Makes a client; nothing is loaded or opened before its first request. */
export function createHttpClient(settings: NetworkSettings): HttpClient {
  let dispatcher: Promise<Dispatcher> | undefined;
  const connect = () => {
    dispatcher ??= createDispatcher(settings).catch(() => {
      // What undici says of a proxy's address repeats it, password and all.
      throw new AssetsError("USAGE", "The proxy's address is not an http or https URL.", {
        hint: "Write it in full: HTTPS_PROXY=http://host:port",
      });
    });
    return dispatcher;
  };

  async function open(url: string, options: OpenOptions, extras: RequestExtras = {}): Promise<Opened> {
    const shown = redact(url);
    const whole = options.offset === 0 && options.end === undefined;
    let range: Asked["range"] = whole ? "none" : options.validator === undefined ? "plain" : "conditional";
    // Each way of asking for a range is tried at most once: conditional, plain, none.
    for (;;) {
      const asked: Asked = { url: shown, range, ...options };
      const { decision, answer } = await follow(url, asked, options.signal, extras);
      if (decision.do === "ask-again") {
        range = decision.range;
        continue;
      }
      const { decode, empty, do: _, ...opened } = decision;
      if (empty) answer.discard();
      return { ...opened, body: empty ? nothing() : read(answer, decode, shown, options.signal) };
    }
  }

  /** Sends the request and follows redirects, carrying secrets no further than the origin they were meant for. */
  async function follow(url: string, asked: Asked, signal: AbortSignal, extras: RequestExtras) {
    let target = new URL(url);
    let secrets: Record<string, string> = { ...basicAuth(target), ...extras.headers };
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const answer = await send(target, { ...rangeHeaders(asked), ...secrets }, signal, asked.url);
      const decision = decide(answer.status, answer.headers, asked);
      if (decision.do === "read") return { decision, answer };
      answer.discard();
      if (decision.do === "fail") throw decision.error;
      if (decision.do === "ask-again") return { decision, answer };
      const next = redirectTarget(decision.location, target, asked.url);
      if (next.origin !== target.origin) secrets = {};
      target = next;
    }
    throw new AssetsError("BAD_RESPONSE", `${asked.url} redirects more than ${MAX_REDIRECTS} times.`);
  }

  async function send(target: URL, headers: Record<string, string>, signal: AbortSignal, shown: string) {
    const via = await connect();
    const request = {
      origin: target.origin,
      path: `${target.pathname}${target.search}`,
      method: "GET",
      headers: {
        accept: "*/*",
        // Ranges and lengths count coded bytes: any coding would make them useless.
        "accept-encoding": "identity",
        "user-agent": settings.userAgent ?? `assets/${version}`,
        ...headers,
      },
      // Patience is the caller's: these timers do not run while a reader applies back-pressure.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    return exchange(via, request, signal).catch((error) => {
      signal.throwIfAborted();
      throw networkError(error, shown);
    });
  }

  return {
    open,
    async getJson(url, { signal, maxBytes = MAX_JSON_BYTES }, extras) {
      const { body } = await open(url, { offset: 0, signal }, extras);
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of body) {
        size += chunk.length;
        if (size > maxBytes) {
          throw new AssetsError("BAD_RESPONSE", `${redact(url)} answers with more than ${maxBytes} bytes of JSON.`);
        }
        chunks.push(chunk);
      }
      try {
        return JSON.parse(Buffer.concat(chunks).toString("utf8"));
      } catch {
        throw new AssetsError("BAD_RESPONSE", `${redact(url)} answers with something that is not JSON.`);
      }
    },
    async close() {
      await (await dispatcher?.catch(() => undefined))?.destroy();
    },
  };
}

async function createDispatcher(settings: NetworkSettings): Promise<Dispatcher> {
  const { EnvHttpProxyAgent } = await import("undici");
  const { ca, cert, key, rejectUnauthorized, localAddress, httpProxy, httpsProxy, noProxy } = settings;
  const tls = {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  };
  return new EnvHttpProxyAgent({
    ...(httpProxy !== undefined && { httpProxy }),
    ...(httpsProxy !== undefined && { httpsProxy }),
    ...(noProxy !== undefined && { noProxy }),
    connect: { timeout: CONNECT_TIMEOUT_MS, ...(localAddress && { localAddress }), ...tls },
    requestTls: { timeout: CONNECT_TIMEOUT_MS, ...tls },
    proxyTls: { timeout: CONNECT_TIMEOUT_MS, ...(ca && { ca }) },
    // Plain http goes through a proxy as it is: many proxies refuse a tunnel to port 80.
    proxyTunnel: false,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
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
  const pair = `${percentDecoded(url.username)}:${percentDecoded(url.password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
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

const DECODERS = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress };

async function* read(
  answer: Answer,
  decode: keyof typeof DECODERS | undefined,
  shown: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    // The callback takes an error that the reader, having left early, does not wait for.
    yield* decode === undefined ? answer.chunks() : pipeline(answer.chunks, DECODERS[decode](), () => {});
  } catch (error) {
    signal.throwIfAborted();
    throw networkError(error, shown);
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
