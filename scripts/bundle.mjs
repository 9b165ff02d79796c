/**
 * Bundles the sources into the folder that is named: what starts fast is in few files, and heavy parts stay files of their
 * own.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { linked, mustNotCircle } from "./link-files.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const [, , outdir] = process.argv;
const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** What stands in for a module, most often until the first call of a function of it loads the module itself. */
const STAND_INS = {
  // It makes tables of all emoji, and most texts have none.
  "string-width": 'export default (text) => require("string-width").default(text);',
  // It looks for terminals to tell how many colours they have, and chalk is always told.
  "#supports-color": "export default {};",
  // The library of the Hub takes it to upload files, which we do not.
  "@huggingface/xetchunk-wasm": "module.exports = {};",
  // Commander starts programs for subcommands of a kind that we have not.
  "node:child_process": 'exports.spawn = (...given) => require("node:child_process").spawn(...given);',
};
const standIns = {
  name: "stand-ins",
  setup({ onResolve, onLoad }) {
    const namespace = "stand-in";
    onResolve({ filter: new RegExp(`^(?:${Object.keys(STAND_INS).join("|")})$`) }, ({ path, namespace: from }) => {
      return from === namespace ? undefined : { path, namespace };
    });
    onLoad({ filter: /.*/, namespace }, ({ path }) => ({ contents: STAND_INS[path], resolveDir: root }));
  },
};

/** They load all of the streams, and short commands call none of their functions: each is loaded by the first such call. */
const LATE = ["node:crypto", "node:fs/promises", "node:worker_threads"];
const late = (name) =>
  /^[A-Z]/.test(name)
    ? `function (...given) { return new (all().${name})(...given); }`
    : `(...given) => all().${name}(...given)`;

/**
 * Asks Node for its own modules as CommonJS does: an `import` looks at every export of one, by which `node:fs` alone loads
 * all of the streams.
 */
const builtins = {
  name: "builtins",
  setup({ onResolve, onLoad }) {
    const namespace = "builtin";
    onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === "import-statement" ? { path, namespace } : undefined,
    );
    onLoad({ filter: /.*/, namespace }, ({ path }) => {
      const builtin = process.getBuiltinModule(path);
      const names = Object.keys(Object.getOwnPropertyDescriptors(builtin));
      const named = names.filter((name) => /^[a-z_$][\w$]*$/i.test(name) && name !== "default");
      const load = `process.getBuiltinModule("${path}")`;
      const isLate = LATE.includes(path);
      const lines = named.map((name) => {
        const value = isLate && typeof builtin[name] === "function" ? late(name) : `/* @__PURE__ */ of("${name}")`;
        return `export const ${name} = ${value};`;
      });
      const head = isLate
        ? `let found;\nconst all = () => (found ??= ${load});\nconst of = (name) => all()[name];`
        : `const all = ${load};\nconst of = (name) => all[name];\nexport default all;`;
      return { contents: `${head}\n${lines.join("\n")}` };
    });
  },
};

/** Stands for the address of a module, which CommonJS has not. */
const MODULE_URL = "moduleUrl";

/**
 * A file as CommonJS, of which Node starts sooner, and of which what V8 compiled can be kept for the next run. Only modules
 * can be split into several files, so they are turned over afterwards.
 */
async function toCommonJs(text) {
  const { code } = await transform(linked(text), {
    format: "cjs",
    platform: "node",
    target: shared.target,
    charset: "ascii",
    minifyWhitespace: true,
    lineLimit: shared.lineLimit,
    // Our own files are asked for as the rest of them, so that bin/assets.js answers.
    supported: { "dynamic-import": false },
  });
  // bin/assets.js reads it as such, which is quick; what esbuild leaves as it is are regular expressions.
  const other = [...code].find((character) => character > "~");
  if (other !== undefined) throw new Error(`The bundle is to be ASCII, and has "${other}": write it with \\u.`);
  const url = `const ${MODULE_URL}=process.getBuiltinModule("node:url").pathToFileURL(__filename).href;`;
  return new RegExp(`\\b${MODULE_URL}\\b`).test(code) ? `${url}\n${code}` : code;
}

