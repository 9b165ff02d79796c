/** Judges Parquet: its magic at both ends, between which its footer fits. */
import { begins, type Judge } from "./probe.js";

const MAGIC = 4;
const ENDING = 8;

/** See https://parquet.apache.org/docs/file-format/. `PARE` is a file with an encrypted footer. */
export const parquet: Judge = ({ size, head, tail }) => {
  if (!begins(head, "PAR1") && !begins(head, "PARE")) return "it does not begin with PAR1";
  if (size < MAGIC + ENDING) return "it ends behind its beginning: it is cut off";
  if (tail.compare(head, 0, MAGIC, tail.length - MAGIC) !== 0) return "it does not end as it begins: it is cut off";
  const footer = tail.readUInt32LE(tail.length - ENDING);
  return MAGIC + footer + ENDING > size ? "its footer does not fit into it" : undefined;
};
