/** A Hugging Face Hub on the loopback, with a CDN of its own: answers as the documented API does, page by page. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { Certificate } from "./certificate.js";
import { type Body, bytesOf, sha256Of } from "./content.js";

/** One repository. Files of `large` are kept by LFS, as all of more than 10 MB are on the Hub. */
export interface HubRepo {
  readonly files?: Readonly<Record<string, Body>>;
  readonly large?: Readonly<Record<string, Body>>;
  /** Refused without `token` as gated, with it if `token` is undefined. */
  readonly gated?: boolean;
  readonly private?: boolean;
  readonly tags?: readonly string[];
  /** Commit of the branches `main` and `refs/pr/1`, and of the tag `v1`. */
  readonly commit?: string;
  /** Entries of the tree API, sent as they are in place of the true ones. */
  readonly tree?: readonly object[];
}

/** How the Hub behaves. */
export interface HubOptions {
  /** By path: `org/name`, `datasets/org/name`, `spaces/org/name`. */
  readonly repos: Readonly<Record<string, HubRepo>>;
  /** The only token that is accepted. */
  readonly token?: string;
  /** Entries of the tree API on one page. */
  readonly pageSize?: number;
  /** What stands before the path of the next page. Default: this Hub's own address. */
  readonly pagesAt?: string;
  /** Answers every request that it answers at all with a status: for what a mirror cannot do. */
  readonly refuse?: (method: string, path: string) => number | undefined;
  /** Path below which it is. Default: none. */
  readonly base?: string;
}

