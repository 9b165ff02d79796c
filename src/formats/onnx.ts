/** Judges ONNX: a protobuf message with the fields of a model, none of which goes beyond the end. */
import type { Judge } from "./probe.js";

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

/**
 * See https://github.com/onnx/onnx/blob/main/onnx/onnx.proto and https://protobuf.dev/programming-guides/encoding/. Fields
 * are followed as far as the head reaches.
 */
export const onnx: Judge = ({ size, head }) => {
  for (let at = 0; at < size; ) {
    const tag = varint(head, at);
    // The head ends here, and all before it was plausible.
    if (tag === undefined) return at + MOST_VARINT > head.length ? undefined : NONE;
    const wire = tag.value % 8;
    if (FIELDS[Math.floor(tag.value / 8)] !== wire) return NONE;
    const number = varint(head, tag.end);
    if (number === undefined) return tag.end + MOST_VARINT > head.length ? undefined : NONE;
    at = wire === 2 ? number.end + number.value : number.end;
    if (at > size)
      return `${Number.isSafeInteger(at) ? at - size : "many"} bytes of its model are missing: it is cut off`;
  }
  return undefined;
};

const NONE = "it does not begin like an ONNX model";

/** A number of seven bits a byte; undefined where it does not end within the bytes, or has too many of them. */
function varint(bytes: Buffer, at: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < MOST_VARINT; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    value += (byte % 128) * 128 ** index;
    if (byte < 128) return { value, end: at + index + 1 };
  }
  return undefined;
}
