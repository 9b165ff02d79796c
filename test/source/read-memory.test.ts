/** Which memory the next read of a socket gets, as its reader takes what comes. */
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { createReadBuffer, type ReadBuffer } from "../../src/source/read-buffer.js";

describe("which memory the next read gets", () => {
  /** A socket whose reader takes what there is, as far as it does, and tells of a body as a parser would. */
  function makeSocket({ onread, inBody }: ReadBuffer, parse: (came: Buffer) => void = inBody) {
    const socket = new Readable({ read() {} });
    const reader = { rests: false };
    socket.on("readable", () => {
      if (reader.rests) return;
      const came: Buffer | null = socket.read();
      if (came !== null) parse(came);
    });
    const memoryOf = onread.buffer as () => Uint8Array;
    let into = memoryOf();
    return {
      reader,
      get into() {
        return into;
      },
      /** Bytes come; the memory of the read after them. */
      come(bytes: number) {
        onread.callback.call(socket, bytes, into);
        into = memoryOf();
        return into;
      },
      take: () => parse(socket.read()),
    };
  }

  it("is the same for all sockets within bodies, and nobody else's after anything else", () => {
    const buffer = createReadBuffer();
    const [one, other] = [makeSocket(buffer), makeSocket(buffer)];
    const heads = [one.into, other.into];
    expect(heads[0]).not.toBe(heads[1]);
    const shared = one.come(5_000);
    expect(other.come(5_000)).toBe(shared);
    expect(heads).not.toContain(shared);
    const unfinished = makeSocket(buffer, () => {});
    const head = unfinished.into;
    expect([shared, head]).not.toContain(unfinished.come(5_000));
  });

  it("is nobody else's after the piece at which a reader rests: the body may end there, unseen", () => {
    const buffer = createReadBuffer();
    const shared = makeSocket(buffer).come(5_000);
    const socket = makeSocket(buffer, (came) => {
      buffer.inBody(came);
      buffer.rests();
    });
    expect(socket.come(5_000)).not.toBe(shared);
  });

  it("serves again after a rest that began with the last byte of a read", () => {
    const buffer = createReadBuffer();
    const socket = makeSocket(buffer, (came) => {
      if (socket.reader.rests) return;
      buffer.inBody(came);
      buffer.rests();
      socket.reader.rests = true;
    });
    const rested = [socket.come(5_000), socket.come(6_000)];
    socket.reader.rests = false;
    socket.take();
    expect(rested).toContain(socket.come(7_000));
  });

  it("is not kept by what comes in crumbs, as the head of an answer may", () => {
    const socket = makeSocket(createReadBuffer(), () => {});
    const { into } = socket;
    for (let crumbs = 0; crumbs < 100; crumbs++) expect(socket.come(20)).toBe(into);
  });

  it("serves again when an answer was taken to its end, and not before", () => {
    const buffer = createReadBuffer();
    let ends = false;
    const socket = makeSocket(buffer, (came) => {
      if (!ends) return;
      buffer.inBody(came.subarray(5));
      buffer.inBody(undefined);
    });
    const first = socket.into;
    const second = socket.come(5_000);
    expect(second).not.toBe(first);
    ends = true;
    expect(socket.come(5_000)).toBe(second);
    expect(makeSocket(buffer).into).not.toBe(first);
  });

  it("serves again when a reader that rested has taken all of a body, and is nobody's while it rests", () => {
    const buffer = createReadBuffer();
    const socket = makeSocket(buffer, (came) => {
      // It had enough in the middle of a piece.
      if (!socket.reader.rests) buffer.inBody(came);
    });
    const shared = socket.come(5_000);
    socket.reader.rests = true;
    const rested = [socket.come(5_000), socket.come(6_000), socket.come(7_000)];
    expect(new Set([shared, ...rested]).size).toBe(4);
    const others = [makeSocket(buffer).into, makeSocket(buffer).into];
    expect(others.some((memory) => rested.includes(memory))).toBe(false);
    socket.reader.rests = false;
    socket.take();
    socket.come(5_000);
    const again = [makeSocket(buffer).into, makeSocket(buffer).into];
    expect(again.every((memory) => rested.includes(memory))).toBe(true);
  });
});
