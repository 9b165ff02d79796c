/** What passes for a file by the first bytes of a body, and what does not. */
import { describe, expect, it } from "vitest";
import type { Opened } from "../../src/source/source.js";
import { impostor } from "../../src/transfer/body-check.js";

const SHA256 = "ab".repeat(32);
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${SHA256}\nsize 12345\n`;
const PAGE = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>";

/** The code that a head fails with, if it does. */
function codeOf(
  head: string | Buffer,
  { totalSize, mediaType, ...expected }: Partial<Opened & { path: string; size: number; pinned: boolean }> = {},
): string | undefined {
  const opened = { ...(totalSize !== undefined && { totalSize }), ...(mediaType !== undefined && { mediaType }) };
  const want = { path: "model.bin", pinned: false, ...expected };
  return impostor(Buffer.from(head), { body: [] as never, offset: 0, ...opened }, want, "https://host/x")?.code;
}

describe("the first bytes of a body", () => {
  it.each([
    ["a pointer", POINTER],
    ["a pointer with CRLF line ends", POINTER.replaceAll("\n", "\r\n")],
    ["a pointer of an older version", POINTER.replace("git-lfs.github.com", "hawser.github.com")],
  ])("%s is never a file, pinned or not", (_, head) => {
    expect([codeOf(head), codeOf(head, { pinned: true, size: 12_345 })]).toEqual(["LFS_POINTER", "LFS_POINTER"]);
  });

  it("a pointer is the file when just its size is announced and pinned: the digest will tell", () => {
    expect(codeOf(POINTER, { size: POINTER.length, totalSize: POINTER.length, pinned: true })).toBeUndefined();
  });

  it("text about pointers is not one", () => {
    expect(codeOf(`The pointer:\n${POINTER}`)).toBeUndefined();
    expect(codeOf(`${POINTER}${"more text\n".repeat(200)}`)).toBeUndefined();
  });

  it.each([
    ["a page", PAGE],
    ["a page in small letters", PAGE.toLowerCase()],
    ["a page without a doctype", "<html lang=en><body>hello"],
    ["a page after blank lines", `\n\n  ${PAGE}`],
    ["a page with a byte order mark", `\ufeff${PAGE}`],
    ["a page after a comment", `<!-- served by cache-7 -->\n${PAGE}`],
  ])("%s is never an unpinned file, unless the file is a page by its name", (_, head) => {
    expect([codeOf(head), codeOf(head, { path: "docs/card.html" })]).toEqual(["BAD_RESPONSE", undefined]);
  });

  it("a page is told from a pinned file when it says itself that it is one", () => {
    expect(codeOf(PAGE, { pinned: true, mediaType: "text/html" })).toBe("BAD_RESPONSE");
  });

  it.each([
    ["GGUF\u0003\u0000\u0000\u0000"],
    ['{"html": "<html>"}'],
    ["<svg xmlns='http://www.w3.org/2000/svg'></svg>"],
    ["<?xml version='1.0'?><root/>"],
    ["htmlish text <html>"],
    [""],
  ])("%j is what it is", (head) => {
    expect(codeOf(head)).toBeUndefined();
  });

  it("a size that is announced and is not the pinned one is refused", () => {
    expect(codeOf("x", { size: 100, totalSize: 99, pinned: true })).toBe("SIZE_MISMATCH");
    expect(codeOf("x", { size: 100, totalSize: 100, pinned: true })).toBeUndefined();
  });
});
