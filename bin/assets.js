#!/usr/bin/env node
/**
 * Runs the program, from what V8 compiled in an earlier run of the same command.
 *
 * Compiling takes a third of a short command's time. What an earlier run compiled lies beside the program, in
 * `dist/compiled`, where only those can write who can change the program itself; where nobody can, all is compiled anew.
 * V8 refuses what another version or other flags of it made, yet believes what is damaged, so the bytes are checked here.
 */
"use strict";
const { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { Script } = require("node:vm");
const { crc32 } = require("node:zlib");

const dist = join(__dirname, "../dist");
const [, , command = ""] = process.argv;
const folder = join(dist, "compiled");
/** One for each command, as each calls other functions. */
const file = join(folder, `${/^[a-z]+$/.test(command) ? command : "other"}-${process.version}-${process.arch}`);
// As in Node's own such memory, of which Node 20 has none: coverage needs functions that were compiled here.
const { NODE_DISABLE_COMPILE_CACHE, NODE_V8_COVERAGE } = process.env;
const isOff = Boolean(NODE_DISABLE_COMPILE_CACHE || NODE_V8_COVERAGE);

/** What an earlier run compiled: by a script's name the checksum of its text, and the code. Empty if it cannot be used. */
function readCompiled() {
  const compiled = new Map();
  if (isOff) return compiled;
  try {
    const bytes = readFileSync(file);
    const body = bytes.subarray(4);
    if (crc32(body) !== bytes.readUInt32LE(0)) return compiled;
    let at = 4 + body.readUInt32LE(0);
    for (const [name, sum, size] of JSON.parse(body.latin1Slice(4, at))) {
      compiled.set(name, { sum, code: body.subarray(at, at + size) });
      at += size;
    }
  } catch {
    // None was kept, or none can be read.
  }
  return compiled;
}

/** Keeps what this run compiled for the next. */
function writeCompiled() {
  const kept = [...scripts].map(([name, { sum, script }]) => ({ name, sum, code: script.createCachedData() }));
  const index = Buffer.from(JSON.stringify(kept.map(({ name, sum, code }) => [name, sum, code.length])), "latin1");
  const head = Buffer.alloc(8);
  head.writeUInt32LE(index.length, 4);
  const bytes = Buffer.concat([head, index, ...kept.map(({ code }) => code)]);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  const own = `${file}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(own, bytes);
    renameSync(own, file);
  } catch {
    // It is no loss: the next run compiles anew.
    rmSync(own, { force: true });
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
  script.runInThisContext()(module.exports, requireFrom, module, filename);
  return module.exports;
}
const requireFrom = (id) => (id.startsWith("./") ? load(id.slice(2)) : requireOther(id));

process.on("exit", (code) => {
  if (isNew && code === 0 && !isOff) writeCompiled();
});
load("cli.cjs").main();
