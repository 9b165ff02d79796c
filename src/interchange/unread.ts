/** Stands in a list where a value was not read, so that what belongs to it can be refused by name and the rest be read. */

const PROBLEM = Symbol("why it was not read");

/** A value that was not read. */
export interface Unread {
  readonly [PROBLEM]: string;
  /** Where it stands, from 1 on. */
  readonly line: number;
}

/** Makes one; `problem` as it reads after a colon. */
export function unread(problem: string, line: number): Unread {
  return { [PROBLEM]: problem, line };
}

/** Whether a value is one. */
export function isUnread(value: unknown): value is Unread {
  return typeof value === "object" && value !== null && PROBLEM in value;
}

/** Why it was not read. */
export function problemOf(value: Unread): string {
  return value[PROBLEM];
}

/** The first in a value or in what it holds. */
export function firstUnread(value: unknown): Unread | undefined {
  if (isUnread(value)) return value;
  if (typeof value !== "object" || value === null) return undefined;
  for (const member of Object.values(value)) {
    const found = firstUnread(member);
    if (found !== undefined) return found;
  }
  return undefined;
}
