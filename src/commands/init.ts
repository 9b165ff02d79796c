/** `assets init`: begins a manifest, and fits the repository around it for what it will bring. */
import { basename, dirname, join, relative, sep } from "node:path";
import { findRepository } from "../git/repository.js";
import { runGit } from "../git/run-git.js";
import { decodeText } from "../manifest/decode.js";
import { type Edit, withEdits } from "../manifest/edit-values.js";
import { shellWord } from "../shell-word.js";
import { plainSize } from "../store/probe-file.js";
import { createWhole, readWhole, replaceWhole } from "../store/whole-text.js";
import type { InitReport, InitStep } from "./author-reports.js";
import { addIgnored } from "./ignore-block.js";

export interface InitOptions {
  /** Absolute path of the manifest to begin. */
  file: string;
  /** Say what would be done, and do nothing. Default false. */
  dryRun?: boolean;
  /** Leave `.gitignore` alone. Default false. */
  skipIgnore?: boolean;
  /** Leave `package.json` alone. Default false. */
  skipScripts?: boolean;
  signal?: AbortSignal;
}

/** The name that npm installs this program under. */
const PACKAGE = "assets-manifest";
const SCHEMA = `./node_modules/${PACKAGE}/assets.manifest.schema.json`;
const SCRIPTS = { "assets:download": "assets download --all", "assets:verify": "assets verify" } as const;
const MOST_BYTES = 16 * 2 ** 20;

/** Nothing that is there is overwritten; what is added is told. Throws LOCAL_IO, DISK_FULL, the signal's reason. */
export async function init(options: InitOptions): Promise<InitReport> {
  const { file, dryRun = false, skipIgnore = false, skipScripts = false, signal } = options;
  const folder = dirname(file);
  const steps: InitStep[] = [await beginManifest(file, dryRun)];
  const repository = await findRepository(folder);
  if (!skipIgnore) {
    if (repository === undefined) {
      steps.push({ file: join(folder, ".gitignore"), status: "skipped", what: "this is no git repository" });
    } else steps.push(...(await ignore(folder, dryRun, signal)));
  }
  if (!skipScripts) steps.push(...(await addScripts(join(folder, "package.json"), dryRun)));
  return { manifest: file, dryRun, ok: true, steps, next: await nextSteps(file, repository?.top) };
}

async function beginManifest(file: string, dryRun: boolean): Promise<InitStep> {
  const hasSchema = (await sizeOf(join(dirname(file), SCHEMA))) !== undefined;
  const isThere = await exists(file);
  const made = !isThere && (dryRun || (await createWhole(file, starter(hasSchema))));
  if (!made) return { file, status: "kept", what: "the manifest is there already" };
  return { file, status: "created", what: "a manifest without assets" };
}

/** The first text of a manifest. */
function starter(hasSchema: boolean): string {
  return `{
${hasSchema ? `  "$schema": ${JSON.stringify(SCHEMA)},\n` : ""}  // The format of this file, always 1. Comments and trailing commas are fine.
  "version": 1,
  "assets": [
    // One entry for each model or dataset. This writes one, with its size and SHA-256:
    //   assets add hf:org/name/model.onnx
    // By hand, the least is
    //   { "id": "my-model", "type": "model", "url": "https://…", "localPath": "models/my-model/model.onnx" }
    // after which "assets lock" fills in what is missing, and "assets lint" says what could be better.
  ]
}
`;
}

/** Keeps git from what the assets will bring, but from nothing that it has already. */
async function ignore(folder: string, dryRun: boolean, signal: AbortSignal | undefined): Promise<InitStep[]> {
  const file = join(folder, ".gitignore");
  const steps: InitStep[] = [];
  const wanted: string[] = ["/.assets/"];
  for (const name of ["models", "datasets"]) {
    const tracked = await runGit(["ls-files", "-z", "--", `${name}/`], { cwd: folder, signal });
    const count = (tracked ?? "").split("\0").length - 1;
    if (count === 0) wanted.push(`/${name}/`);
    else {
      const what = `${name}/ is not ignored, as git has ${count} ${count === 1 ? "file" : "files"} in it: put assets elsewhere, with --path`;
      steps.push({ file, status: "skipped", what });
    }
  }
  const ignored = await addIgnored(file, wanted, { dryRun });
  switch (ignored.status) {
    case "skipped":
      return [{ file, ...ignored }];
    case "kept":
      return [{ file, status: "kept", what: "the folders of assets are ignored already" }, ...steps];
    default:
      return [{ file, status: ignored.status, what: `ignores ${ignored.lines.join(", ")}` }, ...steps];
  }
}

async function addScripts(file: string, dryRun: boolean): Promise<InitStep[]> {
  if ((await sizeOf(file)) === undefined) return [];
  const bytes = (await readWhole(file, MOST_BYTES)) ?? Buffer.alloc(0);
  const decoded = decodeText(bytes);
  if ("issue" in decoded) return [{ file, status: "skipped", what: `it cannot be read: ${decoded.issue.message}` }];
  const before = bytes.toString("utf8");
  let scripts: Record<string, unknown> | undefined;
  try {
    const parsed = JSON.parse(decoded.text) as { scripts?: Record<string, unknown> } | null;
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw new Error("no object");
    scripts = parsed.scripts;
    if (scripts !== undefined && (typeof scripts !== "object" || scripts === null)) throw new Error("no object");
  } catch {
    return [{ file, status: "skipped", what: "it cannot be read as JSON" }];
  }
  const missing = Object.entries(SCRIPTS).filter(([name]) => scripts?.[name] === undefined);
  const others = Object.entries(SCRIPTS).filter(
    ([name, words]) => ![undefined, words].includes(scripts?.[name] as never),
  );
  const kept = others.map(
    ([name]): InitStep => ({ file, status: "kept", what: `the script ${name} is there already` }),
  );
  if (missing.length === 0)
    return kept.length > 0 ? kept : [{ file, status: "kept", what: "the scripts are there already" }];
  const edits: Edit[] =
    scripts === undefined
      ? [{ do: "set", at: [], key: "scripts", value: Object.fromEntries(missing), after: ["version", "name"] }]
      : missing.map(([key, value]) => ({ do: "set", at: ["scripts"], key, value }));
  if (!dryRun) await replaceWhole(file, withEdits(before, edits));
  return [{ file, status: "changed", what: `has the scripts ${missing.map(([name]) => name).join(" and ")}` }, ...kept];
}

/** What is there that could become assets. */
async function nextSteps(file: string, top: string | undefined): Promise<string[]> {
  const folder = dirname(file);
  const own = relative(folder, file).split(sep).join("/");
  const words = basename(file) === "assets.manifest.json" ? "assets" : `assets --manifest ${shellWord(own)}`;
  const attributes = top && (await readWhole(join(top, ".gitattributes"), MOST_BYTES).catch(() => undefined));
  const next = [];
  if (attributes && /\bfilter=lfs\b/.test(attributes.toString("utf8"))) next.push(`${words} import lfs`);
  if (await exists(join(top ?? folder, ".dvc", "config"))) next.push(`${words} import dvc`);
  return [...next, `${words} add URL`];
}

async function exists(path: string): Promise<boolean> {
  return plainSize(path).then(
    () => true,
    () => false,
  );
}

/** Of a regular file only: what a link leads to may be anybody's. */
async function sizeOf(path: string): Promise<number | undefined> {
  return plainSize(path).catch(() => undefined);
}
