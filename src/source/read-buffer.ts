/** The memory that sockets read into: one piece for all of them, so that what comes costs none of its own. */
import type { OnReadOpts, Socket } from "node:net";

/** As many bytes are read at one time: few calls to the system, and still near to the processor when they are used. */
const READ_BYTES = 256 * 1024;

/**
 * What sockets are to be connected with (`onread` of net.connect(), tls.connect()). Their readers are told of each read at
 * once and take it with `read()`, to be done with it before the next read of any socket; what one leaves, since it rests,
 * is copied, and its socket reads no more until it is asked to.
 */
export function createReadBuffer(): OnReadOpts {
  const memory = Buffer.allocUnsafeSlow(READ_BYTES);
  /** What a reader left before it has taken by the time that its socket reads again. */
  const copies = new WeakMap<Socket, Buffer>();
  return {
    buffer: memory,
    callback(this: Socket, bytes: number) {
      this.push(memory.subarray(0, bytes));
      // By itself the stream tells it later, when the next read is done.
      this.emit("readable");
      if (this.readableLength === 0) return true;
      // Behind what was given back to it, a stream hands out memory of its own.
      const left: Buffer = this.read();
      if (left.buffer !== memory.buffer) this.push(left);
      else {
        const copy = copies.get(this) ?? Buffer.allocUnsafeSlow(READ_BYTES);
        copies.set(this, copy);
        this.push(copy.subarray(0, left.copy(copy)));
      }
      return false;
    },
  };
}
