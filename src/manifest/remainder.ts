/** What can be examined further of an asset in which some keys are wrong, so that all its problems are told at once. */
import type { Finding, JsonPath } from "./issues.js";

/** An asset without its faulty keys. */
export interface Remainder {
  value: Record<string, unknown>;
  /** Keys that were taken out. */
  without: ReadonlySet<string>;
}

/** Keys whose absence other findings tell of. */
const PLACES = ["files", "url", "localPath", "path", "destination"];

/** Takes every key out that has a finding. Undefined when the asset as a whole is none. `at` leads to it. */
export function remainderOf(asset: unknown, at: JsonPath, findings: readonly Finding[]): Remainder | undefined {
  if (typeof asset !== "object" || asset === null || Array.isArray(asset)) return undefined;
  const without = new Set(findings.map(({ path }) => String(path[at.length] ?? "")));
  const kept = Object.entries(asset).filter(([key]) => !without.has(key));
  // An id is only needed to go on: what is wrong with it is told already.
  const id = without.has("id") ? { id: "asset" } : {};
  return { value: { ...Object.fromEntries(kept), ...id }, without };
}

/** Whether a finding about such a remainder stands by itself, and does not come of what was taken out. */
export function standsAlone(finding: Finding, at: JsonPath, without: ReadonlySet<string>): boolean {
  const key = finding.path[at.length];
  if (key === undefined) return !PLACES.some((place) => without.has(place));
  return key !== "type" || !(without.has("type") || without.has("tags"));
}
