/** Connections that break where HTTP does not see it: before an answer, in TLS, on the way through a proxy. */
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { networkError } from "../../src/source/network-error.js";
import { makeChain } from "../helpers/certificate.js";
import { get, makeClient } from "../helpers/client.js";
import { bytesOf } from "../helpers/content.js";

const BODY = bytesOf({ size: 200_000, seed: 71 });
const ANSWER = Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${BODY.length}\r\n\r\n`), BODY]);
const chain = makeChain();

async function started(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** Tells each request that comes over a connection, and which one on it that is. */
function eachRequest(told: (socket: Socket, nth: number) => void) {
  return (socket: Socket) => {
    let nth = 0;
    socket
      .on("error", () => {})
      .on("data", (data) => {
        if (data.includes("\r\n\r\n")) told(socket, ++nth);
      });
  };
}

it("a server that serves one connection at a time gets each of them closed soon after its last answer", async () => {
  const waiting: Socket[] = [];
  const serveNext = () => {
    const [socket] = waiting;
    socket?.on("data", () => socket.write(ANSWER));
    socket?.on("close", () => {
      waiting.shift();
      serveNext();
    });
  };
  const port = await started(
    createServer((socket) => {
      if (waiting.push(socket) === 1) serveNext();
    }),
  );
  const client = makeClient();
  const answers = await Promise.all([1, 2, 3].map(() => get(client, `http://127.0.0.1:${port}/`)));
  expect(answers.every(({ bytes }) => bytes.equals(BODY))).toBe(true);
}, 6_000);

describe("a connection that is closed when it is used again", () => {
  it.each<[string, (socket: Socket) => void]>([
    ["closed", (socket) => socket.end()],
    ["reset", (socket) => socket.resetAndDestroy()],
  ])("costs one more request, and is no failure (%s)", async (_, close) => {
    let requests = 0;
    const port = await started(
      createServer(
        eachRequest((socket, nth) => {
          requests++;
          if (nth === 1) socket.write(ANSWER);
          else close(socket);
        }),
      ),
    );
    const client = makeClient();
    for (let n = 0; n < 5; n++) expect((await get(client, `http://127.0.0.1:${port}/`)).bytes.equals(BODY)).toBe(true);
    expect(requests).toBeLessThanOrEqual(9);
  });

  it("costs no second request where it was new, or has begun to answer", async () => {
    let requests = 0;
    const begun = Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc");
    const port = await started(
      createServer(
        eachRequest((socket) => {
          requests++;
          socket.end(requests === 1 ? "" : begun);
        }),
      ),
    );
    const client = makeClient();
    for (let n = 0; n < 2; n++) {
      const error = await get(client, `http://127.0.0.1:${port}/`).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: "NETWORK", retry: {} });
    }
    expect(requests).toBe(2);
  });
});

