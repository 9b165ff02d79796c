/** Writes the tree of `src/` into docs/architecture.md, each file with the sentence at its top. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const src = fileURLToPath(new URL("../src", import.meta.url));
const page = fileURLToPath(new URL("../docs/architecture.md", import.meta.url));
const FOLDERS = {
  "": 0,
  formats: 1,
  git: 1,
  manifest: 1,
  store: 2,
  source: 2,
  elsewhere: 3,
  interchange: 3,
  transfer: 4,
  commands: 5,
  report: 6,
  cli: 7,
};
const LEVELS = { "plan.ts": 3, "manager.ts": 6, "index.ts": 7, "testing.ts": 7 };

function sentenceOf(file) {
  const [, comment = ""] = /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(file, "utf8")) ?? [];
  return comment
    .replaceAll(/\s*\n \*\s?/g, " ")
    .trim()
    .replace(/\.$/, "");
}

function block([folder, level]) {
  const path = folder === "" ? src : `${src}/${folder}`;
  const names = readdirSync(path, { withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name.endsWith(".ts"),
  );
  const sorted = names.map(({ name }) => name).sort();
  const width = Math.max(...sorted.map((name) => name.length));
  const lines = sorted.map((name) => {
    const own = folder === "" && name in LEVELS ? ` (level ${LEVELS[name]})` : "";
    return `  ${name.padEnd(width)}  ${sentenceOf(`${path}/${name}`)}${own}`;
  });
  return [`${folder === "" ? "src/" : `src/${folder}/`}  level ${level}`, ...lines].join("\n");
}

/** The page with its tree as the sources stand now. */
export function withTree(text) {
  const tree = Object.entries(FOLDERS).map(block).join("\n");
  return text.replace(
    /(<!-- tree -->\n```\n)[\s\S]*?(\n```\n<!-- \/tree -->)/,
    (_, start, end) => `${start}${tree}${end}`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, withTree(readFileSync(page, "utf8")));
