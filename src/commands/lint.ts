/** `assets lint`: what could be better about a manifest, and about what git makes of its files. */
import { join } from "node:path";
import { type Tracking, trackingIn } from "../git/tracking.js";
import { holdsComment, withEdits } from "../manifest/edit.js";
import { type ManifestInText, readText } from "../manifest/files-in-text.js";
import type { JsonPath } from "../manifest/issues.js";
import { type Broken, lintText } from "../manifest/lint-rules.js";
import { type Selection, selectAssets } from "../manifest/select.js";
import type { Manifest } from "../manifest/types.js";
import { shellWord } from "../shell-word.js";
import type { LintFinding, LintReport } from "./author-reports.js";
import { addIgnored } from "./ignore-block.js";
import { manifestText, rewriteManifest } from "./write-manifest.js";

export interface LintOptions {
  manifest: Manifest;
  /** Default: every asset. */
  selection?: Selection;
  /** Rules whose findings are left out. */
  ignore?: readonly string[];
  /** Warnings count as well as errors. Default false. */
  strict?: boolean;
  /** Mend what can be mended without changing what the manifest means. Default false. */
  fix?: boolean;
  /** With `fix`: say what would be mended, and write nothing. Default false. */
  dryRun?: boolean;
  /** How the program is called in the commands that are told. Default `assets`. */
  program?: string;
  signal?: AbortSignal;
}

/** Throws UNKNOWN_ID, NOTHING_SELECTED; with `fix` LOCAL_IO, DISK_FULL; the signal's reason. */
export async function lint(options: LintOptions): Promise<LintReport> {
  const started = performance.now();
  const { manifest, selection = {}, ignore = [], strict = false, fix = false, dryRun = false } = options;
  const { signal = new AbortController().signal } = options;
  const selected = new Map(selectAssets(manifest, selection).map(({ id, files }) => [id, files]));
  const source = await manifestText(manifest);
  const text = readText(source, manifest.base);
  const wanted = text.assets.filter(({ id }) => selected.has(id));
  const paths = [...selected.values()].flat().map(({ path }) => path);
  const tracking = await trackingIn(manifest.root, paths, signal);
  const inGit = tracking === undefined ? [] : gitFindings(text, new Set(paths), tracking);
  const isWanted = ({ rule, path }: Broken) => !ignore.includes(rule) && (path === undefined || paths.includes(path));
  const broken = [...lintText(wanted).map(leftCommented(source)), ...inGit].filter(isWanted);
  const findings = broken.map((each) => findingOf(each, text, options.program ?? "assets"));
  let written = false;
  if (fix) {
    const mended = await mend(manifest, broken, tracking, { dryRun, signal });
    written = mended.written;
    for (const [index, finding] of findings.entries()) {
      const each = broken[index];
      if (isFixable(each) && (each?.rule !== "not-ignored" || mended.ignored))
        findings[index] = { ...finding, fixed: true };
    }
  }
  const left = findings.filter(({ fixed }) => !fixed || dryRun);
  const count = (level: LintFinding["level"]) => left.filter((finding) => finding.level === level).length;
  const ok = count("error") === 0 && (!strict || count("warning") === 0);
  return {
    manifest: manifest.file,
    root: manifest.root,
    dryRun,
    ok,
    exitCode: ok ? 0 : 1,
    written,
    git: tracking !== undefined,
    findings: findings.sort((a, b) => a.line - b.line || a.column - b.column),
    totals: {
      assets: wanted.length,
      files: paths.length,
      errors: count("error"),
      warnings: count("warning"),
      notes: count("note"),
      fixed: findings.length - findings.filter(({ fixed }) => !fixed).length,
    },
    durationMs: performance.now() - started,
  };
}

