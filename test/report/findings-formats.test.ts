/** Findings in the formats of other programs, held against their published schemas and other people's readers. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv";
import { XmlDocument, XsdValidator } from "libxml2-wasm";
import { Parser } from "tap-parser";
import { describe, expect, it } from "vitest";
import type { VerifyReport } from "../../src/commands/reports.js";
import type { Findings } from "../../src/report/findings.js";
import { githubError, renderGithub } from "../../src/report/github.js";
import { renderJunit } from "../../src/report/junit.js";
import { renderSarif } from "../../src/report/sarif.js";
import { renderStepSummary } from "../../src/report/step-summary.js";
import { renderTap, tapBailOut } from "../../src/report/tap.js";
import { renderVerify } from "../../src/report/verify.js";
import { verifyFindings } from "../../src/report/verify-findings.js";
import { DRIVES_TERMINAL, digest, fileReport, HOSTILE, verifyReport } from "./samples.js";

const require = createRequire(import.meta.url);
/** A name that means something to every format at once. */
const NASTY = `]]>&amp;<b a="x">|%0A::error::x,y:z # SKIP \\# \`*_[x](y)_*\` ${HOSTILE}\ufffe\ud800`;

/** A report with a finding of every kind. `name` stands wherever a name from outside can stand. */
function everyFinding(name = "models/a.bin"): VerifyReport {
  const files = [
    fileReport(`${name}1`, "valid", { asset: name, proof: "hashed" }),
    fileReport(`${name}2`, "missing", { asset: name, finding: true }),
    fileReport(`${name}3`, "size-mismatch", { finding: true, expected: { size: 1 }, actual: { size: 2 } }),
    fileReport(`${name}4`, "digest-mismatch", {
      finding: true,
      expected: { sha256: digest("a") },
      actual: { sha256: digest("b") },
    }),
    fileReport(`${name}5`, "lfs-pointer", { finding: true, reason: name }),
    fileReport(`${name}6`, "unreadable", { finding: true, reason: name }),
    fileReport(`${name}7`, "unpinned"),
  ];
  const others = {
    unmatched: [name],
    extra: [{ path: name, size: 1 }],
    leftovers: [{ path: `${name}.0123456789ab.part`, size: 1 }],
  };
  return verifyReport(files, others);
}

function findingsOf(report: VerifyReport, file = "assets.manifest.json"): Findings {
  const places = {
    inManifest: (path?: string) => ({ file, line: path === undefined ? 1 : 7, column: 5 }),
    onDisk: (path: string) => ({ file: path }),
  };
  return verifyFindings(report, { places, startedAt: new Date("2026-01-02T03:04:05.678Z") });
}

const all = findingsOf(everyFinding());
const nasty = findingsOf(everyFinding(NASTY), NASTY);
const fine = findingsOf(verifyReport([fileReport("a", "valid", { proof: "hashed" })]));
const KINDS: [string, Findings][] = [
  ["findings of every kind", all],
  ["names that mean something to the format", nasty],
  ["nothing found", fine],
];

it("tell the same next command as the text for people", () => {
  const report = everyFinding();
  const fixes = all.checks.flatMap(({ problem }) => problem?.fix ?? []);
  expect(fixes).toHaveLength(4);
  expect(fixes).toContainEqual(expect.stringMatching(/^assets repair /));
  const text = renderVerify(report, { color: false });
  for (const fix of fixes) expect(text).toContain(`To mend: ${fix}`);
});

