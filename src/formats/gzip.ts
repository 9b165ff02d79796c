/** Judges gzip: its magic, its method, its flags, and the least that can follow. */
import { begins, type Judge } from "./probe.js";

/** A header, a block of nothing, and the trailer, in bytes. */
const LEAST = 20;

/** See RFC 1952, 2.3. */
export const gzip: Judge = ({ size, head }) => {
  if (!begins(head, "\x1f\x8b")) return "it does not begin like gzip";
  if (size < LEAST) return "it is shorter than anything that gzip writes: it is cut off";
  if (head[2] !== 8 || ((head[3] ?? 0) & 0xe0) !== 0) return "its gzip header cannot be read";
  return undefined;
};
