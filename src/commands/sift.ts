/** Tells those of many changes apart that a manifest cannot have, so that they keep no others out. */
import { AssetsError } from "../errors.js";

/** A trial costs as much as reading the manifest, and all of them are made while other runs wait. */
const MOST_TRIALS = 100;

/** What can be written together, in its order, and why the rest cannot. */
export interface Sifted<T> {
  readonly kept: readonly T[];
  readonly refused: ReadonlyMap<T, AssetsError>;
}

/**
 * `flawOf`: what is wrong with writing some of them together. Halves what cannot be written until what is wrong stands
 * alone; where most is wrong, what is not known to be right is refused with it.
 */
export function sift<T>(items: readonly T[], flawOf: (some: readonly T[]) => AssetsError | undefined): Sifted<T> {
  const kept: T[] = [];
  const refused = new Map<T, AssetsError>();
  const waiting = [items];
  let trials = 0;
  for (let some = waiting.pop(); some !== undefined; some = waiting.pop()) {
    if (some.length === 0) continue;
    const flaw = trials++ < MOST_TRIALS ? flawOf([...kept, ...some]) : tooMany();
    if (flaw === undefined) kept.push(...some);
    else if (some.length === 1 || trials > MOST_TRIALS) for (const item of some) refused.set(item, flaw);
    else {
      const middle = Math.ceil(some.length / 2);
      waiting.push(some.slice(middle), some.slice(0, middle));
    }
  }
  return { kept, refused };
}

function tooMany(): AssetsError {
  return new AssetsError("MANIFEST_INVALID", "Too much else cannot be written to tell whether this can.", {
    hint: "Mend what is named beside it, and run the same command again.",
  });
}