describe("SARIF", () => {
  const schema = JSON.parse(
    readFileSync(require.resolve("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"), "utf8"),
  );
  const ajv = new Ajv({ schemaId: "id", meta: false, logger: false });
  ajv.addMetaSchema(JSON.parse(readFileSync(require.resolve("ajv/lib/refs/json-schema-draft-04.json"), "utf8")));
  const isSarif = ajv.compile(schema);

  it.each(KINDS)("is valid by the schema of SARIF 2.1.0 with %s", (_, findings) => {
    isSarif(JSON.parse(renderSarif(findings)));
    expect(isSarif.errors).toBeNull();
  });

  it("is not valid by that schema when a level is none, so that the schema is known to look", () => {
    expect(isSarif(JSON.parse(renderSarif(all).replace('"level": "error"', '"level": "bad"')))).toBe(false);
  });

  it("points at the line of the manifest, relative to the sources, by a URI", () => {
    const [missing] = JSON.parse(renderSarif(findingsOf(everyFinding(), "a b/ü#.json"))).runs[0].results;
    expect(missing.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: "a%20b/%C3%BC%23.json", uriBaseId: "%SRCROOT%" },
      region: { startLine: 7, startColumn: 5 },
    });
    expect(missing).toMatchObject({ ruleId: "missing", ruleIndex: 0, level: "error" });
  });

  it("names a manifest outside of the sources by an absolute URI", () => {
    const uriOf = (file: string) => {
      return JSON.parse(renderSarif(findingsOf(everyFinding(), file))).runs[0].results[0].locations[0].physicalLocation;
    };
    expect(uriOf("/else where/m.json").artifactLocation).toEqual({ uri: "file:///else%20where/m.json" });
    expect(uriOf("C:/x/m.json").artifactLocation).toEqual({ uri: "file:///C:/x/m.json" });
  });

  it("has a rule for every finding, and fingerprints that outlast a move of the line and tell findings apart", () => {
    const [run] = JSON.parse(renderSarif(all)).runs;
    const rules = run.tool.driver.rules.map(({ id }: { id: string }) => id);
    const printsOf = (text: string): string[] =>
      JSON.parse(text).runs[0].results.map(({ partialFingerprints: prints }: never) => Object.values(prints)[0]);
    for (const { ruleId, ruleIndex } of run.results) expect(rules[ruleIndex]).toBe(ruleId);
    expect(printsOf(renderSarif(findingsOf(everyFinding(), "moved.json")))).toEqual(printsOf(renderSarif(all)));
    expect(new Set(printsOf(renderSarif(all))).size).toBe(run.results.length);
  });
});

describe("JUnit XML", () => {
  const ant = require.resolve("jest-junit-reporter/src/__tests__/fixtures/junit.xsd");

  it.each(KINDS)("is valid by the schema of Ant's JUnit task with %s", (_, findings) => {
    const schema = XmlDocument.fromBuffer(readFileSync(ant));
    const document = XmlDocument.fromString(renderJunit(findings));
    const validator = XsdValidator.fromDoc(schema);
    try {
      validator.validate(document);
      expect(() => validator.validate(XmlDocument.fromString("<testsuites><other/></testsuites>"))).toThrow();
    } finally {
      for (const used of [validator, document, schema]) used.dispose();
    }
  });

  it("counts what failed, and leaves what could not be proven to the suite's output", () => {
    const document = XmlDocument.fromString(renderJunit(all));
    try {
      const suite = (name: string) => document.get(`/testsuites/testsuite/@${name}`)?.content;
      expect([suite("tests"), suite("failures"), suite("errors")]).toEqual(["8", "7", "0"]);
      expect(document.find("//testcase/failure")).toHaveLength(7);
      expect(document.get("//system-out")?.content).toContain("models/a.bin7 (asset asset) has no pinned SHA-256");
    } finally {
      document.dispose();
    }
  });

  it("gives names back as they can be shown", () => {
    const document = XmlDocument.fromString(renderJunit(nasty));
    try {
      const name = document.get("//testcase[2]/@name")?.content ?? "";
      expect(name).toContain(`]]>&amp;<b a="x">|%0A::error::x,y:z`);
      expect(name).toContain("\\u{1b}[31m");
    } finally {
      document.dispose();
    }
  });
});

