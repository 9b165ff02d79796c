/** A Git LFS server on the loopback: the batch API of git-lfs and the objects, refusing and expiring on demand. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { type Body, bytesOf } from "./content.js";

/** One request for many objects. */
export interface Batch {
  objects: { oid: string; size: number }[];
  authorization: string | undefined;
  headers: IncomingMessage["headers"];
  path: string;
  body: Record<string, unknown>;
}

/** How the server behaves; all of it may change while it runs. */
export interface LfsBehaviour {
  /** What an Authorization header must be; undefined for none. */
  login?: string;
  /** Answers a batch with this status and message. */
  refuse?: (batch: Batch) => { status: number; message?: string; headers?: Record<string, string> } | undefined;
  /** What stands beside `href` in an object's address. */
  action?: object;
  /** Replaces the whole entry of an object. */
  entry?: (oid: string) => object | undefined;
  /** Answers the download of an object with a status. */
  refuseObject?: (oid: string, headers: IncomingMessage["headers"]) => number | undefined;
  /** How many bytes of an answer are sent before it is held for ever. */
  holdAfter?: () => number;
  /** Most objects of a batch: more are answered with 413. */
  most?: number;
}

/** A running server. It closes by itself when the test ends. */
export interface LfsTestServer {
  readonly origin: string;
  /** The server of the repository `o/r`. */
  readonly endpoint: string;
  readonly batches: Batch[];
  /** Ids of the objects that were downloaded, in order. */
  readonly downloads: string[];
  /** The `Range` of each download. */
  readonly ranges: (string | undefined)[];
  behaviour: LfsBehaviour;
  /** Has an object. Its pointer. */
  add(body: Body): { oid: string; size: number; pointer: string };
  /** Other files that it serves, by path. */
  readonly files: Map<string, string | Buffer>;
}

/** Starts it with nothing in it. */
export async function startLfsServer(behaviour: LfsBehaviour = {}): Promise<LfsTestServer> {
  const objects = new Map<string, Buffer>();
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const self: LfsTestServer = {
    origin,
    endpoint: `${origin}/o/r.git/info/lfs`,
    batches: [],
    downloads: [],
    ranges: [],
    behaviour,
    files: new Map(),
    add(body) {
      const bytes = bytesOf(body);
      const oid = createHash("sha256").update(bytes).digest("hex");
      objects.set(oid, bytes);
      const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${bytes.length}\n`;
      return { oid, size: bytes.length, pointer };
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", origin);
    const file = self.files.get(pathname);
    const oid = /^\/objects\/([0-9a-f]{64})$/.exec(pathname)?.[1];
    if (pathname.endsWith("/info/lfs/objects/batch")) return batch(request, response, pathname);
    if (file !== undefined) {
      const headers = { "content-type": "text/plain", "content-length": Buffer.byteLength(file) };
      return void response.writeHead(200, headers).end(file);
    }
    const body = oid === undefined ? undefined : objects.get(oid);
    if (oid === undefined || body === undefined) return void response.writeHead(404).end();
    self.downloads.push(oid);
    self.ranges.push(request.headers.range);
    const status = self.behaviour.refuseObject?.(oid, request.headers);
    if (status !== undefined) return void response.writeHead(status).end();
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
    const send = (part: Buffer) => {
      const most = self.behaviour.holdAfter?.() ?? part.length;
      if (most < part.length) response.write(part.subarray(0, most));
      else response.end(part);
    };
    if (from === undefined) {
      response.writeHead(200, { "content-length": body.length });
      return send(body);
    }
    const end = to ? Number(to) + 1 : body.length;
    const range = { "content-range": `bytes ${from}-${end - 1}/${body.length}` };
    response.writeHead(206, range);
    send(body.subarray(Number(from), end));
  }

  async function batch(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Batch & Record<string, unknown>;
    const { headers } = request;
    const { authorization } = headers;
    const asked: Batch = { objects: body.objects, authorization, headers, path, body };
    self.batches.push(asked);
    const { login, refuse, action = {}, entry, most = 100 } = self.behaviour;
    const say = (status: number, value: object, headers: Record<string, string> = {}) =>
      response
        .writeHead(status, { "content-type": "application/vnd.git-lfs+json", ...headers })
        .end(JSON.stringify(value));
    const refusal = refuse?.(asked);
    if (refusal !== undefined) return void say(refusal.status, { message: refusal.message }, refusal.headers);
    if (login !== undefined && authorization !== login) {
      return void say(
        401,
        { message: "Credentials needed" },
        { "lfs-authenticate": 'Basic realm="x"', "www-authenticate": 'Basic realm="x"' },
      );
    }
    if (body.objects.length > most) return void say(413, { message: "too many" });
    const told = body.objects.map(({ oid, size }) => {
      const own = entry?.(oid);
      if (own !== undefined) return { oid, size, ...own };
      if (!objects.has(oid)) return { oid, size, error: { code: 404, message: "Object does not exist" } };
      return { oid, size, authenticated: true, actions: { download: { href: `${origin}/objects/${oid}`, ...action } } };
    });
    say(200, { transfer: "basic", objects: told });
  }
  return self;
}
