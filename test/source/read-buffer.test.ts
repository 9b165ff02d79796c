/** All sockets read into one piece of memory: nothing of one answer is ever found in another. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { readUrl } from "../../src/source/whole.js";
import { makeCertificate } from "../helpers/certificate.js";
import { get, makeClient } from "../helpers/client.js";
import { bytesOf } from "../helpers/content.js";

const signal = new AbortController().signal;
const certificate = makeCertificate();

/** Answers each request with what the test writes, piece by piece. */
async function serve(answer: (socket: Socket) => Promise<void>, secure?: typeof certificate): Promise<string> {
  const sockets = new Set<Socket>();
  const take = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("data", () => void answer(socket).catch(() => socket.destroy()));
    socket.setNoDelay(true);
  };
  const server: Server = secure ? createTlsServer(secure, take) : createServer(take);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http${secure ? "s" : ""}://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Writes pieces one after another, each of which arrives by itself. */
const inPieces =
  (pieces: readonly (string | Uint8Array)[], between: () => Promise<unknown> = () => sleep(15)) =>
  async (socket: Socket) => {
    for (const piece of pieces) {
      socket.write(piece);
      await between();
    }
  };

const body = bytesOf({ size: 900_000, seed: 5 });
const long = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nETag: "long"\r\n\r\n`;

describe("the memory that all sockets read into", () => {
  const schemes = [["http", undefined] as const, ...(certificate ? [["https", certificate] as const] : [])];
  it.each(schemes)("keeps a head right that comes in pieces, while other servers send (%s)", async (_, secure) => {
    const other = await serve(
      inPieces([long, ...slices(body, 40_000)], () => sleep(3)),
      secure,
    );
    const head =
      'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nETag: "the-one-that-is-meant"\r\n\r\n';
    const victim = await serve(inPieces([...slices(Buffer.from(head), 9), "hello"]), secure);
    const client = makeClient({ rejectUnauthorized: false });
    const beside = Promise.all([get(client, other), get(client, other), get(client, other)]);
    for (let times = 0; times < 2; times++) {
      const { validator, mediaType, totalSize, bytes } = await get(client, victim);
      expect([validator, mediaType, totalSize]).toEqual(['"the-one-that-is-meant"', "text/plain", 5]);
      expect(bytes.toString()).toBe("hello");
    }
    for (const { bytes, validator } of await beside) {
      expect([validator, bytes.equals(body)]).toEqual(['"long"', true]);
    }
  });

  it("keeps the head of the next answer over the same connection right", async () => {
    let asked = 0;
    const url = await serve(async (socket) => {
      asked++;
      const size = asked === 1 ? 300_000 : 10;
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\nETag: "answer-${asked}"\r\n\r\n`;
      await inPieces([...slices(Buffer.from(head), 20), body.subarray(0, size)], () => sleep(5))(socket);
    });
    const client = makeClient();
    const first = await get(client, url);
    const second = await get(client, url);
    expect([first.validator, first.bytes.length]).toEqual(['"answer-1"', 300_000]);
    expect([second.validator, second.bytes.length]).toEqual(['"answer-2"', 10]);
  });

  it.each(["with its length", "chunked"])("gives readers that rest now and then the right bytes, %s", async (how) => {
    const chunked = slices(body, 7_001).flatMap((part) => [`${part.length.toString(16)}\r\n`, part, "\r\n"]);
    const all: (string | Uint8Array)[] =
      how === "chunked"
        ? ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: "long"\r\n\r\n', ...chunked, "0\r\n\r\n"]
        : [long, body];
    const url = await serve(async (socket) => {
      for (const piece of all) if (!socket.write(piece)) await once(socket, "drain");
    });
    const client = makeClient();
    const digests = await Promise.all(
      [0, 1, 2].map(async (delay) => {
        const hash = createHash("sha256");
        for await (const chunk of (await client.open(url, { offset: 0, signal })).body) {
          await sleep(delay * 10);
          hash.update(chunk);
        }
        return hash.digest("hex");
      }),
    );
    expect(new Set(digests)).toEqual(new Set([createHash("sha256").update(body).digest("hex")]));
  });

  it.each(schemes)(
    "keeps the head right that follows a body whose reader was late, while others send (%s)",
    async (_, secure) => {
      // As much as is read ahead: the reader's rest begins with the last byte.
      const size = 256 * 1024;
      const heads = [
        [`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`, body.subarray(0, size)],
        ['HTTP/1.1 200 OK\r\nETag: "the-one-that-is-meant"\r\nContent-Length: 2\r\nX-Split: ', "yes\r\n\r\nok"],
      ];
      const victim = await serve(async (socket) => inPieces(heads.shift() ?? [], () => sleep(100))(socket), secure);
      const others: Socket[] = [];
      const other = await serve(async (socket) => {
        others.push(socket);
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n");
      }, secure);
      const client = makeClient({ rejectUnauthorized: false });
      const stop = new AbortController();
      onTestFinished(() => stop.abort());
      const beside = await client.open(other, { offset: 0, signal: stop.signal });
      void (async () => {
        for await (const _ of beside.body);
      })().catch(() => {});
      const first = await client.open(victim, { offset: 0, signal });
      await sleep(300);
      let received = 0;
      for await (const chunk of first.body) received += chunk.length;
      expect(received).toBe(size);
      // Soon after, its connection serves again.
      await sleep(30);
      const second = get(client, victim);
      await sleep(50);
      const wrong = Buffer.from('HTTP/1.1 200 OK\r\nETag: "another-that-is-meant"\r\n'.padEnd(4_000, "Z"));
      for (let times = 0; times < 3; times++) {
        others[0]?.write(wrong);
        await sleep(10);
      }
      const { validator, bytes } = await second;
      expect([validator, bytes.toString()]).toEqual(['"the-one-that-is-meant"', "ok"]);
    },
  );

  it.each(schemes)(
    "has no byte of one answer in another, however they come and whoever rests (%s)",
    async (_, secure) => {
      const random = createRandom(7);
      const below = (limit: number) => Math.floor(random() * limit);
      const url = await serve(async (socket) => {
        const id = below(1e9);
        const size = [64, 128, 256, 512][below(8)] ?? below(700);
        const bytes = Buffer.alloc(size * 1024, id % 251);
        const isChunked = below(4) === 0;
        const early = below(4) === 0 ? "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" : "";
        const length = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${bytes.length}`;
        const pad = "p".repeat(below(3_000));
        const head = `${early}HTTP/1.1 200 OK\r\nETag: "${id}"\r\nX-Pad: ${pad}\r\n${length}\r\n\r\n`;
        const coded = isChunked ? [`${bytes.length.toString(16)}\r\n`, bytes, "\r\n0\r\n\r\n"] : [bytes];
        const all = Buffer.concat([head, ...(bytes.length > 0 || !isChunked ? coded : ["0\r\n\r\n"])].map(toBuffer));
        const cuts = [below(head.length), head.length, below(all.length), below(all.length), all.length];
        let at = 0;
        for (const cut of cuts.slice(below(3)).toSorted((a, b) => a - b)) {
          if (cut > at) socket.write(all.subarray(at, cut));
          at = Math.max(at, cut);
          await sleep(below(8));
        }
      }, secure);
      const client = makeClient({ rejectUnauthorized: false });
      const ask = async () => {
        const { body, validator } = await client.open(url, { offset: 0, signal });
        const id = Number(/^"(\d+)"$/.exec(`${validator}`)?.[1]);
        expect(id, `the head of an answer: ${validator}`).not.toBeNaN();
        await sleep(below(2) * below(40));
        for await (const chunk of body) {
          if (below(4) === 0) await sleep(below(10));
          expect(Buffer.alloc(chunk.length, id % 251).equals(chunk)).toBe(true);
        }
        return id;
      };
      const asked = 30;
      const ids = await Promise.all(
        Array.from({ length: 8 }, async () => {
          const own = [];
          for (let times = 0; times < asked; times++) own.push(await ask());
          return own;
        }),
      );
      expect(new Set(ids.flat()).size).toBe(8 * asked);
    },
  );

  it("tells what came, however much it is, soon after a server has gone silent", async () => {
    const sent = body.subarray(0, 307_200);
    const url = await serve(inPieces([long, sent]));
    const { body: coming } = await makeClient().open(url, { offset: 0, signal });
    await sleep(60);
    let received = 0;
    for await (const chunk of coming) {
      received += chunk.length;
      if (received === sent.length) break;
    }
    expect(received).toBe(sent.length);
  });

  it("has a thing that is read whole right, in however many pieces it came", async () => {
    const url = await serve(inPieces([long, ...slices(body, 100_000)], () => sleep(8)));
    const client = makeClient();
    const sources = {
      locate: async () => ({ url, open: (options: Parameters<typeof client.open>[1]) => client.open(url, options) }),
    };
    const [whole] = await Promise.all([
      readUrl(sources as never, url, { mostBytes: 1e6, signal }),
      get(client, url),
      get(client, url),
    ]);
    expect(Buffer.from(whole).equals(body)).toBe(true);
  });
});

function toBuffer(part: string | Buffer): Buffer {
  return typeof part === "string" ? Buffer.from(part) : part;
}

/** Numbers from 0 to 1 that are the same in each run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function slices(bytes: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) =>
    bytes.subarray(i * length, (i + 1) * length),
  );
}
