/** A proxy in this process: it hands http on, tunnels the rest, asks for a login or refuses if it is told to. */
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { onTestFinished } from "vitest";
import type { Certificate } from "./certificate.js";

/** How the proxy behaves. */
export interface ProxyOptions {
  /** `user:password` without which it answers 407. */
  login?: string;
  /** Speaks TLS itself. */
  tls?: Certificate;
  /** Answers every request with this status. */
  status?: number;
  /** Port of this machine to which it leads instead of `host:port`. Default: that host and port. */
  lead?: (place: string) => number | undefined;
}

/** A running proxy. It closes by itself when the test ends. */
export interface TestProxy {
  url: string;
  /** Its URL with a user and password in it, as they are to be written. */
  as(login: string): string;
  /** What it was asked for: method and target. */
  asked: string[];
  /** The Authorization of the http requests that it was to hand on. */
  logins: (string | undefined)[];
}

/** Starts a proxy for the running test. */
export async function startProxy({ login, tls, status, lead }: ProxyOptions = {}): Promise<TestProxy> {
  const asked: string[] = [];
  const logins: (string | undefined)[] = [];
  const wanted = login && `Basic ${Buffer.from(login).toString("base64")}`;
  const refusal = ({ headers }: IncomingMessage) => {
    return status ?? (wanted !== undefined && headers["proxy-authorization"] !== wanted ? 407 : undefined);
  };
  const listener: RequestListener = (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    logins.push(request.headers.authorization);
    const refused = refusal(request);
    if (refused !== undefined) {
      const head = refused === 407 ? { "proxy-authenticate": 'Basic realm="test"' } : {};
      return void response.writeHead(refused, head).end("CANARY-PROXY-BODY");
    }
    const { "proxy-authorization": _, ...headers } = request.headers;
    const onward = httpRequest(request.url ?? "", { method: request.method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  const sockets = new Set<{ destroy(): void }>();
  server.on("connect", (request: IncomingMessage, socket, head) => {
    const place = request.url ?? "";
    asked.push(`CONNECT ${place}`);
    sockets.add(socket);
    const refused = refusal(request);
    if (refused !== undefined) return void socket.end(`HTTP/1.1 ${refused} No\r\nContent-Length: 0\r\n\r\n`);
    const [host = "", port] = place.split(":");
    const led = lead?.(place);
    const upstream = connect(led ?? Number(port), led === undefined ? host : "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [socket, upstream]) end.on("error", () => [socket, upstream].map((other) => other.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  const url = `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, as: (text) => url.replace("//", `//${text}@`), asked, logins };
}
