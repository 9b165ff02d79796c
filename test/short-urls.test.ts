/** The short forms of URLs: what they name, and what is said of those that name nothing. */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { checkSource, checkUrl, resolveUrl } from "../src/manifest/urls.js";
import {
  encodePath,
  hubUrl,
  parseContainer,
  parseHub,
  parseRecord,
  parseRelease,
  shortForm,
} from "../src/short-urls.js";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

describe("what a short form names", () => {
  test.each([
    ["hf:org/name/x", { type: "model", name: "org/name", path: "x" }],
    ["hf://org/name/x", { type: "model", name: "org/name", path: "x" }],
    ["HF:models/org/name/x", { type: "model", name: "org/name", path: "x" }],
    [
      `hf:datasets/o.r/n_a-me@${COMMIT}/a/b%20c`,
      { type: "dataset", name: "o.r/n_a-me", revision: COMMIT, path: "a/b c" },
    ],
    ["hf:spaces/org/name@v1.0", { type: "space", name: "org/name", revision: "v1.0" }],
    [
      "hf:org/name@refs/convert/parquet/a/b",
      { type: "model", name: "org/name", revision: "refs/convert/parquet", path: "a/b" },
    ],
    ["hf:org/name@refs/pr/12", { type: "model", name: "org/name", revision: "refs/pr/12" }],
    ["hf:org/name@feature%2Fx/y@z", { type: "model", name: "org/name", revision: "feature/x", path: "y@z" }],
  ])("%s", (url, place) => {
    expect(parseHub(url)).toEqual(place);
  });

  test.each([
    ["github:o/r@v1/a.bin", { repository: "o/r", tag: "v1", asset: "a.bin" }],
    ["github:o/r.x@release/1/a%20b", { repository: "o/r.x", tag: "release/1", asset: "a b" }],
  ])("%s", (url, place) => {
    expect(parseRelease(url)).toEqual(place);
  });

  test.each([
    ["zenodo:42/a.bin", { record: "42", file: "a.bin" }],
    ["zenodo:10.5281/zenodo.42/a/b%3F", { record: "42", file: "a/b?" }],
  ])("%s", (url, place) => {
    expect(parseRecord(url)).toEqual(place);
  });

  test.each([
    ["github:o/r", { repository: "o/r", tag: "latest" }],
    ["github:o/r@release/1/", { repository: "o/r", tag: "release/1" }],
    ["zenodo:42", { record: "42" }],
    ["hf:org/name/sub/", { type: "model", name: "org/name", path: "sub" }],
  ])("%s, as what holds files", (url, place) => {
    expect(parseContainer(url)).toEqual(place);
  });
});

describe("a URL of a manifest", () => {
  test.each([
    "hf:org/name/x",
    `hf:datasets/org/name@${COMMIT}/a%20b.bin`,
    "hf:org/name/x.zip#member=a/b",
    "github:o/r@v1/x.tar.gz#member=a",
    "zenodo:42/x=y.pth",
  ])("may be %s", (url) => {
    expect(checkUrl(url)).toBeUndefined();
    expect(resolveUrl(url, "/base")).toBe(url);
  });

  test.each([
    ["hf:name/x", /names a whole repository/],
    ["hf:org/name", /"source": "hf:org\/name"/],
    ["hf:", /no repository/],
    ["hf:org/na--me/x", /no repository/],
    ["hf:../../x", /no repository/],
    ["hf:org/../x", /no repository/],
    ["hf:org/name@/x", /no usable revision/],
    ["hf:org/name@-rf/x", /no usable revision/],
    ["hf:org/name@a..b/x", /no usable revision/],
    ["hf:org/name@%zz/x", /no usable revision/],
    ["hf:org/name/../x", /path in the repository/],
    ["hf:org/name/a//b", /path in the repository/],
    ["hf:org/name/a%5Cb", /path in the repository/],
    ["hf:org/name/a%00", /path in the repository/],
    ["hf:org/name/x?download=1", /neither a query/],
    ["hf:org/name/x#y", /never sent/],
    ["hf:org/name/x#member=a", /no archive/],
    ["github:o/r/x", /with a tag/],
    ["github:o/r@v1", /no usable tag/],
    ["github:o/r@v1/", /names no file/],
    ["github:-o/r@v1/x", /no repository/],
    ["github:o/..@v1/x", /no repository/],
    ["github:o/r@-x/y", /no usable tag/],
    ["zenodo:x/y", /no record/],
    ["zenodo:42", /no file/],
    ["zenodo:42/../x", /no file/],
  ])("may not be %s", (url, said) => {
    const problem = checkUrl(url);
    expect(`${problem?.message} ${problem?.suggestion}`).toMatch(said);
  });

  test.each([
    ["hf:org/name", undefined],
    [`hf:datasets/org/name@${COMMIT}`, undefined],
    ["hf:org/name/file", /names a file or a folder/],
    ["https://huggingface.co/org/name", /no repository of the Hugging Face Hub.*"url"/],
    ["org/name", /no repository.*hf:/],
    ["hf:org/name?x", /neither/],
  ])("as a source, %s", (url, said) => {
    const problem = checkSource(url);
    if (said === undefined) expect(problem).toBeUndefined();
    else expect(`${problem?.message} ${problem?.suggestion}`).toMatch(said);
  });
});

describe("the long form", () => {
  test.each([
    ["https://huggingface.co/org/name/resolve/main/a/b", "hf:org/name@main/a/b"],
    ["https://huggingface.co/datasets/o/n/blob/v1/a?download=true", "hf:datasets/o/n@v1/a"],
    ["https://github.com/o/r/releases/download/v1/x", "github:o/r@v1/x"],
    ["https://github.com/o/r/releases/latest/download/x", "github:o/r@latest/x"],
    ["https://zenodo.org/api/records/42/files/x%20y/content", "zenodo:42/x%20y"],
  ])("%s has a short one", (url, short) => {
    expect(shortForm(url)).toBe(short);
  });

  test.each([
    "https://huggingface.co/gpt2/resolve/main/x",
    "https://huggingface.co/org/name",
    "https://github.com/o/r/raw/main/x",
    "http://huggingface.co/org/name/resolve/main/a",
    "https://huggingface.co.evil.example/org/name/resolve/main/a",
  ])("%s has none", (url) => {
    expect(shortForm(url)).toBeUndefined();
  });
});

it("is read as it was written, whatever the path and the revision are", () => {
  const part = fc
    .stringMatching(/^[A-Za-z0-9 ()+=@%#?&äé_-][A-Za-z0-9 .+=@%#?&äé_-]{0,8}$/)
    .filter((text) => !/^\.+$/.test(text));
  const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
  const revision = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,9}(?:\/[A-Za-z0-9_-]{1,9})?$/);
  fc.assert(
    fc.property(path, revision, (file, tag) => {
      const url = hubUrl({ type: "dataset", name: "org/name", revision: tag, path: file });
      expect(parseHub(url)).toEqual({ type: "dataset", name: "org/name", revision: tag, path: file });
      expect(checkUrl(url)).toBeUndefined();
      expect(parseRecord(`zenodo:1/${encodePath(file)}`)).toEqual({ record: "1", file });
    }),
  );
});

it("is never a bug, whatever it is", () => {
  fc.assert(
    fc.property(fc.constantFrom("hf:", "github:", "zenodo:", "hf:a/b@"), fc.string(), (scheme, rest) => {
      checkUrl(`${scheme}${rest}`);
      checkSource(`${scheme}${rest}`);
      parseContainer(`${scheme}${rest}`);
    }),
  );
});
