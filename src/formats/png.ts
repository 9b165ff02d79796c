/** Judges PNG: its signature, its first chunk, and its last one near the end. */
import { begins, type Judge } from "./probe.js";

/** See https://www.w3.org/TR/png-3/#5PNG-file-signature and 11.2. */
export const png: Judge = ({ head, tail }) => {
  if (!begins(head, "\x89PNG\r\n\x1a\n")) return "it has no PNG signature";
  if (!begins(head, "\0\0\0\rIHDR", 8)) return "it does not begin with a PNG header";
  return tail.includes("IEND\xaeB`\x82", 0, "latin1")
    ? undefined
    : "it does not end with the last chunk of a PNG: it is cut off";
};
