/** A small npm registry on the loopback, that can keep its packages behind a token, lie about them and break off. */
import { createHash } from "node:crypto";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { Certificate } from "./certificate.js";

/** What the registry knows and how it behaves. */
export interface RegistryOptions {
  /** Tarballs by package name and version. */
  packages?: Readonly<Record<string, Readonly<Record<string, Buffer>>>>;
  /** Merged into the `dist` of every version; undefined takes a field away. */
  dist?: Readonly<Record<string, unknown>>;
  /** Answers sent as they are instead of what the registry knows, by package name. */
  answers?: Readonly<Record<string, unknown>>;
  /** Authorization value without which everything is refused with 401. */
  authorization?: string;
  /** Base URL of the tarballs. Default: this registry's own. */
  tarballsAt?: string;
  /** Path below which it serves, with a final slash. Default `/`. */
  base?: string;
  tls?: Certificate;
  /** Breaks the connection of each tarball's first answer after so many bytes of its body. */
  cutAfter?: number;
  /** Called before every answer, which waits for what it returns. */
  before?: () => Promise<void> | void;
}

/** A request as it came. */
interface RegistryRequest {
  path: string;
  headers: IncomingMessage["headers"];
}

/** A running registry. It closes by itself when the test ends. */
export interface Registry {
  /** Base URL with a final slash. */
  readonly url: string;
  readonly requests: RegistryRequest[];
  /** Paths of the requests for tarballs. */
  tarballRequests(): RegistryRequest[];
  close(): Promise<void>;
}

/** Starts a registry for the running test. */
export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const { packages = {}, answers = {}, authorization, base = "/", tls, cutAfter, before } = options;
  const requests: RegistryRequest[] = [];
  const cut = new Set<string>();
  let url = "";

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "/";
    requests.push({ path, headers: request.headers });
    await before?.();
    if (authorization !== undefined && request.headers.authorization !== authorization) {
      sendJson(response, 401, { error: "you are not logged in" });
      return;
    }
    const place = path.startsWith(base) ? decodeURIComponent(path.slice(base.length)) : "";
    const [, name = place, version] = /^(.+)\/-\/[^/]*-(\d+\.\d+\.\d+[^/]*)\.tgz$/.exec(place) ?? [];
    const known = Object.hasOwn(packages, name) ? packages[name] : undefined;
    const tarball = version === undefined ? undefined : known?.[version];
    if (version === undefined && Object.hasOwn(answers, name)) sendJson(response, 200, answers[name]);
    else if (version === undefined && known !== undefined)
      sendJson(response, 200, packument(name, known, url, options));
    else if (tarball === undefined) sendJson(response, 404, { error: "not found" });
    else if (cutAfter === undefined || cut.has(path)) sendBytes(request, response, tarball);
    else {
      cut.add(path);
      response.writeHead(200, { "content-length": tarball.length });
      response.write(tarball.subarray(0, cutAfter), () => response.destroy());
    }
  }

  const listener = (request: IncomingMessage, response: ServerResponse) => void answer(request, response);
  const server = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}${base}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  return { url, requests, tarballRequests: () => requests.filter(({ path }) => path.endsWith(".tgz")), close };
}

/** What a registry says about a package. */
function packument(name: string, versions: Readonly<Record<string, Buffer>>, url: string, options: RegistryOptions) {
  const at = options.tarballsAt ?? url;
  const file = name.slice(name.indexOf("/") + 1);
  const entries = Object.entries(versions).map(([version, tarball]) => {
    const dist = {
      tarball: `${at}${name}/-/${file}-${version}.tgz`,
      integrity: `sha512-${createHash("sha512").update(tarball).digest("base64")}`,
      shasum: createHash("sha1").update(tarball).digest("hex"),
      ...options.dist,
    };
    return [version, { name, version, dist }] as const;
  });
  return { name, "dist-tags": { latest: entries.at(-1)?.[0] }, versions: Object.fromEntries(entries) };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

/** Serves single ranges as a registry does: the total in a 206, and in a 416 past the end. */
function sendBytes(request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? Number.NaN);
  if (Number.isNaN(start)) {
    response.writeHead(200, { "content-length": bytes.length, "content-type": "application/x-gzip" });
    response.end(bytes);
  } else if (start >= bytes.length) {
    response.writeHead(416, { "content-range": `bytes */${bytes.length}` });
    response.end();
  } else {
    const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(206, { "content-length": bytes.length - start, "content-range": range });
    response.end(bytes.subarray(start));
  }
}
