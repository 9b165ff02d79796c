/** Names a network fault in a user's words, told by the code that Node or undici gave it. */
import { AssetsError } from "../errors.js";

interface Fault {
  says: string;
  /** Whether the same request may succeed in a moment. */
  passing: boolean;
  /** No connection came about. */
  unreachable?: boolean;
  hint?: string;
}

const TLS_HINT =
  "If a company proxy or a private authority signs this host, name its certificate: NODE_EXTRA_CA_CERTS=/path/ca.pem assets ...";

const FAULTS: Readonly<Record<string, Fault>> = {
  ENOTFOUND: {
    says: "the host name is not known",
    passing: false,
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
  ETIMEDOUT: { says: "the connection timed out", passing: true, unreachable: true },
  EHOSTUNREACH: { says: "the host cannot be reached", passing: true, unreachable: true },
  ENETUNREACH: { says: "the network cannot be reached", passing: true, unreachable: true },
  EADDRNOTAVAIL: { says: "no local address is free to connect from", passing: true },
  UND_ERR_CONNECT_TIMEOUT: { says: "the connection timed out", passing: true, unreachable: true },
  UND_ERR_SOCKET: { says: "the connection was closed in the middle", passing: true },
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { says: "fewer or more bytes came than were announced", passing: true },
  UND_ERR_HEADERS_OVERFLOW: { says: "the answer's headers are too large", passing: false },
  UND_ERR_INVALID_ARG: { says: "the request cannot be sent", passing: false },
  UND_ERR_PRX_TLS: { says: "the proxy's certificate is not accepted", passing: false, hint: TLS_HINT },
  Z_DATA_ERROR: { says: "the content coding of the body is damaged", passing: true },
  Z_BUF_ERROR: { says: "the coded body ends too early", passing: true },
  CERT_HAS_EXPIRED: { says: "the server's certificate has expired", passing: false },
  ERR_TLS_CERT_ALTNAME_INVALID: { says: "the server's certificate is for another host", passing: false },
};

/** Turns what Node or undici threw into an AssetsError; `retry` is set when it may pass. */
export function networkError(error: unknown, url: string): AssetsError {
  if (error instanceof AssetsError) return error;
  const code = codeOf(error);
  if (/proxy.*\(407\)/i.test(messagesOf(error))) {
    return new AssetsError("ACCESS", `The proxy on the way to ${url} asks for a login (HTTP 407).`, {
      hint: "Put user and password into the proxy's URL: HTTPS_PROXY=http://user:password@host:port",
      cause: error,
    });
  }
  const fault = FAULTS[code] ?? unknownFault(code, error);
  const hint = fault.hint ?? (fault.unreachable ? "Check the network, and the proxy if there is one." : undefined);
  const at = code === "" ? "" : ` (${code})`;
  return new AssetsError("NETWORK", `${url}: ${fault.says}${at}.`, {
    cause: error,
    ...(fault.passing && { retry: {} }),
    ...(fault.unreachable && { unreachable: true }),
    ...(hint !== undefined && { hint }),
  });
}

function unknownFault(code: string, error: unknown): Fault {
  if (code.startsWith("HPE_")) return { says: "the answer is not valid HTTP", passing: false };
  if (/CERT|SIGNED|SIGNATURE|ISSUER|TLS|SSL/.test(code)) {
    return { says: "the server's certificate is not accepted", passing: false, hint: TLS_HINT };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { says: `the connection failed: ${message}`, passing: true };
}

function messagesOf(error: unknown): string {
  return error instanceof Error ? `${error.message} ${error.cause === undefined ? "" : messagesOf(error.cause)}` : "";
}

/** The first telling code in an error, its causes and the members of an AggregateError (happy eyeballs). */
function codeOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 4) return "";
  // undici's parser gives some of its errors no code.
  const own = (error as NodeJS.ErrnoException).code ?? (error.name === "HTTPParserError" ? "HPE_INVALID" : "");
  const inner = error instanceof AggregateError ? codeOf(error.errors[0], depth + 1) : codeOf(error.cause, depth + 1);
  return own === "" || own === "UND_ERR_SOCKET" ? inner || own : own;
}
