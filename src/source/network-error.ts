/** Names a network fault in a user's words, told by the code that Node or undici gave it. */
import { AssetsError } from "../errors.js";
import { COME_BACK, retryAfter } from "./asked-waits.js";
import { type ProxyRoute, SETTINGS } from "./proxy.js";
import { type Fault, TLS_HINT, tlsFault } from "./tls-fault.js";

/** How a URL is reached. */
export interface Way {
  readonly proxy: ProxyRoute | undefined;
  /** Authorities that the environment names and that cannot be read. */
  readonly unusable: readonly string[];
}

/** Some servers say `100 Continue` unasked, after which undici gives up. */
const NO_ANSWER_FAULT: Fault = { says: "what came is not an answer to what was asked", passing: true };
const NOT_HTTP: Fault = {
  says: "the answer is not one that HTTP allows here",
  passing: { ifServed: true, answered: true },
};

const FAULTS: Readonly<Record<string, Fault>> = {
  ENOTFOUND: {
    says: "the host name is not known",
    // Without a network, some systems say so of every name.
    passing: { ifServed: true },
    unreachable: true,
    hint: "Check the name, the network, and the proxy if there is one.",
  },
  EAI_AGAIN: {
    says: "the host name cannot be looked up now",
    passing: true,
    unreachable: true,
  },
  ECONNREFUSED: { says: "the connection is refused", passing: true, unreachable: true },
  ECONNRESET: { says: "the connection was reset", passing: true },
  EPIPE: { says: "the connection was closed", passing: true },
  ETIMEDOUT: { says: "the connection timed out", passing: { silent: true }, unreachable: true },
  EHOSTUNREACH: { says: "the host cannot be reached", passing: true, unreachable: true },
  ENETUNREACH: { says: "the network cannot be reached", passing: true, unreachable: true },
  EADDRNOTAVAIL: { says: "no local address is free to connect from", passing: true },
  UND_ERR_CONNECT_TIMEOUT: { says: "the connection timed out", passing: { silent: true }, unreachable: true },
  UND_ERR_SOCKET: { says: "the connection was closed in the middle", passing: true },
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { says: "fewer or more bytes came than were announced", passing: true },
  UND_ERR_HEADERS_OVERFLOW: { says: "the answer's headers are too large", passing: false },
  UND_ERR_INVALID_ARG: { says: "the request cannot be sent", passing: false },
  Z_DATA_ERROR: { says: "the content coding of the body is damaged", passing: true },
  Z_BUF_ERROR: { says: "the coded body ends too early", passing: true },
  CERT_HAS_EXPIRED: { says: "the server's certificate has expired", passing: false },
  ERR_TLS_CERT_ALTNAME_INVALID: { says: "the server's certificate is for another host", passing: false },
};

/** How undici says that what came is not the answer to what was asked. */
const NO_ANSWER = /^bad (?:response|upgrade|connect)$/;

const AT_PROXY = Symbol("at the proxy");
const REFUSAL = Symbol("how a tunnel was refused");
const BYTES_READ = Symbol("bytes that came before");

/** An error that came about between here and the proxy. Its code stays with its cause: undici acts on some codes. */
export function atProxy(cause: Error): Error {
  return Object.assign(new Error("The way through the proxy failed.", { cause }), { [AT_PROXY]: true });
}

/** The error of a proxy that opens no tunnel; `wait`: its Retry-After. */
export function tunnelRefused(status: number, wait?: string): Error {
  return Object.assign(new Error("The proxy opens no tunnel."), { [REFUSAL]: { status, wait } });
}

/** Notes with the error of a connection how many bytes had come over it. */
export function broken(cause: Error, bytesRead: number): void {
  Object.assign(cause, { [BYTES_READ]: bytesRead });
}

const BROKEN = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/**
 * Whether a connection broke before a request was answered, over which something had come before: most often it had served
 * another one and was closed meanwhile, so that the request may be sent again at once (RFC 9112 section 9.3.1).
 */
export function isStale(error: unknown): boolean {
  if (!(error instanceof Error) || !BROKEN.has((error as NodeJS.ErrnoException).code ?? "")) return false;
  const { [BYTES_READ]: read, socket } = error as { [BYTES_READ]?: number; socket?: { bytesRead?: number } };
  return (read ?? socket?.bytesRead ?? 0) > 0;
}

function isAtProxy(error: unknown): boolean {
  return error instanceof Error && (AT_PROXY in error || isAtProxy(error.cause));
}

