/** The connections of one client: straight, or through the proxy that a URL has. */
import { isIP } from "node:net";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import type { buildConnector, Dispatcher } from "undici";
import { AssetsError } from "../errors.js";
import { gatherAuthorities } from "./authorities.js";
import { atProxy, type Way } from "./network-error.js";
import type { NetworkSettings } from "./network-settings.js";
import { type Environment, type ProxyRoute, proxyFor } from "./proxy.js";

/** Sends requests over connections that it keeps. */
export interface Connections {
  dispatch(request: Dispatcher.DispatchOptions & { origin: string }, handler: Dispatcher.DispatchHandler): boolean;
  /** What a failure on the way to a URL is explained with. */
  way(url: URL): Way;
  /** Ends every connection. */
  destroy(): Promise<void>;
}

const MAX_HEADER_BYTES = 64 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;

/** Loads undici and the authorities; nothing is opened before the first request. Throws USAGE. */
export async function createConnections(settings: NetworkSettings, env: Environment): Promise<Connections> {
  const undici = await import("undici");
  const { cert, key, rejectUnauthorized, localAddress } = settings;
  const { ca, unusable } = await gatherAuthorities(settings, env);
  const local = { timeout: CONNECT_TIMEOUT_MS, ...(localAddress && { localAddress }) };
  // Made once: a list of authorities is long, and would be parsed anew for each connection.
  const secure = ca || cert || key ? { secureContext: secureContext({ ca, cert, key }) } : {};
  const tls = { ...local, ...secure, ...(rejectUnauthorized !== undefined && { rejectUnauthorized }) };
  // A client certificate and the leave to accept any server are meant for servers, not for proxies.
  const proxyTls = { ...local, ...(ca && { secureContext: secureContext({ ca }) }) };
  const direct = new undici.Agent({ connect: tls, maxHeaderSize: MAX_HEADER_BYTES });
  const toProxy = toldApart(undici.buildConnector(proxyTls));
  const forwarding = new undici.Agent({ connect: toProxy, maxHeaderSize: MAX_HEADER_BYTES });
  const tunnels = new Map<string, Dispatcher>();

  const tunnelThrough = ({ origin, authorization }: ProxyRoute) => {
    const known = tunnels.get(origin);
    if (known !== undefined) return known;
    const made = new undici.ProxyAgent({
      uri: origin,
      ...(authorization && { token: authorization }),
      requestTls: tls,
      clientFactory: (at) => new undici.Pool(at, { connect: toProxy }),
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    tunnels.set(origin, made);
    return made;
  };

  return {
    dispatch(request, handler) {
      const proxy = proxyFor(new URL(request.origin), settings, env);
      if (proxy === undefined) return direct.dispatch(request, handler);
      if (request.origin.startsWith("https:")) return tunnelThrough(proxy).dispatch(request, handler);
      return forwarding.dispatch(forwarded(request, proxy), handler);
    },
    way: (url) => ({ proxy: proxyFor(url, settings, env), unusable }),
    async destroy() {
      await Promise.all([direct, forwarding, ...tunnels.values()].map((each) => each.destroy()));
    },
  };
}

function secureContext(options: SecureContextOptions): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    throw new AssetsError("USAGE", `The certificates or the key to use cannot be read (${(error as Error).message}).`);
  }
}

/** Plain http is handed to a proxy as it is (RFC 9112 section 3.2.2): many refuse a tunnel to port 80. */
function forwarded(
  request: Dispatcher.DispatchOptions & { origin: string },
  { origin, hostname, authorization }: ProxyRoute,
) {
  const headers = {
    ...(request.headers as Record<string, string>),
    host: new URL(request.origin).host,
    ...(authorization && { "proxy-authorization": authorization }),
  };
  // The name in the Host header is the server's; the name in the proxy's certificate is another.
  return { ...request, origin, path: `${request.origin}${request.path}`, headers, servername: hostname };
}

/** Marks the faults of the way to the proxy, as against those of what lies behind it. */
function toldApart(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    const { servername, ...rest } = options;
    // TLS names hosts, never addresses (RFC 6066 section 3).
    const named = servername && isIP(servername.replace(/^\[|\]$/g, "")) === 0 ? { ...rest, servername } : rest;
    connect(named, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(atProxy(error), null);
    });
  };
}
