/** Hosts of the wide world, played on the loopback: one TLS server under many names, behind a proxy that leads to it. */
import type { IncomingHttpHeaders } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { makeChain } from "./certificate.js";
import { startProxy } from "./proxy.js";

const NAMES = ["huggingface.co", "hf.co", "cdn.example", "mirror.example", "files.example"];
const GITHUB = ["github.com", "api.github.com", "raw.githubusercontent.com", "objects.githubusercontent.com"];

/** Undefined where openssl is missing. */
export const chain = makeChain([...NAMES, ...GITHUB]);

/** A request as it came. */
export interface FarRequest {
  /** Host and path. */
  at: string;
  headers: IncomingHttpHeaders;
}

/** An answer to a request. */
export interface FarAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: Buffer | string;
}

/** The hosts under way. */
export interface FarHosts {
  /** What a program needs to reach them: a proxy and the authority. */
  proxy: string;
  requests: FarRequest[];
  /** What was sent as Authorization, by host and path, in order. */
  logins(): [at: string, authorization: string | undefined][];
}

/** Starts the hosts for the running test; each request is answered as `answer` says. `login`: what the proxy asks for. */
export async function startFarHosts(answer: (request: FarRequest) => FarAnswer, login?: string): Promise<FarHosts> {
  const requests: FarRequest[] = [];
  const server = createServer(chain ?? {}, ({ url, headers }, response) => {
    const request = { at: `${headers.host}${url}`, headers };
    requests.push(request);
    const { status = 200, headers: more = {}, body = "" } = answer(request);
    response.writeHead(status, { "content-length": Buffer.byteLength(body), ...more }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const proxy = await startProxy({ lead: () => port, ...(login && { login }) });
  return {
    proxy: login === undefined ? proxy.url : proxy.as(login),
    requests,
    logins: () => requests.map(({ at, headers }) => [at, headers.authorization]),
  };
}
