/** What may be shown of texts from outside. */
import { describe, expect, it } from "vitest";
import { AssetsError, hideSecret, redact, visible, visibleLine } from "../src/errors.js";

describe("credentials", () => {
  it.each([
    ["https://user:secret@host/x", "https://host/x"],
    ["https://user:p@ss@secret@host/x", "https://host/x"],
    ["see https://token:x@host/a and ftp://me@host/b", "see https://host/a and ftp://host/b"],
    ["https://h/x?token=secret)more&a=1", "https://h/x?token=***&a=1"],
    ["https://h/x?X-Amz-Signature=secret&X-Amz-Date=1", "https://h/x?X-Amz-Signature=***&X-Amz-Date=1"],
    ["https://h/x?sv=1&sig=secret#member=a", "https://h/x?sv=***&sig=***#member=a"],
    ["<url>https://h/x?sv=1&amp;sig=secret&amp;x=2</url>", "<url>https://h/x?sv=***&amp;sig=***&amp;x=2</url>"],
    [
      "https://h/x?api_key=secret&auth=secret&pwd=secret&key=secret",
      "https://h/x?api_key=***&auth=***&pwd=***&key=***",
    ],
    ["Authorization: Bearer abcdefgh", "Authorization: Bearer ***"],
  ])("are cut out of %s", (text, shown) => {
    expect(redact(text)).toBe(shown);
    expect(new AssetsError("NETWORK", text, { hint: text })).toMatchObject({ message: shown, hint: shown });
  });

  it.each(["https://h/@scope/x@1.2.3/y", "data/basic english-words.txt", "https://h/x?download=1"])(
    "are not seen in %s",
    (text) => {
      expect(redact(text)).toBe(text);
    },
  );
});

describe("a secret that is known", () => {
  it("is cut out wherever it appears, unless it is so short that every text would have it", () => {
    hideSecret("s3cr3t.+(");
    hideSecret("short");
    expect(redact("it says s3cr3t.+( and s3cr3t.+(, shortly")).toBe("it says *** and ***, shortly");
  });

  it("is cut once: what stands behind it stays, however often it is shown", () => {
    const once = `${redact("https://h.example/x?sig=abcdef")}: it carries a signature`;
    expect(once).toBe("https://h.example/x?sig=***: it carries a signature");
    expect(redact(once)).toBe(once);
    expect(redact("https://h.example/x?sig=***abcdef")).toBe("https://h.example/x?sig=***");
  });

  it("does not hide where the user and password of a URL end", () => {
    hideSecret("s3cr3t@h");
    expect(redact("https://user:s3cr3t@host/x")).toBe("https://host/x");
  });
});

describe("characters that drive a terminal or reorder text", () => {
  it("are made visible, line feeds only where one line is meant", () => {
    expect(visible("a\u001b[31mb\u009bc\u202ed\n")).toBe("a\\u{1b}[31mb\\u{9b}c\\u{202e}d\n");
    expect(visibleLine("a\nb")).toBe("a\\nb");
    expect(visible("\ud800x")).toBe("\\u{d800}x");
    expect(visible("naïve 模型 🙂")).toBe("naïve 模型 🙂");
  });
});
