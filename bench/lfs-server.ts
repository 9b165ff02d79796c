/** The batch API of Git LFS, which tells where objects are; another server sends them. */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import type { Content } from "./content.js";

/** The part of a batch request that is read here. */
interface Batch {
  objects: { oid: string; size: number }[];
}

/** A batch server under way. */
export interface LfsServer {
  /** What `lfs.url` is set to. */
  url: string;
  stop(): void;
}

/** Starts a batch server for files that lie at `origin` under their names. */
export async function startLfsServer(files: readonly Content[], origin: string): Promise<LfsServer> {
  const names = new Map(files.map(({ sha256, name }) => [sha256, name]));
  const server = createServer(async (request, answer) => {
    if (request.method !== "POST" || !request.url?.endsWith("/objects/batch")) {
      answer.writeHead(404).end();
      return;
    }
    const { objects } = JSON.parse(await text(request)) as Batch;
    const found = objects.map(({ oid, size }) => {
      const name = names.get(oid);
      const known = { actions: { download: { href: `${origin}/${name}` } } };
      return { oid, size, ...(name === undefined ? { error: { code: 404, message: "No such object" } } : known) };
    });
    answer.writeHead(200, { "content-type": "application/vnd.git-lfs+json" });
    answer.end(JSON.stringify({ transfer: "basic", objects: found, hash_algo: "sha256" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/bench`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
