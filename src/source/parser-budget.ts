/** Keeps V8 from optimising the parser of answers where all is over before that would pay. */
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { v8Version } from "../this-process.js";

/**
 * How long a function of WebAssembly runs before V8 of Node 20 optimises it, as V8 counts it. By the usual budget the first
 * head that undici parses is enough: that takes 0.2 s of a processor and 30 MiB, and no process ends before it is done.
 * The other one is enough for some two hundred heads.
 */
const BUDGET = { usual: 1_800_000, long: 2_000_000_000 };

/** What was compiled: V8 has one module of the same bytes for all who compile them, as long as anybody holds it. */
let parser: object | undefined;

/** To be called before the first connection of this process. Nothing else that is compiled gets another budget. */
export function leaveParserPlain(): void {
  // Later versions optimise after more heads by themselves, and in less time.
  if (parser !== undefined || !v8Version.startsWith("11.3.")) return;
  try {
    const code = createRequire(import.meta.url)("undici/lib/llhttp/llhttp_simd-wasm.js");
    setBudget(BUDGET.long);
    parser = new WebAssembly.Module(code);
  } catch {
    // Files may move between versions of undici: then it compiles its own.
  } finally {
    setBudget(BUDGET.usual);
  }
}

function setBudget(budget: number): void {
  setFlagsFromString(`--wasm-tiering-budget=${budget}`);
}

/** The types of Node 20 leave it out. */
declare const WebAssembly: { Module: new (code: Uint8Array) => object };
