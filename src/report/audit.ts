/** The answer of `assets audit` as text and as findings. */
import type { AuditedUrl, AuditReport, UrlStatus } from "../commands/author-reports.js";
import { createColors } from "./colors.js";
import type { Check, FindingPlace, Findings, Rule } from "./findings.js";
import { oneLine, plural } from "./format.js";
import type { RenderOptions } from "./table.js";

const WORDS: Readonly<Record<UrlStatus, readonly [rule: string, summary: string, help: string]>> = {
  dead: ["url-dead", "A URL is gone.", "Name another one, or the place it has moved to."],
  changed: ["url-changed", "A URL has other bytes than are pinned.", "Name the version that was pinned."],
  refused: ["url-refused", "A host refuses access.", "Set a login (docs/network.md), or name another URL."],
  unreachable: ["url-unreachable", "A URL does not answer as it should.", "Try again later, or name another URL."],
  alive: ["no-ranges", "A URL gives no part of a file.", "An interrupted download begins anew there."],
  unknown: ["url-unknown", "A URL was never asked.", "assets audit --remote asks it."],
};

const RULES: readonly Rule[] = Object.values(WORDS).map(([id, summary, help]) => ({ id, summary, help }));

/** What is wrong with which URL, then one line of summary. */
export function renderAudit(report: AuditReport, { color, verbose, program = "assets" }: RenderOptions): string {
  const colors = createColors(color);
  const { urls } = report;
  const shown = urls.filter(({ level, status }) => verbose || (level !== undefined && status !== "unknown"));
  const lines = shown.map(({ level, status, path, url, message }) => {
    const paint = level === "error" ? colors.bad : level === "warning" ? colors.warn : colors.quiet;
    const why = message === undefined ? "" : `\n  ${oneLine(message)}`;
    return `${paint(status)}  ${oneLine(path)}  ${oneLine(url)}${why}\n`;
  });
  const unknown = urls.filter(({ status }) => status === "unknown").length;
  const ask = colors.command(`${program} audit --remote`);
  const next = unknown > 0 ? `${plural(unknown, "URL")} nobody has asked yet: ${ask}\n` : "";
  const again = colors.command(`${program} audit --remote --max-age 0s`);
  const isOld = report.totals.remembered > 0 && shown.length > 0;
  const old = isOld ? `${plural(report.totals.remembered, "answer")} of before; to ask again: ${again}\n` : "";
  return `${lines.join("")}${next}${old}${summary(report)}\n`;
}

function summary({ urls, totals: { errors, warnings, asked } }: AuditReport): string {
  const alive = urls.filter(({ status }) => status === "alive").length;
  const oldest = urls
    .map(({ checkedAt }) => checkedAt ?? "")
    .filter((at) => at !== "")
    .sort()[0];
  const when = oldest === undefined ? "" : ` The oldest answer is of ${oldest.slice(0, 10)}.`;
  return `${plural(urls.length, "URL")}, ${asked} asked now: ${alive} alive, ${plural(errors, "error")}, ${plural(warnings, "warning")}.${when}`;
}

/** The findings for other programs. */
export function auditFindings(
  report: AuditReport,
  { place, startedAt }: { place: FindingPlace; startedAt: Date },
): Findings {
  const checks = report.urls.map((each): Check => {
    const check = { group: each.asset, name: `${each.path} (${each.url})` };
    return each.level === undefined ? check : { ...check, problem: problemOf(each, each.level, place) };
  });
  const { durationMs } = report;
  return { command: "audit", rules: RULES, checks, summary: summary(report), startedAt, durationMs };
}

function problemOf(
  { status, path, url, message = "", line, column }: AuditedUrl,
  level: NonNullable<AuditedUrl["level"]>,
  place: FindingPlace,
): NonNullable<Check["problem"]> {
  const words = message === "" ? "" : `: ${message.replace(/\.$/, "")}`;
  return { rule: WORDS[status][0], level, message: `${path} from ${url}${words}.`, place: { ...place, line, column } };
}
