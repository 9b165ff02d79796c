/** The pointer parser by tables, by properties, and against the git-lfs that is installed. */
import { spawn, spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { contentDigest, formatPointer, parsePointer } from "../src/lfs-pointer.js";

const OID = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
const OTHER = "ab".repeat(32);
const VERSION = "version https://git-lfs.github.com/spec/v1\n";
const TAIL = `oid sha256:${OID}\nsize 12345\n`;
const PLAIN = VERSION + TAIL;
const ext = (priority: number | string, name = "foo", oid = OTHER) => `ext-${priority}-${name} sha256:${oid}\n`;

const bytesOf = (text: string | Uint8Array) => (typeof text === "string" ? new TextEncoder().encode(text) : text);
const parse = (text: string | Uint8Array) => parsePointer(bytesOf(text));

// By what they show; the last part of this file asks git-lfs about each.
const CANONICAL: Record<string, string> = {
  "a plain pointer": PLAIN,
  "a size of one byte": `${VERSION}oid sha256:${OID}\nsize 1\n`,
  "a size of many gigabytes": `${VERSION}oid sha256:${OID}\nsize 9007199254740991\n`,
  "one extension": VERSION + ext(0) + TAIL,
  "extensions in order": VERSION + ext(0) + ext(1, "bar") + ext(9, "baz") + TAIL,
  "an extension whose name holds a hyphen": VERSION + ext(0, "foo-bar") + TAIL,
  "an extension whose name ends in other signs": VERSION + ext(0, "foo$é") + TAIL,
};
const NON_CANONICAL: Record<string, string> = {
  "no line feed at the end": PLAIN.trimEnd(),
  "CRLF line ends": PLAIN.replaceAll("\n", "\r\n"),
  "spaces after the size": `${PLAIN.trimEnd()}   \n`,
  "blank lines between and after": `${VERSION}\n${TAIL}\n\n`,
  "blank lines and spaces before": `\n \t${PLAIN}`,
  "no-break and next-line characters at the end": `${PLAIN}\u00a0\u0085`,
  "the URL of the pre-release": PLAIN.replace("git-lfs", "hawser"),
  "the URL of the alpha": PLAIN.replace("https://git-lfs.github.com/spec/v1", "http://git-media.io/v/2"),
  "a size with leading zeros": PLAIN.replace("12345", "00012345"),
  "a size with a plus sign": PLAIN.replace("12345", "+12345"),
  "a size of zero": PLAIN.replace("12345", "0"),
  "a size of minus zero": PLAIN.replace("12345", "-0"),
  "extensions out of order": VERSION + ext(1, "bar") + ext(0) + TAIL,
  "an extension before the version": ext(0) + PLAIN,
  "an extension between oid and size": `${VERSION}oid sha256:${OID}\n${ext(0)}size 12345\n`,
  "the same extension twice": VERSION + ext(0) + ext(0) + TAIL,
  "the longest that is still small enough": PLAIN + "\n".repeat(1023 - PLAIN.length),
};
const MALFORMED: Record<string, [string, RegExp]> = {
  "only the version": [VERSION, /the oid is missing/],
  "no size": [`${VERSION}oid sha256:${OID}\n`, /the size is missing/],
  "no oid": [`${VERSION}size 12345\n`, /"size" stands where "oid"/],
  "no version": [TAIL, /"oid" stands where "version"/],
  "keys out of order": [`${VERSION}size 12345\noid sha256:${OID}\n`, /"size" stands where "oid"/],
  "a second oid": [`${VERSION}oid sha256:${OID}\n${TAIL}`, /"oid" stands where "size"/],
  "an extra key": [`${PLAIN}wat wat\n`, /nothing may follow the size/],
  "an extension after the size": [PLAIN + ext(0), /nothing may follow the size/],
  "a version of the future": [PLAIN.replace("v1", "v2"), /the version is "https:\/\/git-lfs.github.com\/spec\/v2"/],
  "a version with http in place of https": [PLAIN.replace("https", "http"), /the version is "http:/],
  "a version in capitals": [PLAIN.replace("git-lfs", "GIT-LFS"), /the version is/],
  "two spaces after the key": [PLAIN.replace("version ", "version  "), /the version is/],
  "a tab after the key": [PLAIN.replace("version ", "version\t"), /not a key, a space and a value/],
  "equals signs in place of spaces": [PLAIN.replaceAll(" ", "="), /not a key, a space and a value/],
  "two carriage returns": [PLAIN.replace("\n", "\r\r\n"), /the version is ".*\\u\{d\}"/],
  "a line of one space": [`${VERSION} \n${TAIL}`, /"" stands where "oid"/],
  "an oid cut short": [PLAIN.replace(OID, "4d7a21"), /the oid is/],
  "an oid of capitals": [PLAIN.replace(OID, OID.toUpperCase()), /the oid is/],
  "an oid with a tail": [PLAIN.replace(OID, `${OID}&`), /the oid is/],
  "an oid of another hash": [PLAIN.replace("sha256", "sha512"), /the oid is/],
  "an oid without its hash": [PLAIN.replace("sha256:", ""), /the oid is/],
  "a size in words": [PLAIN.replace("12345", "fif"), /the size is "fif"/],
  "a size with a fraction": [PLAIN.replace("12345", "1.5"), /the size is "1.5"/],
  "a size in exponents": [PLAIN.replace("12345", "1e3"), /the size is "1e3"/],
  "a negative size": [PLAIN.replace("12345", "-1"), /the size is "-1"/],
  "an empty size": [`${VERSION}oid sha256:${OID}\nsize \nsize 1\n`, /nothing may follow the size/],
  "a size beyond 64 bits": [PLAIN.replace("12345", "9223372036854775808"), /more than 2\^53/],
  "an extension with a bad name": [VERSION + ext(0, "$$$$") + TAIL, /"ext-0-\$\$\$\$" stands where "oid"/],
  "an extension with a bad priority": [VERSION + ext("#") + TAIL, /"ext-#-foo" stands where "oid"/],
  "a priority of two digits": [VERSION + ext(10) + TAIL, /"ext-10-foo" stands where "oid"/],
  "a priority given twice": [VERSION + ext(0) + ext(0, "bar") + TAIL, /two extensions have the priority 0/],
  "an extension with a bad oid": [VERSION + ext(0, "foo", "boom") + TAIL, /"ext-0-foo" is "sha256:boom"/],
  "a byte order mark": [`\ufeff${PLAIN}`, /byte order mark/],
  "an unresolved merge": [
    `${VERSION}<<<<<<< HEAD\n${TAIL}=======\n${TAIL}>>>>>>> theirs\n`,
    /marks of an unresolved merge/,
  ],
  "an unresolved merge from the first line on": [`<<<<<<< HEAD\n${PLAIN}=======\n${PLAIN}>>>>>>> theirs\n`, /merge/],
  "the first alpha form": [`# git-media\n${OID}\n`, /first alpha versions/],
  "the first alpha form of external files": [`# external\n\n${OID}`, /first alpha versions/],
};
const NONE: Record<string, string> = {
  "a blank": " ",
  "blank lines": "\n\n\n",
  "other text": "this is not a git-lfs file!",
  "a text about pointers": `A pointer begins with ${VERSION}and then ${TAIL}`,
  "a version of something else": "version 1.2.3\noid 4\nsize 5\n",
  "a heading": "# external\n\nThese files come from elsewhere.\n",
  "1,024 bytes": PLAIN + "\n".repeat(1024 - PLAIN.length),
};

describe("a pointer as git-lfs writes it", () => {
  it.each(Object.entries(CANONICAL))("%s", (_, text) => expect(parse(text).kind).toBe("pointer"));

  it("gives oid, size, version and extensions", () => {
    expect(parse(VERSION + ext(0) + ext(1, "bar", OID) + TAIL)).toEqual({
      kind: "pointer",
      version: "https://git-lfs.github.com/spec/v1",
      oid: OID,
      size: 12345,
      extensions: [
        { priority: 0, name: "foo", oid: OTHER },
        { priority: 1, name: "bar", oid: OID },
      ],
    });
  });

  it("stands for the content from before the first extension", () => {
    expect(contentDigest({ oid: OID, extensions: [] })).toBe(OID);
    expect(contentDigest({ oid: OID, extensions: [{ priority: 3, name: "zip", oid: OTHER }] })).toBe(OTHER);
  });
});

describe("a pointer that git-lfs reads, but would write otherwise", () => {
  it.each(Object.entries(NON_CANONICAL))("%s", (_, text) => expect(parse(text).kind).toBe("non-canonical"));

  it("is read in full", () => {
    const text = NON_CANONICAL["extensions out of order"] ?? "";
    expect(parse(text.replaceAll("\n", "\r\n"))).toEqual({
      kind: "non-canonical",
      version: "https://git-lfs.github.com/spec/v1",
      oid: OID,
      size: 12345,
      extensions: [
        { priority: 0, name: "foo", oid: OTHER },
        { priority: 1, name: "bar", oid: OTHER },
      ],
    });
    expect(parse(NON_CANONICAL["a size of minus zero"] ?? "")).toMatchObject({ size: 0 });
    expect(parse(NON_CANONICAL["the URL of the pre-release"] ?? "")).toMatchObject({
      version: "https://hawser.github.com/spec/v1",
    });
  });
});

describe("a malformed pointer says what is wrong", () => {
  it.each(Object.entries(MALFORMED))("%s", (_, [text, problem]) => {
    expect(parse(text)).toEqual({ kind: "malformed", problem: expect.stringMatching(problem) });
  });

  test("a size beyond 2^53 - 1 is malformed here, though git-lfs reads up to 2^63 - 1", () => {
    expect(parse(PLAIN.replace("12345", "9007199254740992"))).toMatchObject({ kind: "malformed" });
  });

  test("UTF-16 text, as some shells redirect it, is malformed", () => {
    const utf16 = Buffer.from(`\ufeff${PLAIN}`, "utf16le");
    expect(parse(utf16)).toMatchObject({ problem: expect.stringContaining("UTF-16") });
    expect(parse(Buffer.from("\ufeffhello", "utf16le"))).toEqual({ kind: "none" });
  });

  test("control characters of the file cannot reach a terminal through the problem", () => {
    const parsed = parse(PLAIN.replace("12345", "\u001b[2J\u202e"));
    expect(parsed).toMatchObject({ problem: expect.stringContaining("\\u{1b}[2J\\u{202e}") });
  });

  test("a long line is shown cut", () => {
    const parsed = parse(PLAIN.replace("12345", "9".repeat(800)));
    expect(parsed).toMatchObject({ problem: expect.stringMatching(/^.{1,200}$/) });
  });
});

describe("what is no pointer", () => {
  it.each(Object.entries(NONE))("%s", (_, text) => expect(parse(text)).toEqual({ kind: "none" }));

  test("the empty file is none, though git-lfs counts it as its own pointer", () => {
    expect(parse("")).toEqual({ kind: "none" });
  });

  test("arbitrary bytes are", () => {
    expect(parse(Uint8Array.of(0, 0xff, 0xfe, 0x80))).toEqual({ kind: "none" });
  });
});

const hex64 = fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 64, maxLength: 64 });
const extensionsOf = fc.uniqueArray(
  fc.record({
    priority: fc.integer({ min: 0, max: 9 }),
    name: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,7}$/),
    oid: hex64,
  }),
  { selector: ({ priority }) => priority, maxLength: 8 },
);
const pointerOf = fc.record({
  oid: hex64,
  size: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  extensions: extensionsOf,
});

