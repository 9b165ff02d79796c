/** The import rules of the house, read off the sources. */
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../src", import.meta.url));

interface Import {
  from: string;
  /** A file under src/ for own modules, a package name or `node:` module otherwise. */
  to: string;
  own: boolean;
  lazy: boolean;
  /** Gone when the types are. */
  type: boolean;
}

interface Module {
  path: string;
  text: string;
  imports: Import[];
}

const modules = new Map(
  readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((path) => path.split(sep).join("/"))
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
    .map((path) => [path, readModule(path)]),
);

function readModule(path: string): Module {
  const source = readFileSync(join(root, path), "utf8");
  const text = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const found = [
    ...text.matchAll(/(?:\b(?:import|export) type [^"]*?)?(?:\bfrom\s+|\bimport\s+|\bimport\()"([^"]+)"/g),
  ];
  const imports = found.map(([words, to = ""]) => {
    const own = to.startsWith(".");
    const target = own
      ? relative(root, join(root, dirname(path), to))
          .split(sep)
          .join("/")
      : packageOf(to);
    const lazy = words.startsWith("import(");
    return { from: path, to: own ? target.replace(/\.js$/, ".ts") : target, own, lazy, type: / type /.test(words) };
  });
  return { path, text, imports };
}

function packageOf(name: string): string {
  return name.split("/", name.startsWith("@") ? 2 : 1).join("/");
}

/** The level of a file: it imports only lower ones, or its own folder. */
function levelOf(path: string): number {
  const folder = path.includes("/") ? path.slice(0, path.indexOf("/")) : path;
  const levels: Record<string, number> = {
    "checksum-fields.ts": 0,
    "checksum-lines.ts": 0,
    "checksum-text.ts": 0,
    "errors.ts": 0,
    "events.ts": 0,
    "lfs-pointer.ts": 0,
    "platform.ts": 0,
    "this-process.ts": 0,
    "raw-files.ts": 0,
    "read-regular.ts": 0,
    "shell-word.ts": 0,
    "memory-pool.ts": 0,
    "on-abort.ts": 0,
    "short-urls.ts": 0,
    "url-forms.ts": 0,
    "version.ts": 0,
    "ways.ts": 0,
    formats: 1,
    git: 1,
    manifest: 1,
    store: 2,
    source: 2,
    elsewhere: 3,
    interchange: 3,
    "plan.ts": 3,
    transfer: 4,
    commands: 5,
    "manager.ts": 6,
    report: 6,
    cli: 7,
    "index.ts": 7,
    "testing.ts": 7,
  };
  const level = levels[folder];
  if (level === undefined) throw new Error(`src/${path} has no level: give it one here and in docs/architecture.md`);
  return level;
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : "";
}

const imports = [...modules.values()].flatMap((module) => module.imports);
const own = imports.filter((each) => each.own);
const names = (found: Import[]) => found.map(({ from, to }) => `${from} -> ${to}`);

/** Everything that is loaded when a file is, lazy imports and types left out. */
function loadedBy(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const { to, lazy, type } of modules.get(path)?.imports ?? []) if (!lazy && !type) loadedBy(to, seen);
  return seen;
}

describe("the house", () => {
  it("has sources to read, and every import of its own leads to one", () => {
    expect(modules.size).toBeGreaterThan(40);
    expect(names(own.filter(({ to }) => !modules.has(to)))).toEqual([]);
  });

  it("imports only downwards, or within a folder", () => {
    const upwards = own.filter(({ from, to }) => {
      const same = folderOf(from) !== "" && folderOf(from) === folderOf(to);
      return !same && levelOf(to) >= levelOf(from) && !(levelOf(from) === 0 && levelOf(to) === 0);
    });
    // The public API is a list of names; it stands above all that it names.
    expect(names(upwards.filter(({ from }) => from !== "index.ts"))).toEqual([]);
  });

  it("keeps store and source apart", () => {
    const mixed = own.filter(({ from, to }) => {
      return ["store source", "source store"].includes(`${folderOf(from)} ${folderOf(to)}`);
    });
    expect(names(mixed)).toEqual([]);
  });

  it("lets no command import another command", () => {
    const shared = new Set([
      "commands/reports.ts",
      "commands/workspace.ts",
      "commands/file-report.ts",
      "commands/download-report.ts",
      "commands/fetching.ts",
      "commands/known-pieces.ts",
      "commands/tell-git.ts",
      "commands/piece-reports.ts",
      "commands/loose-reports.ts",
      "commands/pointers.ts",
      "commands/hydrate-groups.ts",
      "commands/hydrate-run.ts",
      "commands/extras.ts",
      "commands/hash-input.ts",
      "commands/add-known.ts",
      "commands/add-names.ts",
      "commands/add-repository.ts",
      "commands/add-sources.ts",
      "commands/add-text.ts",
      "commands/add-wishes.ts",
      "commands/author-reports.ts",
      "commands/describe-urls.ts",
      "commands/ignore-block.ts",
      "commands/list-files.ts",
      "commands/lock-repositories.ts",
      "commands/lock-tasks.ts",
      "commands/measure.ts",
      "commands/proven-sizes.ts",
      "commands/settle-pins.ts",
      "commands/sift.ts",
      "commands/write-manifest.ts",
      "commands/repositories.ts",
    ]);
    const crossed = own.filter(({ from, to }) => {
      return folderOf(from) === "commands" && folderOf(to) === "commands" && !shared.has(to);
    });
    expect(names(crossed)).toEqual([]);
  });

  it("has no circle of imports", () => {
    const circles: string[] = [];
    // What was followed to its end leads back to nothing before it.
    const followed = new Set<string>();
    const visit = (path: string, way: string[]) => {
      if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(" -> "));
      if (way.includes(path) || followed.has(path)) return;
      for (const { to, own: mine } of modules.get(path)?.imports ?? []) if (mine) visit(to, [...way, path]);
      followed.add(path);
    };
    for (const entry of ["cli/main.ts", "index.ts", "testing.ts"]) visit(entry, []);
    expect([...new Set(circles)]).toEqual([]);
  });

  it.each([
    ["undici", ["source/client-pool.ts", "source/connections.ts", "source/exchange.ts"]],
    ["zod", ["manifest/schema.ts", "manifest/json-schema.ts", "manifest/read-pieces.ts"]],
    ["jsonc-parser", ["manifest/parse.ts", "manifest/twins.ts", "manifest/edit.ts", "manifest/edit-layout.ts"]],
    ["commander", ["cli/"]],
    ["chalk", ["report/"]],
    ["cli-progress", ["report/"]],
    ["fast-glob", ["store/"]],
    ["@npmcli/config", ["source/npm-config.ts"]],
    ["@huggingface/hub", ["source/hub-library.ts"]],
    ["tar-stream", ["store/tar.ts"]],
    ["yauzl", ["store/zip.ts"]],
    ["yaml", ["interchange/dvc.ts"]],
    ["sax", ["interchange/metalink.ts"]],
    ["diff", ["commands/import.ts"]],
  ])("opens only its own door to %s", (dependency, doors) => {
    const users = imports.filter(({ to }) => to === dependency).map(({ from }) => from);
    expect(users.length).toBeGreaterThan(0);
    expect(users.filter((from) => !doors.some((door) => from.startsWith(door)))).toEqual([]);
  });

  it("asks the process only in cli and this-process", () => {
    const asking = [...modules.values()]
      .filter(({ path }) => folderOf(path) !== "cli" && path !== "this-process.ts")
      .filter(({ text }) => /(?<![-\w])process\.[a-z]|["']node:process["']/.test(text));
    expect(asking.map(({ path }) => path)).toEqual([]);
  });

  it("prints nothing past its streams", () => {
    const printing = [...modules.values()].filter(({ text }) => /\bconsole\./.test(text));
    expect(printing.map(({ path }) => path)).toEqual([]);
  });

  it("knows errno only where disks and networks are touched, and HTTP only in source", () => {
    const touching = new Set(["store", "source", "cli", "manifest"]);
    const errno = /"E(?:NOENT|ACCES|PERM|EXIST|NOSPC|ISDIR|NOTDIR|ROFS|CONN[A-Z]+|TIMEDOUT|AI_AGAIN|NOTFOUND)"/;
    const knowing = [...modules.values()].filter(({ path, text }) => {
      const folder = folderOf(path);
      if (!touching.has(folder) && !["platform.ts", "this-process.ts"].includes(path) && errno.test(text)) return true;
      return folder !== "source" && /UND_ERR_|statusCode|"(?:content|accept)-[a-z]+"/i.test(text);
    });
    expect(knowing.map(({ path }) => path)).toEqual([]);
  });

  it("names built-in modules by the node: prefix", () => {
    const bare = imports.filter(({ to }) => builtinModules.includes(to) && !to.startsWith("node:"));
    expect(names(bare)).toEqual([]);
  });

  it("gives the library neither a terminal nor a command line", () => {
    const loaded = [...loadedBy("index.ts"), ...loadedBy("testing.ts")];
    expect(loaded.filter((path) => /^(?:cli|report)\/|^(?:commander|chalk|cli-progress)$/.test(path))).toEqual([]);
  });

  it("loads no network, archive, hashing, progress bar or schema to list assets", () => {
    const heavy = [
      "undici",
      "cli-progress",
      "fast-glob",
      "tar-stream",
      "yauzl",
      "@npmcli/config",
      "ssri",
      "yaml",
      "sax",
      "diff",
    ];
    const own = ["source/http.ts", "store/digest.ts", "zod", "jsonc-parser", "manifest/read.ts"];
    const loaded = new Set([...loadedBy("cli/main.ts"), ...loadedBy("cli/list.ts")]);
    expect(loaded).toContain("commands/list.ts");
    expect([...heavy, ...own].filter((name) => loaded.has(name))).toEqual([]);
  });

  it("loads what a command takes and does only when it is the one that was asked for", () => {
    const loaded = loadedBy("cli/main.ts");
    expect(
      [...loaded].filter((path) => /^cli\/(?:list|download|verify|add)\.ts$|^commands\/list\.ts$/.test(path)),
    ).toEqual([]);
  });

  it("is drawn in docs/architecture.md as it stands (npm run docs:tree redraws it)", async () => {
    const page = readFileSync(new URL("../docs/architecture.md", import.meta.url), "utf8");
    const { withTree } = (await import(new URL("../scripts/write-tree.mjs", import.meta.url).href)) as {
      withTree: (text: string) => string;
    };
    expect(page).toBe(withTree(page));
    expect(page).toContain("  retry.ts");
  });

  it.each(["src", "test"])(
    "opens every file of %s with one sentence that says what it is, in at most 300 lines",
    (folder) => {
      const top = join(root, "..", folder);
      const files = readdirSync(top, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
      expect(files.length).toBeGreaterThan(40);
      const odd = files.filter((path) => {
        const source = readFileSync(join(top, path), "utf8");
        return !/^\/\*\* [^\n]+\*\/\n|^\/\*\*\n \* [^\n]+/.test(source) || source.split("\n").length > 301;
      });
      expect(odd).toEqual([]);
    },
  );
});
