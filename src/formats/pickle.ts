/** Judges pickles by the first byte and, where that tells little, the last. Nothing of one is ever run: to load a pickle is to run it. */
import type { Judge } from "./probe.js";

const PROTO = 0x80;
const MOST_PROTOCOL = 5;
const STOP = 0x2e;
/** With which operations a pickle of the protocols 0 and 1, which tell no protocol, can begin. */
const OLD = new Set(Buffer.from("(]}cNIJKMLFGSTUVX)\x88\x89", "latin1"));

/** See https://github.com/python/cpython/blob/main/Lib/pickletools.py. */
export const pickle: Judge = ({ head, tail }) => {
  const [first = 0, protocol = 0] = head;
  if (first === PROTO) return protocol <= MOST_PROTOCOL ? undefined : `there is no pickle protocol ${protocol}`;
  return OLD.has(first) && tail.at(-1) === STOP ? undefined : "it does not begin like a pickle";
};