const INSERTS = ["", " ", "\n", "\r\n", "\r", "\t", "\0", ":", "-", "+", "0", "size 5\n", ext(3), "\ufeff", "\u0085"];
/** Texts near to pointers: one with some of its parts cut out or overwritten. */
const nearly = fc
  .tuple(
    pointerOf.map((pointer) => formatPointer({ ...pointer, size: pointer.size % 1e6 })),
    fc.array(
      fc.tuple(
        fc.nat(400),
        fc.nat(3),
        fc.oneof(fc.constantFrom(...INSERTS), fc.string({ unit: "binary", maxLength: 2 })),
      ),
      { maxLength: 3 },
    ),
  )
  .map(([text, edits]) => edits.reduce((now, [at, cut, put]) => now.slice(0, at) + put + now.slice(at + cut), text));

describe("for every pointer", () => {
  it("what is formatted is parsed to the same, as canonical", () => {
    fc.assert(
      fc.property(pointerOf, (pointer) => {
        const extensions = pointer.extensions.toSorted((a, b) => a.priority - b.priority);
        const version = "https://git-lfs.github.com/spec/v1";
        expect(parse(formatPointer(pointer))).toEqual({ ...pointer, extensions, version, kind: "pointer" });
      }),
    );
  });

  it("what is parsed from a non-canonical one and formatted again is canonical", () => {
    fc.assert(
      fc.property(nearly, (text) => {
        const parsed = parse(text);
        fc.pre(parsed.kind === "non-canonical" && parsed.size > 0);
        if (parsed.kind === "non-canonical") expect(parse(formatPointer(parsed)).kind).toBe("pointer");
      }),
    );
  });

  it("a size of 0 is written as the empty file", () => {
    expect(formatPointer({ oid: OID, size: 0 })).toBe("");
  });
});

