/** The connections of one client: straight, or through the proxy that a URL has. */
import { createRequire } from "node:module";
import { isIP } from "node:net";
import type { SecureContextOptions } from "node:tls";
import type { buildConnector, Dispatcher } from "undici";
import { AssetsError } from "../errors.js";
import { createMemoryPool, type MemoryPool } from "../memory-pool.js";
import { type ClientPool, createClientPool, type Hearer } from "./client-pool.js";
import { single } from "./headers.js";
import { atProxy, broken, tunnelRefused, type Way } from "./network-error.js";
import type { NetworkSettings } from "./network-settings.js";
import { leaveParserPlain } from "./parser-budget.js";
import { type Environment, type ProxyRoute, proxyFor } from "./proxy.js";
import { createReadBuffer, type ReadBuffer } from "./read-buffer.js";

type Request = Dispatcher.DispatchOptions & { origin: string };
type Connector = buildConnector.connector;

/** Sends requests over connections that it keeps. */
export interface Connections {
  /** What bodies gather in. */
  readonly memory: MemoryPool;
  /** Are to be told of bodies and their readers; see {@link ReadBuffer}. */
  readonly inBody: ReadBuffer["inBody"];
  readonly rests: ReadBuffer["rests"];
  /** `reset`: over a connection of its own, rather than one that may have been closed while nobody used it. */
  dispatch(request: Request, hearer: Hearer): void;
  /** What a failure on the way to a URL is explained with. */
  way(url: URL): Way;
  /** Ends every connection. */
  destroy(): Promise<void>;
}

/** Those whose connections serve again, and those whose do not. */
type Pools = Record<"kept" | "reset", ClientPool>;

const MAX_HEADER_BYTES = 64 * 1024;
/** As many bytes of a body are worth the way to a reader, and a call to the system. */
const PIECE_BYTES = 256 * 1024;
const MOST_PIECES = 32;
const CONNECT_TIMEOUT_MS = 10_000;
/** A server that serves a few connections at a time lets others wait until one of them is closed. */
const IDLE_MS = 300;
/** A proxy answers when it has reached the server, or given up. */
const TUNNEL_TIMEOUT_MS = 60_000;

/**
 * Loads undici; nothing is opened before the first request, and no authority read before the first that needs TLS.
 * `isBrief`: little will come.
 */
export async function createConnections(
  settings: NetworkSettings,
  env: Environment,
  isBrief: boolean,
): Promise<Connections> {
  const { Client, Pool, buildConnector, connect } = await loadUndici();
  if (isBrief) leaveParserPlain();
  const { localAddress } = settings;
  const { onread, inBody, rests } = createReadBuffer();
  const local = { timeout: CONNECT_TIMEOUT_MS, onread, ...(localAddress && { localAddress }) };
  const plain = buildConnector(local);
  let unusable: readonly string[] = [];

  async function loadSecure(): Promise<Record<"servers" | "proxies", Connector>> {
    const { gatherAuthorities } = await import("./authorities.js");
    const { cert, key, rejectUnauthorized } = settings;
    const gathered = await gatherAuthorities(settings, env);
    unusable = gathered.unusable;
    const common = await secureOptions({ ca: gathered.ca });
    const own = cert || key ? await secureOptions({ ca: gathered.ca, cert, key }) : common;
    const lenient = rejectUnauthorized === undefined ? {} : { rejectUnauthorized };
    // A client certificate and the leave to accept any server are meant for servers, not for proxies.
    return {
      servers: buildConnector({ ...local, ...own, ...lenient }),
      proxies: buildConnector({ ...local, ...common }),
    };
  }
  let secure: ReturnType<typeof loadSecure> | undefined;
  const connectorTo = (whom: "servers" | "proxies"): Connector => {
    return (options, callback) => {
      if (options.protocol !== "https:") return plain(options, callback);
      secure ??= loadSecure();
      secure.then(
        (connectors) => connectors[whom](options, callback),
        (error) => callback(error, null),
      );
    };
  };

  const pools = (connect: Connector): Pools => {
    const idle = { keepAliveTimeout: IDLE_MS, keepAliveMaxTimeout: IDLE_MS };
    const options = { connect: letGo(connect), maxHeaderSize: MAX_HEADER_BYTES, ...idle };
    const open = (origin: string) => new Client(origin, options);
    return { kept: createClientPool(open), reset: createClientPool(open) };
  };
  const toServer = connectorTo("servers");
  const toProxy = toldApart(connectorTo("proxies"));
  const direct = pools(toServer);
  const forwarding = pools(toProxy);
  const tunnels = new Map<string, Pools>();
  /** By origin: to look through the environment takes longer than to send a request. */
  const proxies = new Map<string, ProxyRoute | undefined>();
  const doors: Dispatcher[] = [];

  /** Connections to servers by CONNECT (RFC 9110 section 9.3.6); the proxy sees nothing but their names. */
  const tunnelThrough = ({ origin, authorization }: ProxyRoute) => {
    const known = tunnels.get(origin);
    if (known !== undefined) return known;
    const door = new Pool(origin, { connect: letGo(toProxy), headersTimeout: TUNNEL_TIMEOUT_MS });
    const toServerBehind: Connector = (options, callback) => {
      const place = options.port ? `${options.host}` : `${options.host}:443`;
      const headers = { host: place, ...(authorization && { "proxy-authorization": authorization }) };
      connect.call(door, { path: place, headers }).then(
        ({ statusCode, socket, headers: answered }) => {
          if (statusCode >= 200 && statusCode < 300) {
            return toServer({ ...options, httpSocket: socket as buildConnector.Options["httpSocket"] }, callback);
          }
          socket.on("error", () => {}).destroy();
          callback(tunnelRefused(statusCode, single(answered["retry-after"])), null);
        },
        // By its code undici would take it for one of a connection that came about, and try again for ever.
        (error) => callback(error instanceof AssetsError ? error : atProxy(error), null),
      );
    };
    const behind = pools(toServerBehind);
    tunnels.set(origin, behind);
    doors.push(door);
    return behind;
  };

  const proxyTo = (origin: string) => {
    if (!proxies.has(origin)) proxies.set(origin, proxyFor(new URL(origin), settings, env));
    return proxies.get(origin);
  };

  return {
    memory: createMemoryPool(PIECE_BYTES, MOST_PIECES),
    inBody,
    rests,
    dispatch(request, hearer) {
      const proxy = proxyTo(request.origin);
      const by = request.reset ? "reset" : "kept";
      if (proxy === undefined) return direct[by].dispatch(request, hearer);
      if (request.origin.startsWith("https:")) return tunnelThrough(proxy)[by].dispatch(request, hearer);
      return forwarding[by].dispatch(forwarded(request, proxy), hearer);
    },
    way: ({ origin }) => ({ proxy: proxyTo(origin), unusable }),
    async destroy() {
      const all = [direct, forwarding, ...tunnels.values()].flatMap(({ kept, reset }) => [kept, reset]);
      await Promise.all([...all, ...doors].map((each) => each.destroy()));
    },
  };
}