describe.skipIf(chain === undefined)("TLS (needs openssl)", () => {
  const { ca, ...own } = chain ?? { ca: "", key: "", cert: "" };

  /** A server behind something that changes what it sends; `change` is told where in the stream a chunk begins. */
  async function behind(change: (chunk: Buffer, at: number) => Buffer) {
    const target = await started(
      createTlsServer(
        own,
        eachRequest((socket) => socket.write(ANSWER)),
      ),
    );
    const port = await started(
      createServer((socket) => {
        const inner = dial(target, "127.0.0.1").on("error", () => {});
        let at = 0;
        socket.on("error", () => {}).pipe(inner);
        inner.on("data", (chunk) => {
          socket.write(change(chunk, at));
          at += chunk.length;
        });
      }),
    );
    return `https://127.0.0.1:${port}/`;
  }

  it("that is damaged in the middle of a body is seen at once, and may pass", async () => {
    const url = await behind((chunk, at) => {
      if (at > 50_000) chunk[chunk.length >> 1] = (chunk[chunk.length >> 1] ?? 0) ^ 1;
      return chunk;
    });
    const began = performance.now();
    const error = await get(makeClient({ ca }), url).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "NETWORK", retry: {}, message: expect.stringContaining("damaged on the way") });
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  const alert = (code: number) => Buffer.from([0x15, 3, 3, 0, 2, 2, code]);
  const OF_LATE = { ifServed: true };
  it.each<[string, Buffer, object | undefined, RegExp]>([
    ["internal_error", alert(80), {}, /the TLS connection failed/],
    ["bad_record_mac", alert(20), {}, /damaged on the way/],
    ["handshake_failure", alert(40), OF_LATE, /no TLS that both sides know/],
    ["protocol_version", alert(70), OF_LATE, /no TLS that both sides know/],
    ["unrecognized_name", alert(112), OF_LATE, /no TLS that both sides know/],
    ["bad_certificate", alert(42), undefined, /wants a client certificate.*`cert`/],
    ["plain HTTP", Buffer.from("HTTP/1.1 503 Later\r\n\r\n"), OF_LATE, /does not speak TLS.*port/],
  ])("that ends its handshake with %s says what that means", async (_, sent, retry, says) => {
    const port = await started(createServer((socket) => socket.once("data", () => socket.end(sent))));
    const error = await get(makeClient({ ca }), `https://127.0.0.1:${port}/`).catch((thrown) => thrown);
    expect([error.code, error.retry]).toEqual(["NETWORK", retry]);
    expect(`${error.message} ${error.hint}`).toMatch(says);
    expect(`${error.message} ${error.hint}`).not.toContain("--ca-file");
  });

  it.each([
    "INVALID_PURPOSE",
    "INVALID_CA",
    "PATH_LENGTH_EXCEEDED",
    "HOSTNAME_MISMATCH",
    "UNSPECIFIED",
    "CERT_REVOKED",
  ])("that refuses a certificate for %s is not tried again", (code) => {
    const error = networkError(Object.assign(new Error("no"), { code }), "https://server.example/");
    expect(error).toMatchObject({ code: "NETWORK", retry: undefined, message: expect.stringContaining(code) });
    expect([error.message, error.hint]).toEqual([
      expect.stringContaining("certificate is not accepted"),
      expect.stringContaining("--ca-file"),
    ]);
  });

  it("that cannot begin, since the own certificate cannot be read, says so behind a proxy as well", async () => {
    const port = await started(createTlsServer(own, () => {}));
    const settings = { ca, cert: "garbage", key: "garbage", httpsProxy: `https://127.0.0.1:${port}` };
    const error = await get(makeClient(settings), "https://server.example/").catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "USAGE", retry: undefined });
  });

  it("to a proxy that wants a client certificate is named as such", async () => {
    const server = createTlsServer({ ...own, ca, requestCert: true, rejectUnauthorized: true }, () => {});
    const port = await started(server.on("tlsClientError", () => {}));
    const settings = { ca, httpsProxy: `https://127.0.0.1:${port}` };
    const error = await get(makeClient(settings), "https://server.example/").catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "NETWORK", retry: undefined });
    expect(error.message).toContain(`at the proxy https://127.0.0.1:${port} the proxy wants a client certificate`);
  });

  it("that wants a client certificate is named as such", async () => {
    const server = createTlsServer({ ...own, ca, requestCert: true, rejectUnauthorized: true }, () => {});
    const port = await started(server.on("tlsClientError", () => {}));
    const error = await get(makeClient({ ca }), `https://127.0.0.1:${port}/`).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "NETWORK", message: expect.stringContaining("wants a client certificate") });
  });
});

describe("a proxy that opens no tunnel", () => {
  it.each<[string, (socket: Socket) => void]>([
    ["says 100 Continue first", (socket) => socket.write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")],
    ["closes", (socket) => socket.end()],
    ["resets", (socket) => socket.resetAndDestroy()],
    ["sends what is not HTTP", (socket) => socket.end("no\r\n\r\n")],
    ["has gone after a half of its answer", (socket) => socket.end("HTTP/1.1 200 O")],
  ])("but %s is asked once, and may do better later", async (_, answer) => {
    let asked = 0;
    const port = await started(
      createServer(
        eachRequest((socket) => {
          asked++;
          answer(socket);
        }),
      ),
    );
    const client = makeClient({}, { HTTPS_PROXY: `http://127.0.0.1:${port}` });
    const error = await get(client, "https://server.example/").catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "NETWORK", retry: expect.anything() });
    expect(error.message).toContain(`at the proxy http://127.0.0.1:${port}`);
    expect(asked).toBe(1);
  });

  it.each([
    [429, { afterMs: 7_000, wholeHost: true }],
    [408, { afterMs: 7_000 }],
  ])("but answers %i is asked again when it says", async (status, retry) => {
    const port = await started(
      createServer(
        eachRequest((socket) => socket.end(`HTTP/1.1 ${status} No\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n`)),
      ),
    );
    const client = makeClient({}, { HTTPS_PROXY: `http://127.0.0.1:${port}` });
    const error = await get(client, "https://server.example/").catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "NETWORK", retry });
  });
});
