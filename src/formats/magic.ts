/** Judges formats that only their first bytes are looked at of. */
import { begins, type Judge } from "./probe.js";

/** Judges by a text of latin-1 at the beginning, or `at` some byte. */
export function magic(name: string, texts: readonly string[], at = 0): Judge {
  return ({ head }) => (texts.some((text) => begins(head, text, at)) ? undefined : `it does not begin like ${name}`);
}

/** Judges as the first judge to be content does; when none is, as the first of all does. */
export function either(...judges: readonly [Judge, ...Judge[]]): Judge {
  return (probe) => {
    const verdicts = judges.map((judge) => judge(probe));
    if (verdicts.includes(undefined)) return undefined;
    return verdicts.find((verdict) => typeof verdict === "object") ?? verdicts[0];
  };
}