function gitFindings(
  { assets }: ManifestInText,
  paths: ReadonlySet<string>,
  { tracked, pointers, open }: Tracking,
): Broken[] {
  return assets.flatMap(({ id, files }) =>
    files.flatMap(({ path, at }): Broken[] => {
      if (!paths.has(path)) return [];
      const about = { asset: id, path, at: [...at, "url"] as JsonPath };
      if (pointers.has(path)) {
        const message = `${path} is Git LFS's as well: its Git LFS pointer is in git, and stands in its place in clones.`;
        return [{ rule: "tracked-by-git", level: "warning", ...about, message }];
      }
      if (tracked.has(path)) {
        const message = `${path} is tracked by git, and so is in every clone already.`;
        return [{ rule: "tracked-by-git", level: "error", ...about, message }];
      }
      const message = `${path} is not ignored by git, and may be committed by mistake.`;
      return open.has(path) ? [{ rule: "not-ignored", level: "warning", ...about, message }] : [];
    }),
  );
}

/** A field that somebody has commented on is theirs to take out. */
function leftCommented(source: string): (broken: Broken) => Broken {
  return (broken) => {
    if (!broken.removable || !holdsComment(source, broken.at)) return broken;
    return { ...broken, removable: false, message: `${broken.message} A comment is in it: --fix leaves it to you.` };
  };
}

function isFixable(broken: Broken | undefined): boolean {
  return broken?.removable === true || broken?.rule === "not-ignored";
}

function findingOf(broken: Broken, { place }: ManifestInText, program: string): LintFinding {
  const { rule, level, asset, path, message, at, onKey, command } = broken;
  const fixable = isFixable(broken);
  const ways = [command ?? []].flat().map((words) => `${program} ${words}`);
  const untrack = rule === "tracked-by-git" && path !== undefined ? `git rm --cached -- ${shellWord(path)}` : undefined;
  const fix = fixable ? `${program} lint --fix` : command === undefined ? untrack : ways.join(" && ");
  return {
    rule,
    level,
    asset,
    ...(path !== undefined && { path }),
    message,
    ...place(at, onKey),
    fixable,
    ...(fix !== undefined && { fix }),
  };
}

/** Takes dead fields out, and keeps git from the files. */
async function mend(
  manifest: Manifest,
  broken: readonly Broken[],
  tracking: Tracking | undefined,
  { dryRun, signal }: { dryRun: boolean; signal: AbortSignal },
): Promise<{ written: boolean; ignored: boolean }> {
  if (dryRun) return { written: false, ignored: true };
  const open = broken.flatMap(({ rule, path }) => (rule === "not-ignored" && path !== undefined ? [path] : []));
  const ignored = tracking !== undefined && open.length > 0 && (await keepOut(manifest.root, open, tracking));
  const keys = new Set(broken.filter(({ removable }) => removable).map(({ message }) => message));
  if (keys.size === 0) return { written: false, ignored };
  const edit = (source: string) => {
    // Found anew, as the text may have changed.
    const found = lintText(readText(source, manifest.base).assets).map(leftCommented(source));
    const dead = found.filter(({ message }) => keys.has(message));
    return withEdits(
      source,
      dead.map(({ at }) => ({ do: "remove", at })),
    );
  };
  return { written: (await rewriteManifest(manifest, edit, { signal })).written, ignored };
}

/** A folder that git has nothing of is ignored as a whole, else the very file. Answers whether they are ignored now. */
async function keepOut(root: string, paths: readonly string[], { tracked }: Tracking): Promise<boolean> {
  const taken = new Set([...tracked].map((path) => path.split("/", 1)[0]));
  const lines = paths.map((path) => {
    const [first = "", ...below] = path.split("/");
    return below.length > 0 && !taken.has(first) ? `/${escaped(first)}/` : `/${escaped(path)}`;
  });
  return (await addIgnored(join(root, ".gitignore"), [...new Set(lines)])).status !== "skipped";
}

/** A path as gitignore(5) takes it literally. */
function escaped(path: string): string {
  return path.replace(/[\\*?[\]]/g, "\\$&").replace(/ $/, "\\ ");
}
