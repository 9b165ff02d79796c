/** Reads a `Range` header: one range of bytes, or the whole file where the header cannot be taken (RFC 9110, 14.2). */

/** The first and the last byte, or that no byte lies within. */
export type Range = { start: number; end: number } | "whole" | "none";

export function rangeOf(header: string | undefined, size: number): Range {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return "whole";
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "none" : { start: size - length, end: size - 1 };
  }
  const [start, end] = [Number(first), Math.min(last === "" ? size : Number(last), size - 1)];
  if (last !== "" && Number(last) < start) return "whole";
  return start >= size ? "none" : { start, end };
}
