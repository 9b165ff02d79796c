/** Findings in SARIF 2.1.0 (OASIS), as code scanners and editors read them. */
import { createHash } from "node:crypto";
import { version } from "../version.js";
import { type Finding, type FindingPlace, type Findings, messageOf, problemsOf, type Rule } from "./findings.js";
import { oneLine } from "./format.js";

/** The variable that readers replace by the folder of the sources. */
const SOURCES = "%SRCROOT%";

/** One document with one run. */
export function renderSarif(findings: Findings): string {
  const problems = problemsOf(findings);
  const known = new Map(findings.rules.map(({ id }, index) => [id, index]));
  const driver = { name: "assets", semanticVersion: version, rules: findings.rules.map(ruleOf) };
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver },
        automationDetails: { id: `assets/${findings.command}/` },
        invocations: [
          {
            executionSuccessful: true,
            startTimeUtc: findings.startedAt.toISOString(),
            endTimeUtc: new Date(findings.startedAt.getTime() + findings.durationMs).toISOString(),
          },
        ],
        originalUriBaseIds: { [SOURCES]: { description: { text: "The folder that the paths are relative to." } } },
        columnKind: "utf16CodeUnits",
        results: problems.map((finding) => resultOf(finding, known.get(finding.problem.rule) ?? -1)),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function ruleOf({ id, summary, help }: Rule): object {
  const name = id.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase());
  return { id, name, shortDescription: { text: summary }, help: { text: help } };
}

function resultOf(finding: Finding, ruleIndex: number): object {
  const { group, name, problem } = finding;
  const { rule, level, place } = problem;
  // Neither the line nor what was found: the same fault stays the same when either changes.
  const print = createHash("sha256")
    .update(JSON.stringify([rule, group, name]))
    .digest("hex");
  return {
    ruleId: rule,
    ruleIndex,
    level,
    message: { text: oneLine(messageOf(finding)) },
    ...(place !== undefined && { locations: [{ physicalLocation: locationOf(place) }] }),
    partialFingerprints: { "assetsFinding/v1": print },
  };
}

function locationOf({ file, line, column }: FindingPlace): object {
  const path = oneLine(file).split("/").map(encodeURIComponent).join("/");
  const isAbsolute = /^\/|^[a-z]:\//i.test(file);
  const artifactLocation = isAbsolute
    ? { uri: `file://${path.startsWith("/") ? "" : "/"}${path.replace(/^([a-z])%3A/i, "$1:")}` }
    : { uri: path, uriBaseId: SOURCES };
  if (line === undefined) return { artifactLocation };
  return { artifactLocation, region: { startLine: line, ...(column !== undefined && { startColumn: column }) } };
}