it("no input crashes the parser or keeps it busy", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 1100 }), (bytes) => void parsePointer(bytes)));
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 600 }), (text) => void parse(VERSION + text)));
  const start = performance.now();
  for (const char of [" ", "\n", "\r", "\u00a0", "<", "ext-0-a ", "# git-media\n"])
    parse(char.repeat(1000).slice(0, 1000));
  expect(performance.now() - start).toBeLessThan(500);
});

/** Exit code of `git-lfs pointer --check --strict`: 0 canonical, 1 not a pointer, 2 not canonical. */
function askGitLfs(text: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn("git-lfs", ["pointer", "--check", "--strict", "--stdin"], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    child.on("error", reject).on("close", resolve);
    child.stdin.on("error", () => {}).end(text);
  });
}

const hasGitLfs = spawnSync("git-lfs", ["version"]).status === 0;
const VERDICTS = { pointer: 0, malformed: 1, none: 1, "non-canonical": 2 } as const;

describe.skipIf(!hasGitLfs)(`git-lfs ${hasGitLfs ? "agrees" : "is not installed, so it is not asked"}`, () => {
  it.each([...Object.entries(CANONICAL), ...Object.entries(NON_CANONICAL)])("that it can read %s", async (_, text) => {
    expect(await askGitLfs(text)).toBe(VERDICTS[parse(text).kind]);
  });

  it.each(Object.entries(MALFORMED))("that it cannot read %s", async (_, [text]) => {
    expect(await askGitLfs(text)).toBe(1);
  });

  test("on every text near to a pointer", async () => {
    await fc.assert(
      fc.asyncProperty(nearly, async (text) => {
        fc.pre(text !== "" && bytesOf(text).length < 1024);
        expect(await askGitLfs(text)).toBe(VERDICTS[parse(text).kind]);
      }),
      { numRuns: 40 },
    );
  });

  test("that what is formatted is canonical", async () => {
    await fc.assert(
      fc.asyncProperty(pointerOf, async (pointer) => {
        expect(await askGitLfs(formatPointer(pointer))).toBe(0);
      }),
      { numRuns: 15 },
    );
  });
});
