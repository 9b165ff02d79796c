/** The memory that sockets read into: one piece for all of them, so that a long body costs none of its own. */
import type { OnReadOpts, Socket } from "node:net";

/** The memory of one client. */
export interface ReadBuffer {
  /** What sockets are to be connected with: `onread` of net.connect() and tls.connect(). */
  readonly onread: OnReadOpts;
  /**
   * Told of each piece of a body whose length was stated, as it is given, and of its end by `undefined`. What is read
   * after it is more of it; anything else is copied, since who reads a head keeps what came of it until it is complete.
   */
  inBody(piece: Uint8Array | undefined): void;
}

/** As many bytes are read at one time: few calls to the system, and still near to the processor when they are used. */
const READ_BYTES = 256 * 1024;

/** Makes the memory. It is lent to the reader of a socket for as long as its `readable` event is handled. */
export function createReadBuffer(): ReadBuffer {
  const memory = Buffer.allocUnsafeSlow(READ_BYTES);
  /** Sockets whose last read ended within a body. */
  const within = new WeakSet<Socket>();
  /** What readers left, since they rest: each has taken it by the time that its socket reads again. */
  const copies = new WeakMap<Socket, Buffer>();
  let last: Uint8Array | undefined;

  function take(this: Socket, bytes: number): boolean {
    const came = memory.subarray(0, bytes);
    const given = within.has(this) ? came : Buffer.from(came);
    last = undefined;
    this.push(given);
    // By itself the stream tells it later, when the next read is done.
    this.emit("readable");
    if (endsLike(last, given)) within.add(this);
    else within.delete(this);
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

  return {
    onread: { buffer: memory, callback: take },
    inBody(piece) {
      last = piece;
    },
  };
}

/** Whether two views of memory end with the same byte. */
function endsLike(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one?.buffer === other.buffer && one.byteOffset + one.length === other.byteOffset + other.length;
}