const shared = {
  absWorkingDir: root,
  outdir,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.18",
  // Less text is compiled sooner. Names stay, and lines are short, so that the stack of a bug can be read.
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 120,
  // The usual first choice is CommonJS, of which nothing can be left out.
  mainFields: ["module", "main"],
  // What a package manager installs beside us is loaded only when it is needed; all other packages come bundled.
  external: Object.keys(dependencies),
  metafile: true,
  logLevel: "warning",
};

/** What is loaded with these sources: other sources, by their paths from the root, and modules of Node. */
async function closureOf(entryPoints) {
  const { metafile } = await build({ ...shared, entryPoints, packages: "external", write: false });
  const seen = new Set();
  const visit = (path) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { path: next, kind, external } of metafile.inputs[path]?.imports ?? []) {
      if (kind === "import-statement" && (!external || next.startsWith("node:"))) visit(next);
    }
  };
  entryPoints.forEach(visit);
  return [...seen];
}

/**
 * Keeps each core in one file: a bundler makes a file for each set of modules that the same entries need, which would
 * scatter it over a dozen, and a start takes a millisecond for each. So all sources in its folders need all of a core.
 */
function inOneFile(cores) {
  const lines = (paths) =>
    paths.map((path) => `\nimport ${JSON.stringify(path.startsWith("node:") ? path : join(root, path))};`).join("");
  return {
    name: "in one file",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const source = relative(root, path).replaceAll(sep, "/");
        const first = cores.findIndex(({ paths }) => paths.includes(source));
        // What is in a core needs those before it at most, or there would be circles.
        const needed = cores
          .slice(0, first === -1 ? cores.length : first)
          .filter(({ of }) => of.some((folder) => source.startsWith(folder)));
        const contents = readFileSync(path, "utf8") + needed.map(({ paths }) => lines(paths)).join("");
        return needed.length === 0 ? undefined : { contents, loader: "ts" };
      });
    },
  };
}

// What every command needs is what the least of them does, what it prints, and then what the most used ones do and print.
const cores = [];
for (const [of, entryPoints] of [
  [["src/"], ["src/manifest/load.ts", "src/commands/list.ts", "src/shell-word.ts", "src/version.ts"]],
  [
    ["src/cli/", "src/report/"],
    ["src/report/list.ts", "src/report/json.ts", "src/cli/options.ts"],
  ],
]) {
  const before = new Set(cores.flatMap(({ paths }) => paths));
  cores.push({ of, paths: (await closureOf(entryPoints)).filter((path) => !before.has(path)) });
}
const { metafile, outputFiles } = await build({
  ...shared,
  entryPoints: { cli: "src/cli/main.ts", index: "src/index.ts", testing: "src/testing.ts" },
  splitting: true,
  chunkNames: "[name]-[hash]",
  outExtension: { ".js": ".cjs" },
  define: { "import.meta.url": MODULE_URL },
  plugins: [standIns, builtins, inOneFile(cores)],
  write: false,
});
mustNotCircle(metafile.outputs);
mkdirSync(outdir, { recursive: true });
for (const { path, text } of outputFiles) writeFileSync(path, await toCommonJs(text));
// Who imports the library gets its names from the same files.
for (const name of ["index", "testing"]) writeFileSync(join(outdir, `${name}.js`), `export * from "./${name}.cjs";\n`);
await build({
  ...shared,
  // Some bundled packages are CommonJS and ask for modules of Node.
  banner: {
    js: 'const require = process.getBuiltinModule("node:module").createRequire(import.meta.url);',
  },
  entryPoints: { "front-worker": "src/store/front-worker.ts", "hash-worker": "src/store/hash-worker.ts" },
});

/** Folders of the packages whose code is in the bundle. */
const packages = new Set(
  Object.keys(metafile.inputs).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
);
const notices = [...packages].sort().map((path) => {
  const folder = join(root, path);
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} is bundled and has no licence file to go with it`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
});
const rule = `\n${"-".repeat(80)}\n\n`;
writeFileSync(join(outdir, "THIRD-PARTY-LICENSES.txt"), `Bundled with assets:\n\n${notices.join(rule)}`);
