/** What a measured pin rests on, in words. */
import type { AddedFile, PinnedFile } from "../commands/author-reports.js";
import { DIGEST_NAMES } from "../commands/settle-pins.js";
import { oneLine } from "./format.js";

/** Begins with "measured": of which bytes, and what was stated of them. */
export function measuredWords({
  fetched,
  checkedBy = [],
}: Pick<AddedFile | PinnedFile, "fetched" | "checkedBy">): string {
  const of = `measured${fetched === false ? " of the file that is here" : ""}`;
  if (checkedBy.length === 0) return `${of}: nobody states what it should be`;
  const right = checkedBy.map(({ algorithm, statedBy }) => {
    const who = statedBy === undefined ? "of the manifest" : `stated by ${oneLine(statedBy)}`;
    return `the ${DIGEST_NAMES[algorithm]} ${who} is right`;
  });
  return `${of}; ${right.join(", ")}`;
}