/** What serves here of undici. */
type Parts = Pick<typeof import("undici"), "Client" | "Pool" | "buildConnector"> & {
  connect: (this: Dispatcher, options: Omit<Dispatcher.ConnectOptions, "origin">) => Promise<Dispatcher.ConnectData>;
};

/** All of undici, with its `fetch` and its web sockets, would take three times as long to load as these parts. */
async function loadUndici(): Promise<Parts> {
  const require = createRequire(import.meta.url);
  try {
    return {
      Client: require("undici/lib/dispatcher/client.js"),
      Pool: require("undici/lib/dispatcher/pool.js"),
      buildConnector: require("undici/lib/core/connect.js"),
      connect: require("undici/lib/api/api-connect.js"),
    };
  } catch {
    // Files may move between versions; what the package exports stays.
    const { Client, Pool, buildConnector } = await import("undici");
    return { Client, Pool, buildConnector, connect: Pool.prototype.connect };
  }
}

/** Made once: a list of authorities is long, and would be parsed anew for each connection. */
async function secureOptions({ ca, cert, key }: Pick<SecureContextOptions, "ca" | "cert" | "key">) {
  if (!ca && !cert && !key) return {};
  const { createSecureContext } = await import("node:tls");
  try {
    return { secureContext: createSecureContext({ ca, cert, key }) };
  } catch (error) {
    throw new AssetsError("USAGE", `The certificates or the key to use cannot be read (${(error as Error).message}).`);
  }
}

/** Plain http is handed to a proxy as it is (RFC 9112 section 3.2.2): many refuse a tunnel to port 80. */
function forwarded(request: Request, { origin, hostname, authorization }: ProxyRoute) {
  const headers = {
    ...(request.headers as Record<string, string>),
    host: new URL(request.origin).host,
    ...(authorization && { "proxy-authorization": authorization }),
  };
  // The name in the Host header is the server's; the name in the proxy's certificate is another.
  return { ...request, origin, path: `${request.origin}${request.path}`, headers, servername: hostname };
}

/** Lets go of a connection at its first error, which undici would wait for: after one of TLS nothing else may come. */
function letGo(connect: Connector): Connector {
  return (options, callback) => {
    connect(options, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      socket.on("error", (cause) => {
        broken(cause, socket.bytesRead);
        socket.destroy();
      });
      callback(null, socket);
    });
  };
}

/** Marks the faults of the way to the proxy, as against those of what lies behind it, and names it to nobody but itself. */
function toldApart(connect: Connector): Connector {
  return ({ servername: _, ...options }, callback) => {
    // TLS names hosts, never addresses (RFC 6066 section 3).
    const named =
      isIP(options.hostname.replace(/^\[|\]$/g, "")) > 0 ? options : { ...options, servername: options.hostname };
    connect(named, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(error instanceof AssetsError ? error : atProxy(error), null);
    });
  };
}
