/** The memory that sockets read into: of a long body one piece for all of them, so that it costs none of its own. */
import type { OnReadOpts, Socket } from "node:net";
import { createMemoryPool } from "../memory-pool.js";

/** The memory of one client. */
export interface ReadBuffer {
  /** What sockets are to be connected with: `onread` of net.connect() and tls.connect(). */
  readonly onread: OnReadOpts;
  /**
   * Told of each piece of a body whose length was stated, as it is given; by `undefined` of its end, and of a piece of any
   * other body. What is read within a body is more of it; anything else gets memory of its own, since who reads a head
   * keeps what came of it until it is complete.
   */
  inBody(piece: Uint8Array | undefined): void;
  /**
   * Told when a reader rests at the piece that was given last. It may have been the last of the body, which then ends
   * unseen, so that a head follows.
   */
  rests(): void;
}

/** As many bytes of a body are read at one time: few calls to the system, and still near to the processor when they are used. */
const READ_BYTES = 128 * 1024;
/** As many are read at one time where a head may be among them. */
const HEAD_BYTES = 64 * 1024;
const MOST_HEADS = 32;
/** So few bytes are copied: a head that comes in crumbs would keep the memory of each. */
const FEW_BYTES = 4 * 1024;

/** Makes the memory. It is lent to the reader of a socket for as long as its `readable` event is handled. */
export function createReadBuffer(): ReadBuffer {
  const memory = Buffer.allocUnsafeSlow(READ_BYTES);
  const heads = createMemoryPool(HEAD_BYTES, MOST_HEADS);
  /** What resting readers left of the shared memory: each has taken it by the time that this is needed again. */
  const copies = new WeakMap<Socket, Buffer>();
  /** Of sockets whose readers rest within a body: the memory in which lies what they left, and what came since. */
  const rested = new WeakMap<Socket, Buffer[]>();
  /** Of the read that is being handled: what it gave last of a body, whether no body goes on, whether its reader rests. */
  let last: Uint8Array | undefined;
  let hasEnded = false;
  let isResting = false;
  /** Whether what comes next is more of a body, since the read that was just handled ended within it. */
  let isWithin = false;

  function take(this: Socket, bytes: number, given: Uint8Array): boolean {
    if (this.readableLength === 0) rested.get(this)?.splice(0).forEach(heads.give);
    const isShared = given === memory;
    let own = isShared ? undefined : (given as Buffer);
    let came = given.subarray(0, bytes);
    if (own !== undefined && bytes < FEW_BYTES) {
      came = Buffer.from(came);
      heads.give(own);
      own = undefined;
    }
    last = undefined;
    hasEnded = false;
    isResting = false;
    this.push(came);
    // By itself the stream tells it later, when the next read is done.
    this.emit("readable");
    const isTaken = endsLike(last, came);
    isWithin = isTaken && !hasEnded && !isResting;
    // A body follows a head that is complete: once the body was taken, nobody has an eye on either any more.
    if (isTaken && own !== undefined) heads.give(own);
    const isLeft = this.readableLength > 0;
    if (hasEnded || !(isLeft || isResting)) rested.delete(this);
    else if ((isShared || last !== undefined) && !rested.has(this)) rested.set(this, []);
    if (!isLeft) return true;
    if (isShared) keepLeft(this);
    else if (own !== undefined) rested.get(this)?.push(own);
    return false;
  }

  /** Only what lies in the shared memory is copied; behind what came before it, a stream hands out memory of its own. */
  function keepLeft(socket: Socket): void {
    const left: Buffer | null = socket.read();
    if (left === null) return;
    if (left.buffer !== memory.buffer) {
      socket.push(left);
      return;
    }
    const copy = copies.get(socket) ?? Buffer.allocUnsafeSlow(READ_BYTES);
    copies.set(socket, copy);
    socket.push(copy.subarray(0, left.copy(copy)));
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
    rests() {
      isResting = true;
    },
  };
}

/** Whether two views of memory end with the same byte. */
function endsLike(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one?.buffer === other.buffer && one.byteOffset + one.length === other.byteOffset + other.length;
}
