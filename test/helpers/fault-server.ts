/** An HTTP server on the loopback that serves files, misbehaves on demand, remembers every request. */
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createNetServer, type Server as NetServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { Certificate } from "./certificate.js";
import { type Body, contentOf } from "./content.js";
import { type Exchange, honest, type Origins, type Resource, type Seen, send, sendText } from "./exchange.js";
import { behaviourOf, type Fault } from "./faults.js";
import { HEALTHY } from "./faults-status.js";

/** A file to serve. */
export interface Serving {
  body: Body;
  /** One fault is there on every request; of a list each is used up by one request, then the server is healthy. */
  fault?: Fault | Fault[];
  /** Bytes a second that each answer is sent with. Default: as fast as the client takes it. */
  pace?: number | undefined;
  /** Default: a strong one made from the path; null for none. */
  etag?: string | null;
  lastModified?: string;
  /** Default: `application/octet-stream`. */
  contentType?: string;
}

/** A running server. It closes by itself when the test ends. */
export interface FaultServer extends Origins {
  /** Every request so far, in order of arrival. */
  readonly requests: Seen[];
  /** Serves a file at `path`, in place of what was there. Its URL. */
  serve(path: string, serving: Serving): string;
  /** The requests for a path, on any origin. */
  to(path: string): Seen[];
  /** Body bytes sent for a path, over all requests. */
  bytesSent(path: string): number;
  /** Connections that are open now, on any origin. */
  openSockets(): number;
  /** Most requests that were under way at one moment. */
  peakRequests(): number;
  /** Resolves as soon as `condition` holds; it is tried again after each thing that happens. Rejects after 15 s. */
  until(condition: () => boolean, what?: string): Promise<void>;
  /** Ends every connection. */
  close(): Promise<void>;
}

interface Served {
  resource: Resource;
  next(): Fault | undefined;
  pace: number | undefined;
  count: number;
}

const PATIENCE_MS = 15_000;

function listen(server: NetServer): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

function shut(server: NetServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

async function freePort(): Promise<number> {
  const server = createNetServer();
  const port = await listen(server);
  await shut(server);
  return port;
}

function served(path: string, { body, fault, pace, etag, lastModified, contentType }: Serving): Served {
  const list = Array.isArray(fault) ? [...fault] : undefined;
  return {
    resource: {
      path,
      content: contentOf(body),
      contentType: contentType ?? "application/octet-stream",
      etag: etag === null ? undefined : (etag ?? `"${path}"`),
      lastModified,
    },
    next: () => (list === undefined ? (fault as Fault | undefined) : list.shift()),
    pace,
    count: 0,
  };
}

/** Starts a server of its own for the running test. With a certificate it listens with TLS as well. */
export async function startFaultServer(options: { tls?: Certificate } = {}): Promise<FaultServer> {
  const files = new Map<string, Served>();
  const requests: Seen[] = [];
  const sockets = new Set<Socket>();
  const perSocket = new WeakMap<Socket, number>();
  const watchers = new Set<() => void>();
  const origins: Origins = { main: "", other: "", tls: undefined, dead: "" };
  let underWay = 0;
  let peak = 0;

  function changed(): void {
    for (const watcher of [...watchers]) watcher();
  }

  function exchangeFor(request: IncomingMessage, response: ServerResponse, origin: string, file: Served): Exchange {
    const { socket, headers, method = "", url: path = "" } = request;
    const seen: Seen = {
      method,
      path,
      origin,
      headers: { ...headers },
      range: headers.range,
      at: Date.now(),
      bytesSent: 0,
      aborted: false,
    };
    requests.push(seen);
    file.count += 1;
    const countOnSocket = (perSocket.get(socket) ?? 0) + 1;
    perSocket.set(socket, countOnSocket);
    const { resource, pace, count } = file;
    return { request, response, socket, resource, pace, count, countOnSocket, origins, seen, changed };
  }

  async function answer(request: IncomingMessage, response: ServerResponse, origin: string): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", origin);
    const spared = pathname.startsWith(`${HEALTHY}/`);
    const path = spared ? pathname.slice(HEALTHY.length) : pathname;
    const file = files.get(path);
    const exchange = exchangeFor(request, response, origin, file ?? served(path, { body: "" }));
    const onClose = () => {
      exchange.seen.aborted = true;
      changed();
    };
    exchange.socket.once("close", onClose);
    peak = Math.max(peak, ++underWay);
    changed();
    const fault = spared ? undefined : file?.next();
    if (file === undefined) await sendText(exchange, 404, "CANARY-RAW-BODY no such file");
    else if (fault === undefined) await send(exchange, honest(exchange));
    else await behaviourOf(fault)(exchange);
    exchange.socket.off("close", onClose);
    underWay -= 1;
    changed();
  }

  async function open(server: Server, scheme: string): Promise<string> {
    server.keepAliveTimeout = 0;
    server.requestTimeout = 0;
    server.headersTimeout = 0;
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        sockets.delete(socket);
        changed();
      });
    });
    const origin = `${scheme}://127.0.0.1:${await listen(server)}`;
    server.on("request", (request, response) => void answer(request, response, origin));
    return origin;
  }

  const servers: Server[] = [createHttpServer(), createHttpServer()];
  onTestFinished(close);
  origins.main = await open(servers[0] as Server, "http");
  origins.other = await open(servers[1] as Server, "http");
  if (options.tls !== undefined) {
    const secure = createHttpsServer(options.tls);
    servers.push(secure);
    origins.tls = await open(secure, "https");
  }
  origins.dead = `http://127.0.0.1:${await freePort()}`;

  const to = (path: string) => requests.filter((seen) => new URL(seen.path, seen.origin).pathname.endsWith(path));

  let closing: Promise<unknown> | undefined;
  async function close(): Promise<void> {
    closing ??= Promise.all(servers.map(shut));
    for (const socket of sockets) socket.destroy();
    await closing;
  }
  return {
    ...origins,
    requests,
    serve(path, serving) {
      const { pathname } = new URL(path, origins.main);
      files.set(pathname, served(pathname, serving));
      return `${origins.main}${path}`;
    },
    to,
    bytesSent: (path) => to(path).reduce((sum, seen) => sum + seen.bytesSent, 0),
    openSockets: () => sockets.size,
    peakRequests: () => peak,
    until(condition, what = String(condition)) {
      if (condition()) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          watchers.delete(watcher);
          reject(new Error(`The server never saw this: ${what}`));
        }, PATIENCE_MS);
        function watcher(): void {
          if (!condition()) return;
          watchers.delete(watcher);
          clearTimeout(timer);
          resolve();
        }
        watchers.add(watcher);
      });
    },
    close,
  };
}
