#!/usr/bin/env node
/**
 * Runs the program, from what V8 compiled in an earlier run of the same command.
 *
 * Compiling takes a third of a short command's time. What an earlier run compiled lies beside the program, in
 * `dist/compiled`. It is code: only the owner of the program writes it, and it is believed only where nobody can write it
 * who cannot write the program. V8 refuses what another version of it or other flags made, yet believes what is damaged,
 * so the bytes are checked here.
 */
"use strict";
const { closeSync, fstatSync, lstatSync, mkdirSync, openSync, readFileSync } = require("node:fs");
const { renameSync, rmSync, statSync, writeFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { Script } = require("node:vm");
const { crc32 } = require("node:zlib");

const OTHERS_MAY_WRITE = 0o022;
/** As Node ends a program whose top-level await is never done. */
const UNSETTLED = 13;

const dist = join(__dirname, "../dist");
const [, , command = ""] = process.argv;
const folder = join(dist, "compiled");
/** One for each command, as each calls other functions. */
const file = join(folder, `${/^[a-z]+$/.test(command) ? command : "other"}-${process.version}-${process.arch}`);
// As in Node's own such memory, of which Node 20 has none: coverage needs functions that were compiled here.
const { NODE_DISABLE_COMPILE_CACHE, NODE_V8_COVERAGE } = process.env;
const isOff = Boolean(NODE_DISABLE_COMPILE_CACHE || NODE_V8_COVERAGE);

/** Whether something is the program's owner's, and no more open to others than the program is. Windows has no such modes. */
function isTrusted({ uid, mode }) {
  const program = statSync(dist);
  return uid === program.uid && (mode & ~program.mode & OTHERS_MAY_WRITE) === 0;
}

/** What an earlier run compiled: by a script's name the checksum of its text, and the code. Empty if it cannot be used. */
function readCompiled() {
  const compiled = new Map();
  if (isOff) return compiled;
  let descriptor;
  try {
    descriptor = openSync(file, "r");
    const at = lstatSync(folder);
    if (!at.isDirectory() || !isTrusted(at) || !isTrusted(fstatSync(descriptor))) return compiled;
    const bytes = readFileSync(descriptor);
    const body = bytes.subarray(4);
    if (crc32(body) !== bytes.readUInt32LE(0)) return compiled;
    let start = 4 + body.readUInt32LE(0);
    for (const [name, sum, size] of JSON.parse(body.latin1Slice(4, start))) {
      compiled.set(name, { sum, code: body.subarray(start, start + size) });
      start += size;
    }
  } catch {
    // None was kept, or none can be read.
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
  return compiled;
}

/** Keeps what this run compiled for the next, where the program is the user's own. It is no loss when it cannot. */
function writeCompiled() {
  const own = `${file}.${process.pid}`;
  let isBegun = false;
  try {
    if (process.geteuid !== undefined && process.geteuid() !== statSync(dist).uid) return;
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    writeFileSync(own, "", { flag: "wx", mode: 0o644 });
    isBegun = true;
    const fresh = [...scripts].map(([name, { sum, script }]) => [name, { sum, code: script.createCachedData() }]);
    // What other runs of the command needed, and this one did not, stays.
    const kept = [...new Map([...compiled, ...fresh])];
    const index = Buffer.from(JSON.stringify(kept.map(([name, { sum, code }]) => [name, sum, code.length])), "latin1");
    const head = Buffer.alloc(8);
    head.writeUInt32LE(index.length, 4);
    const bytes = Buffer.concat([head, index, ...kept.map(([, { code }]) => code)]);
    bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
    writeFileSync(own, bytes);
    renameSync(own, file);
  } catch {
    if (isBegun) rmQuietly(own);
  }
}

function rmQuietly(path) {
  try {
    rmSync(path, { force: true });
  } catch {
    // The disk has gone.
  }
}

const compiled = readCompiled();
const requireOther = createRequire(join(dist, "cli.cjs"));
const modules = new Map();
const scripts = new Map();
let isNew = false;

/** The exports of one of our files, which asks for others by `./` and their names. */
function load(name) {
  const known = modules.get(name);
  if (known !== undefined) return known.exports;
  const filename = join(dist, name);
  const bytes = readFileSync(filename);
  const sum = crc32(bytes);
  const kept = compiled.get(name);
  // The build writes ASCII alone.
  const script = new Script(`(function (exports, require, module, __filename) {${bytes.latin1Slice()}\n})`, {
    filename,
    cachedData: kept?.sum === sum ? kept.code : undefined,
  });
  if (script.cachedDataRejected !== false) isNew = true;
  scripts.set(name, { sum, script });
  const module = { exports: {} };
  modules.set(name, module);
  try {
    script.runInThisContext()(module.exports, requireFrom, module, filename);
  } catch (error) {
    // It may be asked for again, and is to say again what it lacks.
    modules.delete(name);
    throw error;
  }
  return module.exports;
}
const requireFrom = (id) => (id.startsWith("./") ? load(id.slice(2)) : requireOther(id));

let isSettled = false;
process.on("exit", (code) => {
  if (!isSettled && code === 0) {
    process.exitCode = UNSETTLED;
    process.stderr.write("assets: this is a bug, please report it: the program ended before it was done.\n");
  } else if (isNew && code === 0 && !isOff) writeCompiled();
});
load("cli.cjs")
  .main()
  .then(
    () => {
      isSettled = true;
    },
    (error) => {
      // Outside of any promise, so that no flag of Node can make it a mere warning.
      setImmediate(() => {
        throw error;
      });
    },
  );
