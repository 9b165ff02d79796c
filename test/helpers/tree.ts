/** A temporary project folder with a manifest, removed when the test ends. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { onTestFinished } from "vitest";
import { type Body, bytesOf, contentOf, sha256Of } from "./content.js";

/** One file of a manifest, in short. */
export interface FileSpec {
  url: string | string[];
  /** What the pins are computed from. */
  body?: Body;
  /** Which pins are written; default `all`. */
  pin?: "all" | "size" | "sha256" | "none";
  /** Pins that are not those of `body`. */
  size?: number;
  sha256?: string;
  /** Files with the same id make one asset; default: an id made from the path. */
  id?: string;
  type?: string;
  tags?: string[];
  required?: boolean;
}

/** A temporary project. Paths are relative to its root and `/`-separated. */
export interface Tree {
  /** Real path of the folder. */
  readonly root: string;
  /** Absolute path of the manifest, whether it was written or not. */
  readonly manifest: string;
  path(name: string): string;
  /** Writes a file with its folders. */
  write(name: string, body: Body): string;
  read(name: string): Buffer;
  sha256(name: string): string;
  exists(name: string): boolean;
  remove(name: string): void;
  /** Every file and link below the root, sorted. */
  files(): string[];
  /** Unfinished downloads, locks and temporary files that were left. */
  leftovers(): string[];
  /** The `.part` file of a target, if there is exactly one. */
  partial(name: string): string | undefined;
  /** Writes a manifest that holds exactly these files. Its path. */
  manifestFor(files: Record<string, FileSpec>): string;
}

const MANIFEST = "assets.manifest.json";
/** Partials with their notes, and whatever stays in a folder of the tool's own folder: locks, archives. */
const LEFTOVER = /\.part(?:\.json)?$|^\.assets\/[^/]+\//;

function listing(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? listing(path) : [path];
  });
}

/** Removes a folder with all that is in it. */
function remove(folder: string): void {
  try {
    empty(folder);
  } catch {
    unlock(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The same in the least calls, for there are thousands of folders. Throws where something is locked or in use. */
function empty(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) empty(path);
    else unlinkSync(path);
  }
  rmdirSync(folder);
}

/** Makes folders writable again so that they can be removed. */
function unlock(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) unlock(join(folder, entry.name));
  }
}

function pins({ pin = "all", body = "", size, sha256 }: FileSpec): { size?: number; sha256?: string } {
  return {
    ...((pin === "all" || pin === "size") && { size: size ?? contentOf(body).size }),
    ...((pin === "all" || pin === "sha256") && { sha256: sha256 ?? sha256Of(body) }),
  };
}

/** The manifest's text for {@link Tree.manifestFor}. */
function manifestOf(files: Record<string, FileSpec>): { version: 1; assets: { id: string; files: object[] }[] } {
  const assets = new Map<string, { id: string; type: string; files: object[] }>();
  for (const [path, spec] of Object.entries(files)) {
    const id = spec.id ?? path.toLowerCase().replaceAll(/[^a-z0-9.]+/g, "-");
    const { type = "model", tags, required } = spec;
    const asset = assets.get(id) ?? { id, type, ...(tags && { tags }), ...(required && { required }), files: [] };
    const [url, ...fallbackUrls] = [spec.url].flat();
    asset.files.push({ path, ...pins(spec), url, ...(fallbackUrls.length > 0 && { fallbackUrls }) });
    assets.set(id, asset);
  }
  return { version: 1, assets: [...assets.values()] };
}

/** The lines of a log file, each parsed. */
export function logOf(tree: Tree, name: string): Record<string, unknown>[] {
  const lines = tree.read(name).toString().trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Makes an empty project for the running test; below `parent` if given. */
export function makeTree(parent = tmpdir()): Tree {
  const root = realpathSync(mkdtempSync(join(parent, "assets-test-")));
  onTestFinished(() => remove(root));
  const path = (name: string) => join(root, name);
  const files = () =>
    listing(root)
      .map((file) => relative(root, file).split(sep).join("/"))
      .sort();
  function write(name: string, body: Body): string {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), bytesOf(body));
    return path(name);
  }
  return {
    root,
    manifest: path(MANIFEST),
    path,
    write,
    read: (name) => readFileSync(path(name)),
    sha256: (name) => sha256Of(readFileSync(path(name))),
    exists: (name) => statSync(path(name), { throwIfNoEntry: false }) !== undefined,
    remove: (name) => rmSync(path(name), { recursive: true }),
    files,
    leftovers: () => files().filter((name) => LEFTOVER.test(name)),
    partial(name) {
      const found = files().filter((file) => file.startsWith(`${name}.`) && file.endsWith(".part"));
      return found.length === 1 ? found[0] : undefined;
    },
    manifestFor: (specs) => write(MANIFEST, JSON.stringify(manifestOf(specs), null, 2)),
  };
}
