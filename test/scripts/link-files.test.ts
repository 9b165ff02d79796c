/** What the files of the bundle take of each other: the same as modules would see, or the build fails. */
import { describe, expect, it } from "vitest";

const { linked, mustNotCircle } = await import(new URL("../../scripts/link-files.mjs", import.meta.url).href);

describe("the files of the bundle", () => {
  it("take what they need when they are loaded, and give it at their end", () => {
    const text =
      'import{a as b,c}from"./one.cjs";import"./two.cjs";import{d}from"else";var e=b+c+d;export{e as f,b};\n';
    expect(linked(text)).toBe(
      'const {a:b,c}=require("./one.cjs");require("./two.cjs");import{d}from"else";var e=b+c+d;\n\nmodule.exports={f:e,b};',
    );
  });

  it("may have text behind what they give", () => {
    expect(linked("function a(){}export{a};// a licence")).toBe("function a(){}// a licence\nmodule.exports={a};");
  });

  it.each([
    ["has no value yet", "let a;function f(){a=1}export{a};"],
    ["is set again", "var a=0;function f(){a=1}export{a};"],
    ["is counted up", "var a=0;function f(){a++}export{a};"],
    ["is set in a pattern", "var a=0;function f(b){({c:[a]}=b)}export{a};"],
    ["is set by a loop", "var a=0;function f(b){for(a of b);}export{a};"],
    ["was a function, and is set", "function a(){}a=1;export{a};"],
    ["is a default", "var a=0;export{a as default};"],
    ["is declared where it is given", "export var a=0;"],
  ])("are refused where something that is given %s", (_, text) => {
    expect(() => linked(text)).toThrow();
  });

  it("are refused where they need each other to be loaded", () => {
    const needs = (path: string, kind = "import-statement") => ({ imports: [{ path, kind }] });
    expect(() => mustNotCircle({ a: needs("b"), b: needs("c", "dynamic-import"), c: needs("a") })).not.toThrow();
    expect(() => mustNotCircle({ a: needs("b"), b: needs("c"), c: needs("a") })).toThrow("a -> b -> c -> a");
  });
});
