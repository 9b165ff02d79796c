/** Which word is guessed for which slip. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nearest, nearestFew } from "../../src/manifest/suggest.js";

const COMMANDS = ["download", "list", "verify", "lfs", "repair"];

describe("nearest", () => {
  test.each([
    ["donwload", "download"],
    ["Verify", "verify"],
    ["lst", "list"],
    ["down", "download"],
  ])("%s is taken for %s", (word, command) => {
    expect(nearest(word, COMMANDS)).toBe(command);
  });

  test.each(["", "x", "completely", "frobnicate"])("%j is taken for none", (word) => {
    expect(nearest(word, COMMANDS)).toBeUndefined();
  });

  test("swapped letters are one slip", () => {
    expect(nearest("tpye", ["id", "type", "tags"])).toBe("type");
  });

  test("a slip is nearer than a part of a longer word", () => {
    expect(nearest("qwen2", ["qwen2.5-0.5b-instruct", "qwen3"])).toBe("qwen3");
  });

  test("several are named, the likeliest first", () => {
    expect(nearestFew("whisper-tny", ["whisper-base", "whisper-tiny", "silero"], 3)).toEqual([
      "whisper-tiny",
      "whisper-base",
    ]);
  });

  test("what is guessed is always one of the known words", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (word, known) => {
        const guess = nearest(word, known);
        return guess === undefined || known.includes(guess);
      }),
    );
  });

  test("a known word is its own nearest", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{2,10}$/), { minLength: 1 }), (known) => {
        return known.every((word) => nearest(word, known) === word);
      }),
    );
  });
});
