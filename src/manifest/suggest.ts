/** Guesses which known word somebody meant. */
import { distance } from "fastest-levenshtein";

// Longer words are no typing slips, and comparing them costs time.
const MAX_LENGTH = 200;

/** The known word that `word` was most likely meant to be, or undefined when none is near. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  return nearestFew(word, candidates, 1)[0];
}

/** Up to `count` known words, the likeliest first; empty when none is near. */
export function nearestFew(word: string, candidates: Iterable<string>, count: number): string[] {
  const wanted = word.toLowerCase();
  if (wanted === "" || wanted.length > MAX_LENGTH) return [];
  const near: { candidate: string; score: number }[] = [];
  for (const candidate of candidates) {
    const score = scoreOf(wanted, candidate.toLowerCase());
    if (score !== undefined) near.push({ candidate, score });
  }
  near.sort((a, b) => a.score - b.score);
  return near.slice(0, count).map(({ candidate }) => candidate);
}

/** Smaller is nearer: below 1 a typing slip, from 1 on a part of the word. Undefined is far. */
function scoreOf(wanted: string, known: string): number | undefined {
  const longest = Math.max(wanted.length, known.length);
  // Letters in another order are one slip of the fingers, not two.
  const swapped = wanted !== known && sortedLetters(wanted) === sortedLetters(known);
  const slips = swapped ? 1 : distance(wanted, known);
  if (slips <= Math.max(1, Math.floor(longest * 0.4)) && slips < longest) return slips / longest;
  if (wanted.length >= 3 && known.includes(wanted)) return 1 + known.indexOf(wanted) / known.length;
  return undefined;
}

function sortedLetters(word: string): string {
  return [...word].sort().join("");
}
