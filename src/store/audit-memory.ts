/** What hosts answered about URLs, so that they are not asked again and again: `.assets/audit.json`. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { HOME_FOLDER, homeFolder } from "./home.js";
import { readWhole, replaceWhole } from "./whole-text.js";

/** An answer. URLs are kept as digests, since they may hold what nobody else should read. */
export interface Remembered {
  /** Milliseconds since the epoch. */
  at: number;
  status: "alive" | "dead" | "refused" | "unreachable";
  size?: number;
  sha256?: string;
  ranges?: boolean;
  message?: string;
}

const MOST_BYTES = 64 * 2 ** 20;
const STATUSES = ["alive", "dead", "refused", "unreachable"];

/** The key of a URL. */
export function auditKey(url: string): string {
  return createHash("sha256").update(url).digest("hex").slice(0, 32);
}

/** Reads it. A missing, damaged or foreign memory is an empty one. */
export async function readAuditMemory(root: string): Promise<Map<string, Remembered>> {
  try {
    const bytes = await readWhole(join(root, HOME_FOLDER, "audit.json"), MOST_BYTES, "replace");
    const parsed: unknown = JSON.parse(bytes?.toString("utf8") ?? "{}");
    return new Map(Object.entries(parsed as Record<string, Remembered>).filter(([, value]) => isRemembered(value)));
  } catch {
    return new Map();
  }
}

/** Writes it. Failing costs nothing but questions, so it throws nothing. */
export async function writeAuditMemory(root: string, memory: ReadonlyMap<string, Remembered>): Promise<void> {
  try {
    const file = join(await homeFolder(root), "audit.json");
    await replaceWhole(file, `${JSON.stringify(Object.fromEntries(memory))}\n`, "replace");
  } catch {
    // A read-only or full disk.
  }
}

function isRemembered(value: unknown): value is Remembered {
  if (typeof value !== "object" || value === null) return false;
  const { at, status, size, sha256, message } = value as Record<string, unknown>;
  const isSize = size === undefined || Number.isSafeInteger(size);
  const areTexts = [sha256, message].every((text) => text === undefined || typeof text === "string");
  return Number.isFinite(at) && STATUSES.includes(status as string) && isSize && areTexts;
}
