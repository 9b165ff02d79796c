/** What speaks against a file, and that nothing speaks against a good one. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeOf } from "../../src/formats/index.js";
import { leftover } from "../../src/formats/leftover.js";
import { HEAD_BYTES, type Judge, TAIL_BYTES } from "../../src/formats/probe.js";
import { webPage } from "../../src/formats/web-page.js";
import { GOOD, GOOD_HEADS, gguf, safetensors } from "./samples.js";

/** The verdict on bytes, shown as little of them as is asked for. */
function judged(name: string, bytes: Buffer): string | undefined {
  const judge: Judge = judgeOf(name) ?? (() => undefined);
  let [head, tail] = [HEAD_BYTES, TAIL_BYTES];
  for (let round = 0; round < 4; round++) {
    const verdict = judge({ size: bytes.length, head: bytes.subarray(0, head), tail: bytes.subarray(-tail) });
    if (typeof verdict !== "object") return verdict;
    [head, tail] = [Math.max(head, verdict.head ?? 0), Math.max(tail, verdict.tail ?? 0)];
  }
  throw new Error("It never has enough");
}

describe("a file that is what its name says", () => {
  it.each(Object.entries({ ...GOOD, ...GOOD_HEADS }))("%s is not suspicious", (name, bytes) => {
    expect(judged(name, bytes)).toBeUndefined();
    expect(judged(name.toUpperCase(), bytes)).toBeUndefined();
  });
});

describe("a file that is cut off", () => {
  it.each(Object.entries(GOOD).filter(([name]) => name !== "a.gz" && name !== "a.gguf"))(
    "%s is suspicious",
    (name, bytes) => {
      for (const length of [bytes.length - 1, bytes.length >> 1, 9]) {
        expect([length, judged(name, bytes.subarray(0, length))]).toEqual([length, expect.any(String)]);
      }
    },
  );

  it("of which only the beginning tells, is suspicious when that is not whole", () => {
    expect(judged("a.gz", (GOOD["a.gz"] as Buffer).subarray(0, 15))).toContain("cut off");
    expect(judged("a.gguf", gguf(3, 2, 3, 20))).toContain("cut off");
    expect(judged("a.gguf", gguf(3, 200, 3, 500))).toContain("cut off");
  });
});

describe("a file that is something else", () => {
  it.each(Object.keys(GOOD))("%s is suspicious when it holds text, zeros, or another format", (name) => {
    const others = Object.entries(GOOD).filter(([other]) => judgeOf(other) !== judgeOf(name));
    const zipped = ["a.zip", "a.npz", "a.pt"];
    for (const [other, bytes] of others) {
      if (zipped.includes(name) && zipped.includes(other)) continue;
      expect([other, judged(name, bytes)]).toEqual([other, expect.any(String)]);
    }
    expect(judged(name, Buffer.from("Not found. Please log in to read this text."))).toEqual(expect.any(String));
    expect(judged(name, Buffer.alloc(5000))).toEqual(expect.any(String));
  });

  it.each<[string, Buffer, string]>([
    ["a header that is no JSON", safetensors("{nonsense}", 20), "cannot be read"],
    ["a header that is a list", safetensors("[]", 20), "does not begin with {"],
    ["a tensor without a place", safetensors({ a: { dtype: "F32" } }, 20), "cannot be read"],
    ["a tensor that is nothing", safetensors({ a: null }, 20), "cannot be read"],
    ["a tensor that ends before it begins", safetensors({ a: { data_offsets: [8, 4] } }, 20), "cannot be read"],
    ["a tensor before the beginning", safetensors({ a: { data_offsets: [-8, 4] } }, 20), "cannot be read"],
    [
      "tensors that go beyond the end",
      safetensors({ a: { data_offsets: [0, 21] } }, 20),
      "1 byte of its tensors is missing: it is cut off",
    ],
    ["bytes that no tensor has", safetensors({ a: { data_offsets: [0, 19] } }, 20), "1 byte follows its last tensor"],
    [
      "two bytes that no tensor has",
      safetensors({ a: { data_offsets: [0, 18] } }, 20),
      "2 bytes follow its last tensor",
    ],
    [
      "a header longer than any",
      Buffer.concat([Buffer.alloc(8, 0xff), Buffer.from("{}")]),
      "does not begin with the length",
    ],
    [
      "a header longer than the file",
      Buffer.concat([Buffer.from([99, 0, 0, 0, 0, 0, 0, 0]), Buffer.from("{}")]),
      "cut off",
    ],
  ])("a safetensors file with %s is suspicious", (_, bytes, says) => {
    expect(judged("a.safetensors", bytes)).toContain(says);
  });

  it("a long safetensors header is read as a whole", () => {
    const tensors = Object.fromEntries(
      Array.from({ length: 2000 }, (_, at) => [`t${at}`, { data_offsets: [at, at + 1] }]),
    );
    expect(judged("a.safetensors", safetensors(tensors, 2000))).toBeUndefined();
    expect(judged("a.safetensors", safetensors(tensors, 1999))).toContain("missing");
  });

  it("a zip archive may have a comment, and its end is found behind it", () => {
    const plain = GOOD["a.zip"] as Buffer;
    const comment = Buffer.alloc(40_000, "x");
    const long = Buffer.concat([plain, comment]);
    long.writeUInt16LE(comment.length, plain.length - 2);
    expect(judged("a.zip", long)).toBeUndefined();
  });

  it.each(["MZ", "\x7fELF", "#!/bin/sh\n"])("a program without an archive behind it is no zip archive: %j", (text) => {
    expect(judged("a.zip", Buffer.concat([Buffer.from(text, "latin1"), Buffer.alloc(90_000)]))).toContain("cut off");
  });

  it("a PNG is cut off when its last chunk is nowhere near its end", () => {
    const good = GOOD["a.png"] as Buffer;
    expect(judged("a.png", Buffer.concat([good.subarray(0, -1), Buffer.alloc(9000)]))).toContain("cut off");
  });

  it("a GGUF file of another version, or from another kind of machine, is told apart", () => {
    expect(judged("a.gguf", gguf(0, 0, 0, 100))).toContain("version 0");
    const big = gguf(3, 0, 0, 100);
    big.writeUInt32BE(3, 4);
    expect(judged("a.gguf", big)).toBeUndefined();
  });
});

