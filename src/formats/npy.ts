/** Judges npy: its magic, its header, and whether it has as many bytes as its array takes. */
import { begins, cutOff, type Judge } from "./probe.js";

/** See https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. */
export const npy: Judge = ({ size, head }) => {
  if (!begins(head, "\x93NUMPY")) return "it does not begin like an array of NumPy";
  const major = head[6] ?? 0;
  if (major < 1 || major > 3) return `there is no npy version ${major}`;
  const start = major === 1 ? 10 : 12;
  if (head.length < start) return CUT;
  const length = major === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8);
  if (start + length > size) return CUT;
  // A header of many fields may go beyond the head; the array is then not measured.
  if (start + length > head.length) return undefined;
  const header = head.toString("latin1", start, start + length);
  if (!header.startsWith("{")) return "its header is no description of an array";
  const wanted = bytesOf(header);
  const missing = wanted === undefined ? 0 : start + length + wanted - size;
  return missing > 0 ? cutOff(missing, "of its array") : undefined;
};

const CUT = "it ends within its header: it is cut off";

/** Bytes that an array takes, for plain types: a letter and a width. */
function bytesOf(header: string): number | undefined {
  const [, kind = "", width = ""] = /'descr': '[<>|=]?([biufcSU])(\d{1,6})'/.exec(header) ?? [];
  const [, shape] = /'shape': \(([\d, ]*)\)/.exec(header) ?? [];
  if (kind === "" || shape === undefined) return undefined;
  const items = shape.split(",").flatMap((part) => (part.trim() === "" ? [] : [Number(part)]));
  // A character of U has four bytes.
  return items.reduce((product, each) => product * each, Number(width) * (kind === "U" ? 4 : 1));
}
