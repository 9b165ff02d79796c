/** Judges GGUF: its magic, its version, and whether what it announces can fit into it. */
import { begins, type Judge, uint64 } from "./probe.js";

const HEADER = 24;
/** The shortest description of a tensor (name, dimensions, type, offset), and the shortest key with its value, in bytes. */
const LEAST_TENSOR = 24;
const LEAST_PAIR = 13;
/** There are three versions; more are to be expected. */
const MOST_VERSION = 255;

/** See https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Version 1 counts in 32 bits, a big-endian file the other way round. */
export const gguf: Judge = ({ size, head }) => {
  if (!begins(head, "GGUF")) return "it does not begin with GGUF";
  if (size < HEADER) return "it ends within its GGUF header: it is cut off";
  const version = head.readUInt32LE(4);
  const isBig = version > MOST_VERSION && head.readUInt32BE(4) <= MOST_VERSION;
  if (isBig) return undefined;
  if (version === 0 || version > MOST_VERSION) return `there is no GGUF version ${version}`;
  if (version === 1) return undefined;
  const announced = HEADER + uint64(head, 8) * LEAST_TENSOR + uint64(head, 16) * LEAST_PAIR;
  return announced > size ? "it is too short for the tensors and keys that it announces: it is cut off" : undefined;
};