describe("what stands in a file's place", () => {
  it.each([
    ["<!DOCTYPE html>\n<html>", "web page"],
    ["\ufeff \n<!-- saved from x --><HTML lang=en>", "web page"],
    ["<html>", "web page"],
    ['<?xml version="1.0"?><Error><Code>AccessDenied</Code>', "error of a server"],
  ])("%j is recognised", (text, says) => {
    expect(webPage(Buffer.from(text))).toContain(says);
  });

  it.each(["", "html", "<svg>", '{"html": "<html>"}', "a,b\n<html>,1"])("%j is left alone", (text) => {
    expect(webPage(Buffer.from(text))).toBeUndefined();
  });

  it.each([
    "a.part",
    "a.gguf.0123456789ab.part",
    "a.part.json",
    "A.INCOMPLETE",
    "a.aria2",
    "a.crdownload",
    "tmp1a_b2c3d",
    "x.tmp",
  ])("%s is what a download left", (name) => {
    expect(leftover(name)).toEqual(expect.any(String));
  });

  it.each(["a.bin", "part", "template", "tmp", "tmpfiles.d", "a.part1.rar", "party.json"])("%s is not", (name) => {
    expect(leftover(name)).toBeUndefined();
  });
});

describe("hostile bytes", () => {
  const names = Object.keys({ ...GOOD, ...GOOD_HEADS });

  it("never make a judge throw, nor ask for more without end", () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.uint8Array({ minLength: 1, maxLength: 300 }), (name, bytes) => {
        expect(() => judged(name, Buffer.from(bytes))).not.toThrow();
        expect(() => webPage(Buffer.from(bytes))).not.toThrow();
      }),
    );
  });

  it("in the middle of good ones do not either", () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    const good = fc.constantFrom(...Object.entries(GOOD));
    fc.assert(
      fc.property(good, fc.array(change, { maxLength: 8 }), fc.nat(), ([name, bytes], changes, cut) => {
        const copy = Buffer.from(bytes);
        // Headers are near the beginning, and those of archives near the end.
        for (const [at, value] of changes) copy[(at * 7) % Math.min(copy.length, 64)] = value;
        for (const [at, value] of changes) copy[copy.length - 1 - (at % Math.min(copy.length, 64))] = value;
        expect(() => judged(name, copy)).not.toThrow();
        expect(() => judged(name, copy.subarray(0, 1 + (cut % copy.length)))).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});
