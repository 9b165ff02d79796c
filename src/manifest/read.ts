/** Reads the text of a manifest into its normalised form, or into everything that is wrong with it, each with its line. */
import { safeText, visibleLine } from "../errors.js";
import { baseOf, piecesOf, type ReadOptions, reservedIn, rootOf } from "./bases.js";
import { findCollisions } from "./collisions.js";
import { type Finding, formatFound, formatPath, type JsonPath, MAX_ISSUES, type ManifestIssue } from "./issues.js";
import { type Claim, normaliseAsset } from "./normalise.js";
import { parseJson } from "./parse.js";
import { foldPath } from "./paths.js";
import { lineAndColumn } from "./position.js";
import { remainderOf, standsAlone } from "./remainder.js";
import { parseAsset, parseEnvelope } from "./schema.js";
import type { Asset, Manifest } from "./types.js";

/** What came of a text: the manifest, or else at least one issue, in the order of the text. */
export interface ReadResult {
  manifest?: Manifest;
  issues: ManifestIssue[];
}

/** Reads a manifest. Touches no file and throws nothing. No more than {@link MAX_ISSUES} issues are collected. */
export function readManifest(source: string, options: ReadOptions): ReadResult {
  const { file, root } = options;
  const text = source.replace(/^\ufeff/, "");
  const { value, findings, offsetOf } = parseJson(text);
  const position = lineAndColumn(text);
  const lineOf = ({ at, onKey }: Claim) => position(offsetOf(at(), onKey)).line;
  const fail = (all: Finding[]) => ({ issues: toIssues(all, position, offsetOf) });

  if (text.trim() === "") return fail([{ path: [], message: "the file is empty", suggestion: EMPTY }]);
  if (findings.length > 0) return fail(findings);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return fail([{ path: [], found: value, message: "a manifest is an object", suggestion: EMPTY }]);
  }
  const envelope = parseEnvelope(value, { ignoreRoot: root !== undefined });
  findings.push(...envelope.findings);

  const base = baseOf(file);
  const rawAssets = "assets" in value && Array.isArray(value.assets) ? value.assets : [];
  const assets: Asset[] = [];
  const claims: Claim[] = [];
  for (const [index, rawAsset] of rawAssets.entries()) {
    if (findings.length >= MAX_ISSUES) break;
    const at = ["assets", index];
    const parsed = parseAsset(rawAsset, at);
    if (parsed.value === undefined) {
      findings.push(...parsed.findings);
      const rest = remainderOf(rawAsset, at, parsed.findings);
      const again = rest && parseAsset(rest.value, at).value;
      if (rest === undefined || again === undefined) continue;
      const examined = normaliseAsset(again, at, base);
      for (const claim of examined.claims) claims.push(claim);
      findings.push(...examined.findings.filter((finding) => standsAlone(finding, at, rest.without)));
      continue;
    }
    const normalised = normaliseAsset(parsed.value, at, base);
    findings.push(...normalised.findings.slice(0, MAX_ISSUES));
    for (const claim of normalised.claims) claims.push(claim);
    assets.push(normalised.asset);
  }
  findings.push(...findSharedIds(rawAssets, (path) => position(offsetOf(path)).line));
  const usedRoot = rootOf(options, envelope.value?.root);
  findings.push(...findCollisions(claims, reservedIn(usedRoot, file), lineOf).slice(0, MAX_ISSUES));
  if (findings.length > 0) return fail(findings);
  const pieces = piecesOf(envelope.value?.pieces);
  return { manifest: { file, base, root: usedRoot, version: 1, ...pieces, assets }, issues: [] };
}

const EMPTY = 'Write { "version": 1, "assets": [] } and fill it.';

/** Ids that two assets have, whatever else is wrong with the two. */
function findSharedIds(assets: readonly unknown[], lineOf: (path: JsonPath) => number): Finding[] {
  const owners = new Map<string, JsonPath>();
  const findings: Finding[] = [];
  for (const [index, asset] of assets.entries()) {
    if (typeof asset !== "object" || asset === null || !("id" in asset) || typeof asset.id !== "string") continue;
    const { id } = asset;
    const path = ["assets", index, "id"];
    const owner = owners.get(foldPath(id));
    if (owner === undefined) owners.set(foldPath(id), path);
    else if (findings.length < MAX_ISSUES) {
      const message = `another asset has this id, on line ${lineOf(owner)}; small and capital letters are the same`;
      findings.push({ path, found: id, message, suggestion: "Write another id." });
    }
  }
  return findings;
}

function toIssues(
  findings: Finding[],
  position: ReturnType<typeof lineAndColumn>,
  offsetOf: (path: Finding["path"], onKey?: boolean) => number,
): ManifestIssue[] {
  return findings
    .slice(0, MAX_ISSUES)
    .map((finding) => ({ finding, offset: finding.offset ?? offsetOf(finding.path, finding.onKey) }))
    .sort((a, b) => a.offset - b.offset)
    .map(({ finding: { path, message, suggestion, found }, offset }) => ({
      ...position(offset),
      path: formatPath(path),
      message: visibleLine(safeText(message)),
      ...(found === undefined ? {} : { found: formatFound(found) }),
      ...(suggestion === undefined ? {} : { suggestion: visibleLine(safeText(suggestion)) }),
    }));
}
