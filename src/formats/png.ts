/** Judges PNG: its signature, its first chunk, and its last one near the end. */
import { begins, type Judge } from "./probe.js";

/** What some programs write behind the last chunk is looked through no further than this, in bytes. */
const MOST_BEHIND = 1024 * 1024;

/** See https://www.w3.org/TR/png-3/#5PNG-file-signature and 11.2. */
export const png: Judge = ({ size, head, tail }) => {
  if (!begins(head, "\x89PNG\r\n\x1a\n")) return "it has no PNG signature";
  if (!begins(head, "\0\0\0\rIHDR", 8)) return "it does not begin with a PNG header";
  if (tail.includes("IEND\xaeB`\x82", 0, "latin1")) return undefined;
  const wanted = Math.min(size, MOST_BEHIND);
  return tail.length < wanted ? { tail: wanted } : "it does not end with the last chunk of a PNG: it is cut off";
};