describe("TAP", () => {
  it.each([
    [all, { ok: false, count: 10, pass: 3, fail: 7, skip: 2 }],
    [nasty, { ok: false, count: 10, pass: 3, fail: 7, skip: 2 }],
    [fine, { ok: true, count: 1, pass: 1, fail: 0 }],
  ])("is read by another's parser as it is meant", (findings, meant) => {
    const extra: string[] = [];
    let version = 0;
    const parser = new Parser({ strict: true });
    parser.on("extra", (line: string) => extra.push(line));
    parser.on("version", (found: number) => {
      version = found;
    });
    parser.end(renderTap(findings));
    expect({ version, extra, bailout: parser.bailedOut }).toEqual({ version: 14, extra: [], bailout: false });
    expect(parser.results).toMatchObject(meant);
  });

  it("tells a reader where and why", () => {
    const points: { name: string; diag: unknown }[] = [];
    const parser = new Parser();
    parser.on("assert", (point: { name: string; diag: unknown }) => points.push(point));
    parser.end(renderTap(all));
    expect(points[1]).toMatchObject({
      name: "models/a.bin: models/a.bin2",
      diag: {
        message: "models/a.bin2 (asset models/a.bin) is missing.",
        rule: "missing",
        at: { file: "assets.manifest.json", line: 7, column: 5 },
      },
    });
  });

  it("says that there was no test when the run could not be made", () => {
    const parser = new Parser();
    parser.end(tapBailOut("There is no\nmanifest."));
    expect(parser.results).toMatchObject({ ok: false, bailout: "There is no\\nmanifest." });
  });
});

describe("GitHub annotations", () => {
  it("stand on the line of the manifest, one line each", () => {
    expect(renderGithub(all).split("\n")[0]).toBe(
      "::error file=assets.manifest.json,line=7,col=5,title=A file that the manifest pins is not there::models/a.bin2 (asset models/a.bin) is missing. To mend: assets download models/a.bin",
    );
    expect(renderGithub(all).split("\n").filter(Boolean)).toHaveLength(10);
  });

  it("escape what would end a property or the message, as the runner undoes it", () => {
    const lines = renderGithub(nasty).trimEnd().split("\n");
    for (const line of lines.slice(0, -1)) {
      const [, properties = "", message = ""] = /^::(?:error|warning|notice) ([^\r\n]*?)::(.*)$/.exec(line) ?? [];
      const keys = properties.split(",").map((each) => each.slice(0, each.indexOf("=")));
      expect(keys.every((key) => ["file", "line", "col", "title"].includes(key))).toBe(true);
      expect(message).not.toBe("");
    }
    expect(lines[0]).toContain("%250A%3A%3Aerror%3A%3Ax%2Cy%3Az");
    expect(lines.at(-1)?.startsWith("::")).toBe(false);
    expect(githubError("assets: verify", "one\ntwo 100%")).toBe("::error title=assets%3A verify::one%0Atwo 100%25\n");
  });

  it("weigh what nothing can prove as a warning, and leftovers as a notice", () => {
    const lines = renderGithub(all).split("\n");
    expect(lines.find((line) => line.includes("bin7"))).toMatch(/^::warning /);
    expect(lines.find((line) => line.includes(".part"))).toMatch(/^::notice /);
  });
});

describe("the step summary", () => {
  it("is a table of what was found, in which no name is Markdown or HTML", () => {
    const rows = renderStepSummary(nasty)
      .split("\n")
      .filter((line) => line.startsWith("| ") && !line.startsWith("| ---"));
    expect(rows).toHaveLength(1 + 9);
    for (const row of rows) expect(row.split("|")).toHaveLength(6);
    expect(renderStepSummary(nasty).replaceAll(/<\/?code>/g, "")).not.toMatch(/[<>[\]`*]/);
  });

  it("has no table when nothing was found", () => {
    expect(renderStepSummary(fine)).toBe(
      "### ✅ assets verify\n\n1 file, 2.3 MB verified in 0.4 s&#58; all match the manifest.\n\n",
    );
  });

  it("stays under the size that GitHub takes", () => {
    const files = Array.from({ length: 5000 }, (_, index) => fileReport(`${index}/${"_".repeat(4000)}`, "missing"));
    const text = renderStepSummary(findingsOf(verifyReport(files)));
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024);
    expect(text.slice(-40)).toMatch(/… and 4,\d{3} more findings\.\n\n$/);
  });
});

it.each([
  ["SARIF", renderSarif],
  ["JUnit", renderJunit],
  ["TAP", renderTap],
  ["GitHub", renderGithub],
  ["Markdown", renderStepSummary],
])("%s drives no terminal, whatever the names are", (_, render) => {
  expect(render(nasty).replaceAll("\n", "")).not.toMatch(DRIVES_TERMINAL);
  expect(render(nasty)).not.toContain("\ud800");
});
