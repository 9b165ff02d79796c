/** The memory that sockets read into: one piece for all of them, so that what comes costs none of its own. */
import type { OnReadOpts, Socket } from "node:net";

/** As many bytes are read at one time: few calls to the system, and still near to the processor when they are used. */
const READ_BYTES = 128 * 1024;

/**
 * What sockets are to be connected with (`onread` of net.connect(), tls.connect()). Their readers are told of each read at
 * once and take it with `read()`, to be done with it before the next read of any socket; what one leaves, since it rests,
 * is copied, and its socket reads no more until it is asked to.
 */
export function createReadBuffer(): OnReadOpts {
  return {
    buffer: Buffer.allocUnsafeSlow(READ_BYTES),
    callback(this: Socket, bytes: number, buffer: Uint8Array) {
      this.push(buffer.subarray(0, bytes));
      // By itself the stream tells it later, when the next read is done.
      this.emit("readable");
      if (this.readableLength === 0) return true;
      this.push(Buffer.from(this.read()));
      return false;
    },
  };
}
