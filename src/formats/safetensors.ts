/** Judges safetensors: a header's length, the header in JSON, then the bytes of the tensors and nothing else. */
import { cutOff, type Judge, uint64 } from "./probe.js";

/** Longest header that the format's own reader takes, in bytes. */
const MOST_HEADER = 100_000_000;
/** Longer ones are not read, only measured. */
const READ_HEADER = 16 * 1024 * 1024;
const LENGTH = 8;

/** See https://huggingface.co/docs/safetensors/index#format. */
export const safetensors: Judge = ({ size, head }) => {
  if (size < LENGTH + 2) return "it is shorter than any safetensors header";
  const length = uint64(head, 0);
  if (length > MOST_HEADER) return "it does not begin with the length of a safetensors header";
  if (head[LENGTH] !== 0x7b) return "its safetensors header does not begin with {";
  if (LENGTH + length > size) return `its safetensors header has ${length} bytes, more than are there: it is cut off`;
  if (length > READ_HEADER) return undefined;
  if (head.length < LENGTH + length) return { head: LENGTH + length };
  const ends = endOfTensors(head.toString("utf8", LENGTH, LENGTH + length));
  if (ends === undefined) return "its safetensors header cannot be read";
  const rest = size - LENGTH - length;
  if (ends > rest) return cutOff(ends - rest, "of its tensors");
  const more = rest - ends;
  return more > 0 ? `${more === 1 ? "1 byte follows" : `${more} bytes follow`} its last tensor` : undefined;
};

/** Where the last tensor ends, from the end of the header on; undefined for what is no header. */
function endOfTensors(text: string): number | undefined {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) return undefined;
  let ends = 0;
  for (const [name, tensor] of Object.entries(header as Record<string, { data_offsets?: unknown } | null>)) {
    if (name === "__metadata__") continue;
    const offsets = tensor?.data_offsets;
    if (!Array.isArray(offsets) || offsets.length !== 2) return undefined;
    const [start, end] = offsets as unknown[];
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end)) return undefined;
    if ((start as number) < 0 || (end as number) < (start as number)) return undefined;
    ends = Math.max(ends, end as number);
  }
  return ends;
}
