/** The memory that sockets read into: of a long body one piece for all of them, so that it costs none of its own. */
import type { OnReadOpts, Socket } from "node:net";
import { createMemoryPool } from "../memory-pool.js";

/** The memory of one client. */
export interface ReadBuffer {
  /** What sockets are to be connected with: `onread` of net.connect() and tls.connect(). */
  readonly onread: OnReadOpts;
  /**
   * Told of each piece of a body whose length was stated, as it is given, and of its end by `undefined`. What is read
   * within a body is more of it; anything else gets memory of its own, since who reads a head keeps what came of it until
   * it is complete.
   */
  inBody(piece: Uint8Array | undefined): void;
}

/** As many bytes of a body are read at one time: few calls to the system, and still near to the processor when they are used. */
const READ_BYTES = 256 * 1024;
/** As many are read at one time where a head may be among them. */
const HEAD_BYTES = 64 * 1024;
const MOST_HEADS = 32;

/** Makes the memory. It is lent to the reader of a socket for as long as its `readable` event is handled. */
export function createReadBuffer(): ReadBuffer {
  const memory = Buffer.allocUnsafeSlow(READ_BYTES);
  const heads = createMemoryPool(HEAD_BYTES, MOST_HEADS);
  /** What readers left, since they rest: each has taken it by the time that its socket reads again. */
  const copies = new WeakMap<Socket, Buffer>();
  /** What the read that is being handled gave last of a body, and whether that has ended. */
  let last: Uint8Array | undefined;
  let hasEnded = false;
  /** Whether the read that was just handled ended within a body. */
  let isWithin = false;

  function take(this: Socket, bytes: number, into: Uint8Array): boolean {
    const came = into.subarray(0, bytes);
    last = undefined;
    hasEnded = false;
    this.push(came);
    // By itself the stream tells it later, when the next read is done.
    this.emit("readable");
    const isTaken = endsLike(last, came);
    isWithin = isTaken && !hasEnded;
    if (into !== memory) {
      // A body follows a head that is complete: nobody has an eye on either any more.
      if (isTaken) heads.give(into as Buffer);
      return this.readableLength === 0;
    }
    if (this.readableLength === 0) return true;
    const left: Buffer | null = this.read();
    if (left === null) return true;
    // Only what lies in the shared memory is copied; behind what came before it, a stream hands out memory of its own.
    if (left.buffer !== memory.buffer) this.push(left);
    else {
      const copy = copies.get(this) ?? Buffer.allocUnsafeSlow(READ_BYTES);
      copies.set(this, copy);
      this.push(copy.subarray(0, left.copy(copy)));
    }
    return false;
  }

  /** Asked by Node right after `take`, for the same socket, and for each new one. */
  function memoryOfNext(): Uint8Array {
    const isShared = isWithin;
    isWithin = false;
    return isShared ? memory : heads.take();
  }

  return {
    onread: { buffer: memoryOfNext, callback: take },
    inBody(piece) {
      if (piece === undefined) hasEnded = true;
      else last = piece;
    },
  };
}

/** Whether two views of memory end with the same byte. */
function endsLike(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one?.buffer === other.buffer && one.byteOffset + one.length === other.byteOffset + other.length;
}
