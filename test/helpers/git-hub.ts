/** A Hub whose web interface is out of order, and whose git and LFS work: git's own server behind a small gateway. */
import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import process from "node:process";
import { type Body, bytesOf, sha256Of } from "./content.js";
import { GIT_ENV, git } from "./git.js";
import { listen, sendBody } from "./hub.js";
import { makeTree } from "./tree.js";

/** What it has, and how it behaves. */
export interface GitHubOptions {
  /** The only repository, `org/name`. */
  readonly files?: Readonly<Record<string, Body>>;
  /** Files that LFS keeps. */
  readonly large?: Readonly<Record<string, Body>>;
  /** Answers what is neither git nor LFS with this status. Default 503. */
  readonly web?: number;
  /** Called with each request to git: what it returns is waited for. */
  readonly before?: () => Promise<void>;
  /** The only `Authorization` that git and LFS take. */
  readonly login?: string;
  /** Git is sent from the path on the left to the path or URL on the right. */
  readonly redirect?: readonly [from: string, to: string];
}

/** A running one. */
export interface GitHub {
  /** For HF_ENDPOINT. */
  readonly url: string;
  readonly commit: string;
  readonly requests: string[];
  /** The `Authorization` of each request that has one. */
  readonly logins: string[];
}

/** Makes the repository and serves it until the test ends. */
export async function startGitHub({
  files = {},
  large = {},
  web = 503,
  login,
  before,
  redirect: [from, to] = ["", ""],
}: GitHubOptions): Promise<GitHub> {
  const tree = makeTree();
  const work = tree.path("work");
  for (const [path, body] of Object.entries(files)) tree.write(`work/${path}`, body);
  for (const [path, body] of Object.entries(large)) {
    const { length: size } = bytesOf(body);
    tree.write(
      `work/${path}`,
      `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256Of(body)}\nsize ${size}\n`,
    );
  }
  await git(tree.root, ["init", "--quiet", "-b", "main", "work"]);
  await git(work, ["add", "--all", "--force"]);
  await git(work, ["commit", "--quiet", "-m", "first"]);
  const commit = (await git(work, ["rev-parse", "HEAD"])).trim();
  await git(tree.root, ["clone", "--quiet", "--bare", "work", "served/org/name"]);
  const objects = new Map(Object.values(large).map((body) => [sha256Of(body), body]));
  const requests: string[] = [];
  const logins: string[] = [];

  const url = await listen((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(request.url ?? "/", url);
    requests.push(`${request.method} ${pathname}`);
    if (request.headers.authorization) logins.push(request.headers.authorization);
    if (from !== "" && pathname.startsWith(`${from}/`)) {
      return void response.writeHead(302, { location: `${to}${pathname.slice(from.length)}${search}` }).end();
    }
    const object = objects.get(/^\/objects\/([0-9a-f]{64})$/.exec(pathname)?.[1] ?? "");
    if (object !== undefined) return sendBody(request, response, object);
    const isGit = /^\/org\/name(?:\.git)?\/(?:info\/|git-upload-pack)/.test(pathname);
    if (!isGit) return void response.writeHead(web).end();
    await before?.();
    if (login !== undefined && request.headers.authorization !== login) {
      return void response.writeHead(401, { "www-authenticate": "Basic" }).end();
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (pathname.endsWith("/info/lfs/objects/batch")) {
      const asked = JSON.parse(body.toString()) as { objects: { oid: string; size: number }[] };
      const told = asked.objects.map(({ oid, size }) => {
        return { oid, size, authenticated: true, actions: { download: { href: `${url}/objects/${oid}` } } };
      });
      response.writeHead(200, { "content-type": "application/vnd.git-lfs+json" });
      return void response.end(JSON.stringify({ transfer: "basic", objects: told }));
    }
    const output = await backend(pathname, search.slice(1), request, body, tree.path("served"));
    const end = output.indexOf("\r\n\r\n");
    const head = output
      .subarray(0, end)
      .toString()
      .split("\r\n")
      .map((line) => line.split(": ") as [string, string]);
    const { Status: status = "200", ...headers } = Object.fromEntries(head);
    response.writeHead(Number.parseInt(status, 10), headers).end(output.subarray(end + 4));
  }

  return { url, commit, requests, logins };
}

/** git-http-backend(1), by the rules of CGI. */
function backend(
  path: string,
  query: string,
  { method, headers }: IncomingMessage,
  body: Buffer,
  root: string,
): Promise<Buffer> {
  return new Promise((resolve) => {
    const child = spawn("git", ["http-backend"], {
      env: {
        ...process.env,
        ...GIT_ENV,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: "1",
        REQUEST_METHOD: method,
        PATH_INFO: path,
        QUERY_STRING: query,
        CONTENT_TYPE: headers["content-type"] ?? "",
        CONTENT_LENGTH: String(body.length),
        ...(headers["content-encoding"] && { HTTP_CONTENT_ENCODING: headers["content-encoding"] }),
        ...(headers["git-protocol"] && { GIT_PROTOCOL: String(headers["git-protocol"]) }),
      },
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("close", () => resolve(Buffer.concat(chunks)));
    // It may end without reading what it was sent.
    child.stdin.on("error", () => {});
    child.stdin.end(body);
  });
}
