/** Findings as JUnit XML, in the narrow dialect that the readers of Ant, Jenkins and GitLab have in common. */
import { version } from "../version.js";
import { type Check, type Findings, messageOf, problemsOf } from "./findings.js";
import { oneLine } from "./format.js";

/**
 * One suite with a test for each check. What was not checked for good, such as a file without a pin, has no test but a
 * line in the suite's output: it has neither passed nor failed.
 */
export function renderJunit(findings: Findings): string {
  const tests = findings.checks.filter(({ problem }) => problem === undefined || problem.level === "error");
  const failures = tests.filter(({ problem }) => problem !== undefined).length;
  const others = problemsOf(findings).filter(({ problem }) => problem.level !== "error");
  const seconds = (findings.durationMs / 1000).toFixed(3);
  const name = `assets ${findings.command}`;
  const counts = { tests: tests.length, failures, errors: 0, time: seconds };
  const suite = attributes({
    name,
    package: "assets",
    id: 0,
    // A machine's name is nobody's business, and this is what stands for an unknown one.
    hostname: "localhost",
    timestamp: findings.startedAt.toISOString().slice(0, 19),
    ...counts,
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    `  <testsuite ${suite}>`,
    "    <properties>",
    `      <property ${attributes({ name: "assets.version", value: version })}/>`,
    "    </properties>",
    ...tests.map(testOf),
    `    <system-out>${content([findings.summary, ...others.map(messageOf)].map(oneLine).join("\n"))}</system-out>`,
    "    <system-err></system-err>",
    "  </testsuite>",
    "</testsuites>\n",
  ].join("\n");
}

function testOf({ group, name, problem }: Check): string {
  const test = `    <testcase ${attributes({ classname: group, name, time: "0" })}`;
  if (problem === undefined) return `${test}/>`;
  const { rule, message, fix, place } = problem;
  const lines = [
    message,
    ...(fix === undefined ? [] : [`To mend: ${fix}`]),
    ...(place === undefined ? [] : [`${place.file}${place.line === undefined ? "" : `:${place.line}`}`]),
  ];
  const failure = `<failure ${attributes({ type: rule, message })}>${content(lines.map(oneLine).join("\n"))}</failure>`;
  return `${test}>\n      ${failure}\n    </testcase>`;
}

function attributes(values: Record<string, string | number>): string {
  const one = ([name, value]: [string, string | number]) => `${name}="${content(oneLine(String(value)))}"`;
  return Object.entries(values).map(one).join(" ");
}

/** XML 1.0 has no way to write some characters: they go. Others would end the text or the attribute. */
function content(text: string): string {
  return text
    .replace(/[^\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "")
    .replace(/[<>&"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
