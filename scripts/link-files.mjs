/** Ties the files of the bundle together in the words of CommonJS in place of those of modules. */
import { parseAst } from "vite";

/**
 * A file that takes what it needs of our other files when it is loaded. As esbuild turns modules over, each use would go
 * through two getters, since a module may change what it exports: this throws where one does.
 */
export function linked(text) {
  const { body } = parseAst(text);
  const taken = body.filter((node) => node.type === "ImportDeclaration" && node.source.value.startsWith("./"));
  const given = body.filter((node) => node.type.startsWith("Export"));
  const pairs = given.flatMap((node) => {
    if (node.type !== "ExportNamedDeclaration" || node.declaration || node.source) throw odd(text, node);
    return node.specifiers.map(({ local, exported }) => [exported.name, local.name]);
  });
  if (pairs.some(([name]) => name === "default")) throw new Error("A file of the bundle gives a default: it is lost.");
  mustNotChange(
    body,
    pairs.map(([, local]) => local),
  );
  let result = "";
  let at = 0;
  const replace = ({ start, end }, words) => {
    result += text.slice(at, start) + words;
    at = end;
  };
  for (const node of [...taken, ...given].sort((a, b) => a.start - b.start)) {
    replace(node, node.type === "ImportDeclaration" ? taking(text, node) : "");
  }
  const exported = pairs.map(([name, local]) => (name === local ? name : `${name}:${local}`));
  result += text.slice(at);
  return pairs.length > 0 ? `${result}\nmodule.exports={${exported}};` : result;
}

function taking(text, { specifiers, source }) {
  const names = specifiers.map((node) => {
    if (node.type !== "ImportSpecifier") throw odd(text, node);
    return node.imported.name === node.local.name ? node.local.name : `${node.imported.name}:${node.local.name}`;
  });
  const all = `require(${JSON.stringify(source.value)});`;
  return names.length === 0 ? all : `const {${names}}=${all}`;
}

function odd(text, { start, end }) {
  return new Error(`The bundle is not expected to have: ${text.slice(start, Math.min(end, start + 100))}`);
}

/** Throws where a name has no value yet when the file was loaded, or gets another one: those who took it would not see it. */
function mustNotChange(body, names) {
  const settled = new Set();
  for (const node of body) {
    if (node.type === "VariableDeclaration") {
      for (const { id, init } of node.declarations) if (init) namesIn(id, settled);
    } else if (node.type === "ImportDeclaration") for (const { local } of node.specifiers) settled.add(local.name);
    else if (node.id) settled.add(node.id.name);
  }
  const written = new Set();
  collectWritten(body, written);
  const changing = names.filter((name) => !settled.has(name) || written.has(name));
  if (changing.length > 0) throw new Error(`These are given to other files of the bundle, and change: ${changing}.`);
}

/** The names that are assigned to anywhere, whatever they stand for there. */
function collectWritten(node, found) {
  if (Array.isArray(node)) for (const each of node) collectWritten(each, found);
  else if (typeof node?.type === "string") {
    if (node.type === "AssignmentExpression") namesIn(node.left, found);
    if (node.type === "UpdateExpression") namesIn(node.argument, found);
    if (node.type === "ForInStatement" || node.type === "ForOfStatement") namesIn(node.left, found);
    for (const value of Object.values(node)) if (typeof value === "object") collectWritten(value, found);
  }
}

/** The names in a pattern. */
function namesIn(pattern, found) {
  switch (pattern?.type) {
    case "Identifier":
      found.add(pattern.name);
      break;
    case "ObjectPattern":
      for (const { value, argument } of pattern.properties) namesIn(value ?? argument, found);
      break;
    case "ArrayPattern":
      for (const each of pattern.elements) namesIn(each, found);
      break;
    case "AssignmentPattern":
      namesIn(pattern.left, found);
      break;
    case "RestElement":
      namesIn(pattern.argument, found);
  }
}

/** Throws where files need each other to be loaded: what one takes of the other would not be there yet. */
export function mustNotCircle(outputs) {
  const done = new Set();
  const visit = (path, way) => {
    if (way.includes(path)) throw new Error(`Files of the bundle need each other: ${[...way, path].join(" -> ")}`);
    if (done.has(path)) return;
    for (const { path: next, kind } of outputs[path]?.imports ?? []) {
      if (kind === "import-statement" && outputs[next] !== undefined) visit(next, [...way, path]);
    }
    done.add(path);
  };
  for (const path of Object.keys(outputs)) visit(path, []);
}