/** A running Hub. */
export interface Hub {
  /** For HF_ENDPOINT. */
  readonly url: string;
  readonly cdn: string;
  /** Method and path of each request, the CDN's with `cdn` before them. */
  readonly requests: string[];
  /** What was sent as Authorization, in the same order. */
  readonly logins: (string | undefined)[];
}

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** The id by which git knows bytes. */
export function gitBlob(body: Body): string {
  const bytes = bytesOf(body);
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** Listens until the test ends, with a certificate over TLS. Answers the origin. */
export async function listen(listener: RequestListener, tls?: Certificate): Promise<string> {
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Sends a body, or the part of it that is asked for. */
export function sendBody(request: IncomingMessage, response: ServerResponse, body: Body, headers = {}): void {
  const bytes = bytesOf(body);
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  const start = Number(from ?? 0);
  const end = to ? Number(to) + 1 : bytes.length;
  const range = { "content-range": `bytes ${start}-${end - 1}/${bytes.length}` };
  response.writeHead(from === undefined ? 200 : 206, {
    ...headers,
    ...(from !== undefined && range),
    "content-length": end - start,
  });
  response.end(request.method === "HEAD" ? undefined : bytes.subarray(start, end));
}

/** Starts it for the running test. */
export async function startHub(options: HubOptions): Promise<Hub> {
  const { repos, token, pageSize = 1000, base = "" } = options;
  const requests: string[] = [];
  const logins: (string | undefined)[] = [];
  const note = ({ method, url, headers }: IncomingMessage, where = "") => {
    requests.push(`${where}${method} ${url}`);
    logins.push(headers.authorization);
  };
  const objects = new Map(
    Object.values(repos).flatMap(({ large = {} }) =>
      Object.values(large).map((body) => [sha256Of(body), body] as const),
    ),
  );
  const cdn = await listen((request, response) => {
    note(request, "cdn ");
    const body = objects.get(/^\/([0-9a-f]{64})\?Signature=/.exec(request.url ?? "")?.[1] ?? "");
    // A signed address takes no other login.
    if (body === undefined || request.headers.authorization !== undefined) response.writeHead(400).end();
    else sendBody(request, response, body);
  });
  const url = `${await listen((request, response) => void answer(request, response))}${base}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    note(request);
    const { pathname, searchParams } = new URL(request.url ?? "/", url);
    const path = pathname.slice(base.length);
    const status = options.refuse?.(request.method ?? "", path);
    if (status !== undefined) return void response.writeHead(status).end();
    const api = /^\/api\/(models|datasets|spaces)\/([^/]+\/[^/]+)\/(tree|revision|paths-info)\/([^/]+)$/.exec(path);
    const file = /^\/((?:datasets\/|spaces\/)?[^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path);
    const name = api === null ? file?.[1] : `${api[1] === "models" ? "" : `${api[1]}/`}${api[2]}`;
    const repo = name === undefined ? undefined : repos[name];
    const login = request.headers.authorization;
    const isKnown = token !== undefined && login === `Bearer ${token}`;
    const refuse = (code: number, reason: string) =>
      void response
        .writeHead(code, { "x-error-code": reason, "x-error-message": reason, "content-type": "application/json" })
        .end(JSON.stringify({ error: reason }));
    if (login !== undefined && !isKnown) return void response.writeHead(401).end('{"error":"Invalid credentials"}');
    if (repo === undefined || (repo.private && !isKnown))
      return refuse(login === undefined ? 401 : 404, "RepoNotFound");
    const { commit = COMMIT } = repo;
    const revision = decodeURIComponent((api?.[4] ?? file?.[2]) as string);
    if (![commit, "main", "v1", "refs/pr/1"].includes(revision)) return refuse(404, "RevisionNotFound");
    const say = (value: unknown, headers = {}) =>
      void response.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
    if (api?.[3] === "revision") {
      const { tags = [], gated = false } = repo;
      const about = { sha: commit, tags, gated: gated && "auto", private: repo.private ?? false };
      return say({ _id: "1", id: name, lastModified: "2025-01-02T03:04:05.000Z", downloads: 1, likes: 1, ...about });
    }
    if (api?.[3] === "tree") {
      const all = repo.tree ?? treeOf(repo);
      const from = Number(searchParams.get("cursor") ?? 0);
      const next = `${options.pagesAt ?? url}${path}?recursive=true&expand=false&cursor=${from + pageSize}`;
      const more = from + pageSize < all.length;
      return say(all.slice(from, from + pageSize), more ? { link: `<${next}>; rel="next"` } : {});
    }
    if (api?.[3] === "paths-info") {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { paths } = JSON.parse(Buffer.concat(chunks).toString()) as { paths: string[] };
      return say((repo.tree ?? treeOf(repo)).filter((entry) => paths.includes((entry as { path: string }).path)));
    }
    if (repo.gated && !isKnown) return refuse(401, "GatedRepo");
    const wanted = decodeURIComponent(file?.[3] ?? "");
    const large = repo.large?.[wanted];
    const small = repo.files?.[wanted];
    const about = { "x-repo-commit": commit, "accept-ranges": "bytes" };
    if (large !== undefined) {
      const sha256 = sha256Of(large);
      const linked = { "x-linked-size": bytesOf(large).length, "x-linked-etag": `"${sha256}"` };
      return void response
        .writeHead(302, { ...about, ...linked, location: `${cdn}/${sha256}?Signature=abc`, "content-length": 0 })
        .end();
    }
    if (small === undefined) return refuse(404, "EntryNotFound");
    sendBody(request, response, small, { ...about, etag: `"${gitBlob(small)}"` });
  }

  return { url, cdn, requests, logins };
}

/** What the tree API tells: folders as well. */
function treeOf({ files = {}, large = {} }: HubRepo): object[] {
  const paths = [...Object.keys(files), ...Object.keys(large)];
  const folders = new Set(
    paths.flatMap((path) =>
      path
        .split("/")
        .slice(0, -1)
        .map((_, at, all) => all.slice(0, at + 1).join("/")),
    ),
  );
  return [
    ...[...folders].map((path) => ({ type: "directory", oid: "a".repeat(40), size: 0, path })),
    ...Object.entries(files).map(([path, body]) => {
      return { type: "file", oid: gitBlob(body), size: bytesOf(body).length, path };
    }),
    ...Object.entries(large).map(([path, body]) => {
      const { length: size } = bytesOf(body);
      const lfs = { oid: sha256Of(body), size, pointerSize: 134 };
      return { type: "file", oid: "b".repeat(40), size, lfs, path, xetHash: "c".repeat(64) };
    }),
  ];
}
