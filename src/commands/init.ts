/** `assets init`: begins a manifest, and fits the repository around it for what it will bring. */
import { stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { AssetsError } from "../errors.js";
import { findRepository } from "../git/repository.js";
import { runGit } from "../git/run-git.js";
import { baseOf } from "../manifest/bases.js";
import { decodeText } from "../manifest/decode.js";
import { type Edit, withEdits } from "../manifest/edit.js";
import { nearestManifest } from "../manifest/find.js";
import { shellWord } from "../shell-word.js";
import { plainSize } from "../store/probe-file.js";
import { createWhole, readWhole, replaceWhole } from "../store/whole-text.js";
import { wayInto } from "../ways.js";
import type { InitReport, InitStep } from "./author-reports.js";
import { addIgnored } from "./ignore-block.js";

export interface InitOptions {
  /** Absolute path of the manifest to begin. */
  file: string;
  /** Where the next commands will be typed. */
  cwd: string;
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
/** Manifests that every command finds by itself, relative to the folder where the paths of a manifest start. */
const FOUND = ["assets.manifest.json", "config/assets.json"];
const MOST_BYTES = 16 * 2 ** 20;

/**
 * Nothing that is there is overwritten; what is added is told. Throws LOCAL_IO, also where no manifest can be in the place
 * of what is there; DISK_FULL, the signal's reason.
 */
export async function init(options: InitOptions): Promise<InitReport> {
  const { file, cwd, dryRun = false, skipIgnore = false, skipScripts = false, signal } = options;
  // Where the paths of the manifest will start from.
  const folder = baseOf(file);
  const steps: InitStep[] = [await beginManifest(file, dryRun)];
  const repository = await findRepository(folder);
  if (!skipIgnore) {
    if (repository === undefined) {
      steps.push({ file: join(folder, ".gitignore"), status: "skipped", what: "this is no git repository" });
    } else steps.push(...(await ignore(folder, dryRun, signal)));
  }
  if (!skipScripts) steps.push(...(await addScripts(file, folder, dryRun)));
  return { manifest: file, dryRun, ok: true, steps, next: await nextSteps(file, cwd, repository?.top) };
}

async function beginManifest(file: string, dryRun: boolean): Promise<InitStep> {
  const schema = join(baseOf(file), "node_modules", PACKAGE, "assets.manifest.schema.json");
  const way = relative(dirname(file), schema).split(sep).join("/");
  const shown = (await sizeOf(schema)) === undefined ? undefined : way.startsWith("../") ? way : `./${way}`;
  const isThere = await exists(file);
  // Who reads it follows links.
  const what = isThere ? await kindOf(file) : "file";
  if (what !== "file") {
    const why = what === "nothing" ? "is a link to something that does not exist" : "is not a file";
    throw new AssetsError("LOCAL_IO", `${file} ${why}, so no manifest can be there.`, {
      hint: "Remove it, or name another place: --manifest FILE",
    });
  }
  const made = !isThere && (dryRun || (await createWhole(file, starter(shown))));
  if (!made) return { file, status: "kept", what: "the manifest is there already" };
  return { file, status: "created", what: "a manifest without assets" };
}

/** The first text of a manifest. */
function starter(schema: string | undefined): string {
  return `{
${schema === undefined ? "" : `  "$schema": ${JSON.stringify(schema)},\n`}  // The format of this file, always 1. Comments and trailing commas are fine.
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

async function addScripts(manifest: string, folder: string, dryRun: boolean): Promise<InitStep[]> {
  const file = join(folder, "package.json");
  if (!(await exists(file))) return [];
  if ((await sizeOf(file)) === undefined) return [{ file, status: "skipped", what: "it is not a regular file" }];
  const words = wordsFor(manifest, folder);
  const wanted = { "assets:download": `${words} download --all`, "assets:verify": `${words} verify` };
  const bytes = (await readWhole(file, MOST_BYTES)) ?? Buffer.alloc(0);
  const decoded = decodeText(bytes);
  if ("issue" in decoded) return [{ file, status: "skipped", what: `it cannot be read: ${decoded.issue.message}` }];
  const before = bytes.toString("utf8");
  const scripts = scriptsIn(decoded.text);
  if (typeof scripts === "string") return [{ file, status: "skipped", what: scripts }];
  const missing = Object.entries(wanted).filter(([name]) => scripts?.[name] === undefined);
  const others = Object.entries(wanted).filter(
    ([name, script]) => ![undefined, script].includes(scripts?.[name] as never),
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
  const after = withEdits(before, edits);
  const now = (JSON.parse(after.replace(/^\ufeff/, "")) as { scripts?: Record<string, unknown> }).scripts;
  if (missing.some(([name]) => now?.[name] === undefined)) {
    return [{ file, status: "skipped", what: 'it has "scripts" twice, of which npm reads the last: make one of them' }];
  }
  if (!dryRun) await replaceWhole(file, after);
  return [{ file, status: "changed", what: `has the scripts ${missing.map(([name]) => name).join(" and ")}` }, ...kept];
}

/** The scripts of a package.json, as npm reads it, or what is wrong with it. */
function scriptsIn(text: string): Record<string, unknown> | undefined | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return "it cannot be read as JSON";
  }
  if (kindOfValue(parsed) !== "an object") return `it is ${kindOfValue(parsed)}, and should be an object`;
  const { scripts } = parsed as { scripts?: unknown };
  if (scripts === undefined || kindOfValue(scripts) === "an object")
    return scripts as Record<string, unknown> | undefined;
  return `its "scripts" are ${kindOfValue(scripts)}, and should be an object`;
}

function kindOfValue(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** How the program is called in a folder to work on a manifest. */
function wordsFor(file: string, folder: string): string {
  const way = (from: string) => relative(from, file).split(sep).join("/");
  const isFound = FOUND.includes(way(baseOf(file))) && wayInto(baseOf(file), folder) !== undefined;
  return isFound ? "assets" : `assets --manifest ${shellWord(way(folder))}`;
}

/** What is there that could become assets. */
async function nextSteps(file: string, cwd: string, top: string | undefined): Promise<string[]> {
  const nearest = nearestManifest(cwd) ?? file;
  const words = nearest === file ? wordsFor(file, cwd) : `assets --manifest ${shellWord(relative(cwd, file))}`;
  const attributes = top && (await readWhole(join(top, ".gitattributes"), MOST_BYTES).catch(() => undefined));
  const next = [];
  if (attributes && /\bfilter=lfs\b/.test(attributes.toString("utf8"))) next.push(`${words} import lfs`);
  if (await exists(join(top ?? baseOf(file), ".dvc", "config"))) next.push(`${words} import dvc`);
  return [...next, `${words} add URL`];
}

/** What stands at a path, links followed. */
async function kindOf(path: string): Promise<"file" | "nothing" | "other"> {
  return stat(path).then(
    (found) => (found.isFile() ? "file" : "other"),
    () => "nothing",
  );
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
