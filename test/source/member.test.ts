/** The `#member=` fragment of a URL. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseMember } from "../../src/source/member.js";

describe("a #member= fragment", () => {
  test.each([
    ["https://h/x.tar.gz?x=1#member=path/in/archive", "https://h/x.tar.gz?x=1", "tar", "path/in/archive"],
    ["https://h/x.TGZ#member=a%20b%23c", "https://h/x.TGZ", "tar", "a b#c"],
    ["file:///tmp/x.tar#member=a+b&c", "file:///tmp/x.tar", "tar", "a+b&c"],
    ["https://h/x.zip#member=%C3%BC", "https://h/x.zip", "zip", "ü"],
    ["https://h/p-1.0-py3-none-any.whl#member=p/m.bin", "https://h/p-1.0-py3-none-any.whl", "zip", "p/m.bin"],
    ["https://h/a.npz#member=arr_0.npy", "https://h/a.npz", "zip", "arr_0.npy"],
    ["data/x.zip#member=a", "data/x.zip", "zip", "a"],
  ] as const)("of %s names a file in an archive", (whole, url, format, path) => {
    expect(parseMember(whole)).toEqual({ url, member: { format, path, strip: 0 } });
  });

  test("is taken off even when it names no member, since no fragment is ever sent", () => {
    expect(parseMember("https://h/x.zip#readme")).toEqual({ url: "https://h/x.zip" });
    expect(parseMember("https://h/x.zip")).toEqual({ url: "https://h/x.zip" });
  });

  test.each([
    ["https://h/x.zip#member=", "is empty"],
    ["https://h/x.zip#member=../x", '".."'],
    ["https://h/x.zip#member=a/%2e%2e/x", '".."'],
    ["https://h/x.zip#member=/etc/passwd", "begins with a slash"],
    ["https://h/x.zip#member=a%5Cb", "backslash"],
    ["https://h/x.zip#member=a%00b", "NUL"],
    ["https://h/x.zip#member=a//b", "empty"],
    ["https://h/x.zip#member=./a", '"."'],
    ["https://h/x.zip#member=%", "percent-encoded"],
    ["https://h/model.bin#member=a", "not known to be an archive"],
    ["https://h/x?file=x.zip#member=a", "not known to be an archive"],
    ["npm:pkg@1.0.0/x.zip#member=a", "takes no #member="],
  ])("of %s is refused", (url, says) => {
    expect(() => parseMember(url)).toThrow(expect.objectContaining({ code: "UNSUPPORTED_URL" }));
    expect(() => parseMember(url)).toThrow(says);
  });

  test("never leads out of the archive, whatever it says", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", ".", "/", "\\", "%", "2", "e", "5", "c", "F", "0") }),
        (text) => {
          const path = pathIn(`https://h/x.zip#member=${text}`);
          expect(path === undefined || path.split("/").every((part) => !["", ".", ".."].includes(part))).toBe(true);
        },
      ),
    );
  });
});

function pathIn(url: string): string | undefined {
  try {
    return parseMember(url).member?.path;
  } catch {
    return undefined;
  }
}