/** Turns what Node or undici threw into an AssetsError; `retry` is set when it may pass. */
export function networkError(error: unknown, url: string, { proxy, unusable = [] }: Partial<Way> = {}): AssetsError {
  if (error instanceof AssetsError) return error;
  if (error instanceof Error && REFUSAL in error) return proxyRefusal(error[REFUSAL] as ProxyRefusal, url, proxy);
  const code = codeOf(error);
  const isNoAnswer = error instanceof Error && NO_ANSWER.test(error.message);
  const fault = isNoAnswer ? NO_ANSWER_FAULT : (FAULTS[code] ?? unknownFault(code, error));
  const via = proxy !== undefined && isAtProxy(error) ? proxy : undefined;
  const hint = hintOf(fault, via, unusable);
  const at = code === "" ? "" : ` (${code})`;
  const says =
    via === undefined ? fault.says : `at the proxy ${via.origin} ${fault.says.replace(/\bserver\b/, "proxy")}`;
  return new AssetsError("NETWORK", `${url}: ${says}${at}.`, {
    cause: error,
    ...(fault.passing && { retry: fault.passing === true ? {} : fault.passing }),
    ...(fault.unreachable && { unreachable: true }),
    ...(hint !== undefined && { hint }),
  });
}

/** How a proxy refused; `wait`: its Retry-After. */
interface ProxyRefusal {
  readonly status: number;
  readonly wait?: string | undefined;
}

/** What a proxy's refusal means, to open a tunnel or to hand a request on. */
export function proxyRefusal({ status, wait }: ProxyRefusal, url: string, proxy: ProxyRoute | undefined): AssetsError {
  const at = proxy === undefined ? "The proxy" : `The proxy ${proxy.origin}`;
  const name = proxy === undefined || proxy.from === SETTINGS ? "HTTPS_PROXY" : proxy.from;
  // A server cannot answer a CONNECT: a 401 to it is the proxy's as well.
  if (status === 407 || status === 401) {
    const says = proxy?.authorization === undefined ? "asks for a login" : `refuses the user and password of ${name}`;
    return new AssetsError("ACCESS", `${at} on the way to ${url} ${says} (HTTP ${status}).`, {
      hint: `${name} takes them between http:// and the host, as user:password@ (in them write / # ? @ : % as %2F %23 %3F %40 %3A %25). Only Basic logins are sent.`,
    });
  }
  if (status >= 500) {
    return new AssetsError("NETWORK", `${at} cannot reach the host of ${url} (HTTP ${status}).`, {
      retry: {},
      unreachable: true,
      hint: "Check the host's name; if it is inside your own network, name it in NO_PROXY.",
    });
  }
  if (COME_BACK.has(status)) {
    const afterMs = retryAfter(wait, Date.now());
    return new AssetsError("NETWORK", `${at} on the way to ${url} cannot answer now (HTTP ${status}).`, {
      retry: { ...(afterMs !== undefined && { afterMs }), ...(status === 429 && { wholeHost: true }) },
    });
  }
  return new AssetsError("ACCESS", `${at} does not let through to ${url} (HTTP ${status}).`, {
    hint: "Ask those who run the proxy; if the host is inside your own network, name it in NO_PROXY.",
  });
}

function hintOf(fault: Fault, via: ProxyRoute | undefined, unusable: readonly string[]): string | undefined {
  if (fault.hint === TLS_HINT && unusable.length > 0) {
    return `${TLS_HINT}. No certificate could be read from ${unusable.join(", ")}.`;
  }
  if (fault.hint === TLS_HINT) return TLS_HINT;
  if (via !== undefined) return `The proxy's address comes from ${via.from}; NO_PROXY names hosts that need no proxy.`;
  return fault.hint ?? (fault.unreachable ? "Check the network, and the proxy if there is one." : undefined);
}

function unknownFault(code: string, error: unknown): Fault {
  if (code.startsWith("HPE_") || code === "ERR_ASSERTION") return NOT_HTTP;
  const message = error instanceof Error ? error.message : String(error);
  return tlsFault(code) ?? { says: `the connection failed: ${message}`, passing: true };
}

/** The first telling code in an error, its causes and the members of an AggregateError (happy eyeballs). */
function codeOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 4) return "";
  // undici's parser gives some of its errors no code.
  const own = (error as NodeJS.ErrnoException).code ?? (error.name === "HTTPParserError" ? "HPE_INVALID" : "");
  const inner = error instanceof AggregateError ? codeOf(error.errors[0], depth + 1) : codeOf(error.cause, depth + 1);
  return own === "" || own === "UND_ERR_SOCKET" ? inner || own : own;
}
