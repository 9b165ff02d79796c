/** GitHub's releases and Zenodo's records on the loopback, as their documented APIs answer. */
import { createHash } from "node:crypto";
import { formatPointer } from "../../src/lfs-pointer.js";
import { type Body, bytesOf, sha256Of } from "./content.js";
import { COMMIT, gitBlob, listen, sendBody } from "./hub.js";

/** What the servers saw. */
export interface Forge {
  /** For GITHUB_API_URL, or ASSETS_ZENODO_URL. */
  readonly url: string;
  readonly requests: string[];
  readonly logins: (string | undefined)[];
}

/** A GitHub with one repository, `o/r`, one release, which is also the latest, and one commit, {@link COMMIT}. */
export interface GitHubOptions {
  readonly tag?: string;
  readonly assets?: Readonly<Record<string, Body>>;
  /** What the commit has. It is that of every branch but `gone` and `feature`. */
  readonly files?: Readonly<Record<string, Body>>;
  /** What it has a pointer of. */
  readonly large?: Readonly<Record<string, Body>>;
  /** The repository is private, and this token reads it. */
  readonly token?: string;
  /** Whether the API states digests: those of files from before June 2025 it does not. Default true. */
  readonly digests?: boolean;
}

/** Starts it: one host for the API and the pages. */
export async function startGitHub(options: GitHubOptions): Promise<Forge> {
  const { tag = "v1", assets = {}, files = {}, large = {}, token, digests = true } = options;
  const requests: string[] = [];
  const logins: (string | undefined)[] = [];
  const names = Object.keys(assets);
  const url = await listen((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    logins.push(request.headers.authorization);
    const { pathname } = new URL(request.url ?? "/", url);
    const json = (value: object) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };
    if (/^\/repos\/o\/r\/commits\/(?!(?:gone|feature)$)/.test(pathname)) return json({ sha: COMMIT });
    const path = decodeURIComponent(/^\/repos\/o\/r\/contents\/(.+)$/.exec(pathname)?.[1] ?? "");
    const content = large[path];
    const kept = content ? formatPointer({ oid: sha256Of(content), size: bytesOf(content).length }) : files[path];
    if (kept !== undefined && request.url?.endsWith(`?ref=${COMMIT}`)) {
      const bytes = bytesOf(kept);
      const lines = bytes.toString("base64").replace(/.{60}/g, "$&\n");
      return json({ type: "file", size: bytes.length, sha: gitBlob(kept), encoding: "base64", content: lines });
    }
    const isAllowed = token === undefined || request.headers.authorization === `Bearer ${token}`;
    const release = `/repos/o/r/releases/tags/${encodeURIComponent(tag)}`;
    if (isAllowed && [release, "/repos/o/r/releases/latest"].includes(pathname)) {
      const listed = names.map((name, index) => ({
        url: `${url}/repos/o/r/releases/assets/${index}`,
        id: index,
        name,
        state: "uploaded",
        size: bytesOf(assets[name] as Body).length,
        digest: digests ? `sha256:${sha256Of(assets[name] as Body)}` : null,
        browser_download_url: `${url}/o/r/releases/download/${encodeURIComponent(tag)}/${name}`,
      }));
      return json({ tag_name: tag, assets: listed });
    }
    const page = /^\/o\/r\/releases\/download\/[^/]+\/([^/]+)$/.exec(pathname)?.[1];
    const id = /^\/repos\/o\/r\/releases\/assets\/(\d+)$/.exec(pathname)?.[1];
    // The pages of a private repository take no token.
    const name =
      page !== undefined && token === undefined ? decodeURIComponent(page) : isAllowed ? names[Number(id)] : "";
    const body = assets[name ?? ""];
    if (body === undefined) return void response.writeHead(404).end();
    if (id !== undefined && request.headers.accept !== "application/octet-stream") {
      return void response.writeHead(200, { "content-type": "application/json" }).end("{}");
    }
    sendBody(request, response, body);
  });
  return { url, requests, logins };
}

/** Starts a Zenodo with the record 42, of which 41 is the number for all versions. */
export async function startZenodo(files: Readonly<Record<string, Body>>): Promise<Forge> {
  const requests: string[] = [];
  const logins: (string | undefined)[] = [];
  const url = await listen((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    logins.push(request.headers["user-agent"]);
    const { pathname } = new URL(request.url ?? "/", url);
    if (pathname === "/api/records/41") return void response.writeHead(301, { location: "/api/records/42" }).end();
    if (pathname === "/api/records/42") {
      const listed = Object.entries(files).map(([key, body]) => ({
        id: "f",
        key,
        size: bytesOf(body).length,
        checksum: `md5:${createHash("md5").update(bytesOf(body)).digest("hex")}`,
        links: { self: `${url}/api/records/42/files/${encodeURIComponent(key)}/content` },
      }));
      const record = { id: 42, conceptrecid: "41", metadata: { license: { id: "cc-by-4.0" } }, files: listed };
      response.writeHead(200, { "content-type": "application/json" });
      return void response.end(JSON.stringify(record));
    }
    const name = /^\/(?:api\/)?records\/42\/files\/([^/]+)(?:\/content)?$/.exec(pathname)?.[1];
    const body = files[decodeURIComponent(name ?? "")];
    if (body === undefined) response.writeHead(404).end();
    else sendBody(request, response, body);
  });
  return { url, requests, logins };
}
