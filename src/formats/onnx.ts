/** Judges ONNX: a protobuf message with the fields of a model, none of which goes beyond the end. */
import { cutOff, type Judge, type Probe } from "./probe.js";

/** The fields of a `ModelProto` by number, and the wire type of each: 0 for a number, 2 for bytes of some length. */
const FIELDS: Readonly<Record<number, 0 | 2>> = {
  1: 0, // ir_version
  2: 2, // producer_name
  3: 2, // producer_version
  4: 2, // domain
  5: 0, // model_version
  6: 2, // doc_string
  7: 2, // graph
  8: 2, // opset_import
  14: 2, // metadata_props
  20: 2, // training_info
  25: 2, // functions
  26: 2, // configuration
};
/** A varint has at most so many bytes. */
const MOST_VARINT = 10;
/** What stands behind the graph is read if it has no more bytes than this. */
const MOST_TAIL = 64 * 1024;

/**
 * See https://github.com/onnx/onnx/blob/main/onnx/onnx.proto and https://protobuf.dev/programming-guides/encoding/. Fields
 * are followed as far as the two ends show them.
 */
export const onnx: Judge = (probe) => {
  const { size, head, tail } = probe;
  for (let at = 0; at < size; ) {
    const isShown = at + 2 * MOST_VARINT <= head.length || at >= size - tail.length;
    if (!isShown && size - at > MOST_TAIL) return undefined;
    if (!isShown) return { tail: size - at };
    const tag = varint(probe, at);
    if (tag === undefined || FIELDS[Math.floor(tag.value / 8)] !== tag.value % 8) return NONE;
    const number = varint(probe, tag.end);
    if (number === undefined) return NONE;
    at = tag.value % 8 === 2 ? number.end + number.value : number.end;
    if (at > size) return cutOff(Number.isSafeInteger(at) ? at - size : "many", "of its model");
  }
  return undefined;
};

const NONE = "it is no message with the fields of an ONNX model";

/** A number of seven bits a byte; undefined where it does not end before the file does, or has too many bytes. */
function varint({ size, head, tail }: Probe, at: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < MOST_VARINT; index++) {
    const byte = head[at + index] ?? tail[at + index - (size - tail.length)];
    if (byte === undefined) return undefined;
    value += (byte % 128) * 128 ** index;
    if (byte < 128) return { value, end: at + index + 1 };
  }
  return undefined;
}
