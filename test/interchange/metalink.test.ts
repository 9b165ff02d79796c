/** Metalink files: both versions, and those that mean harm. */
import { describe, expect, it } from "vitest";
import { readMetalink } from "../../src/interchange/metalink.js";

const A = "a".repeat(64);
const read = (text: string, baseUrl?: string) => readMetalink(text, { baseUrl });
const v4 = (files: string, head = "") =>
  `<?xml version="1.0" encoding="UTF-8"?>${head}<metalink xmlns="urn:ietf:params:xml:ns:metalink">${files}</metalink>`;

describe("a Metalink file of version 4", () => {
  it("gives size, digests of the whole file, and web mirrors by priority", () => {
    const { files, refused } = read(
      v4(`<published>2009-05-15T12:23:23Z</published>
        <file name="example.ext">
          <size>14471447</size>
          <hash type="sha-1">${"1".repeat(40)}</hash>
          <hash type="sha-256">${A}</hash>
          <pieces length="262144" type="sha-256"><hash>${"b".repeat(64)}</hash></pieces>
          <url>https://last.example/e?a=1&amp;b=2</url>
          <url location="de" priority="2">https://second.example/e</url>
          <url priority="1">ftp://ftp.example/e</url>
          <url priority="1"><![CDATA[https://first.example/e]]></url>
          <metaurl mediatype="torrent">https://t.example/e.torrent</metaurl>
        </file>`),
    );
    expect(refused).toEqual([]);
    expect(files).toEqual([
      {
        path: "example.ext",
        place: "line 2",
        size: 14471447,
        sha1: "1".repeat(40),
        sha256: A,
        urls: ["https://first.example/e", "https://second.example/e", "https://last.example/e?a=1&b=2"],
      },
    ]);
  });

  it("with prefixes of its own is the same", () => {
    const text = `<m:metalink xmlns:m="urn:ietf:params:xml:ns:metalink"><m:file name="f"><m:url>https://x.example/f</m:url></m:file></m:metalink>`;
    expect(read(text).files).toMatchObject([{ path: "f" }]);
  });

  it("with relative addresses needs the address of the list", () => {
    const text = v4('<file name="f"><url>sub/f</url></file>');
    expect(read(text).refused[0]?.message).toMatch(/f has no http: or https: URL/);
    expect(read(text, "https://x.example/v1/").files[0]?.urls).toEqual(["https://x.example/v1/sub/f"]);
  });

  it("of a hundred mirrors gives the twenty that come first", () => {
    const urls = Array.from({ length: 100 }, (_, at) => `<url priority="${100 - at}">https://m${at}.example/f</url>`);
    const { files, notes } = read(v4(`<file name="f">${urls.join("")}</file>`));
    expect(files[0]?.urls).toHaveLength(20);
    expect(files[0]?.urls[0]).toBe("https://m99.example/f");
    expect(notes[0]?.message).toMatch(/100 mirrors/);
  });

  it("with a priority out of range is asked last", () => {
    const text = v4(
      '<file name="f"><url priority="0">https://a.example/f</url><url priority="">https://b.example/f</url><url priority="9">https://c.example/f</url></file>',
    );
    expect(read(text).files[0]?.urls[0]).toBe("https://c.example/f");
  });
});

describe("a digest in a Metalink file", () => {
  const file = (hashes: string) => read(v4(`<file name="f">${hashes}<url>https://x.example/f</url></file>`));

  it.each([
    ["that is too short", `<hash type="sha-256">${A.slice(1)}</hash>`, /^f: a{63} is no SHA-256/],
    [
      "of which there are two",
      `<hash type="md5">${"1".repeat(32)}</hash><hash type="md5">${"2".repeat(32)}</hash>`,
      /differ/,
    ],
  ])("%s lets its file not pass", (_, hashes, message) => {
    const { files, refused } = file(`<hash type="sha-1">${"1".repeat(40)}</hash>${hashes}`);
    expect(files).toEqual([]);
    expect(refused.map((one) => one.message)).toEqual([expect.stringMatching(message)]);
  });

  it("that does not say its algorithm is told so", () => {
    expect(file("<hash>12</hash>").refused[0]?.message).toMatch(/f: a digest does not say its algorithm/);
  });
});

describe("a Metalink file of version 3", () => {
  it("has preferences, of which the highest comes first, and other names for digests", () => {
    const { files, notes } = read(`<?xml version="1.0"?>
      <metalink version="3.0" xmlns="http://www.metalinker.org/">
        <publisher><url>http://publisher.example/</url></publisher>
        <files><file name="f.iso">
          <size>5</size>
          <verification><hash type="sha256">${A}</hash><hash type="crc32">12</hash></verification>
          <resources>
            <url type="http" preference="10">http://low.example/f.iso</url>
            <url type="https" preference="100">https://high.example/f.iso</url>
            <url type="bittorrent" preference="100">http://t.example/f.torrent</url>
          </resources>
        </file></files>
      </metalink>`);
    expect(files).toMatchObject([
      { path: "f.iso", size: 5, sha256: A, urls: ["https://high.example/f.iso", "http://low.example/f.iso"] },
    ]);
    expect(notes[0]?.message).toMatch(/crc32 is not checked/);
  });
});

describe("a Metalink file that means harm ends in one clear remark", () => {
  const laughs = Array.from({ length: 10 }, (_, at) => `<!ENTITY e${at + 1} "${`&e${at};`.repeat(10)}">`).join("");
  it.each([
    [
      "entities that grow",
      v4('<file name="&e9;"><url>https://x.example/f</url></file>', `<!DOCTYPE m [<!ENTITY e0 "ha">${laughs}]>`),
      /not XML/,
    ],
    [
      "an entity that names a file",
      v4("<file name='f'><url>&x;</url></file>", '<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
      /not XML/,
    ],
    ["elements in each other without end", `<metalink>${"<a>".repeat(10_000)}`, /too deep/],
    ["another document", "<html><body/></html>", /the document is html, not metalink/],
    ["no document", "", /no metalink/],
    ["text that is no XML", "{}", /not XML|no metalink/],
    ["a document that is cut off", v4("<file name='f'>").slice(0, 90), /not XML/],
    ["a file without a name", v4("<file><url>https://x.example/f</url></file>"), /no name/],
    ["torrents only", v4("<file name='f'><metaurl>https://x.example/t</metaurl></file>"), /no http: or https:/],
  ])("%s", (_, text, message) => {
    const { files, refused } = read(text);
    expect(files).toEqual([]);
    expect(refused).toHaveLength(1);
    expect(refused[0]?.message).toMatch(message);
  });

  it.each(["99999999999999999999", "bar", "-1"])("a size that no file has (%s) lets its file not pass", (size) => {
    const { files, refused } = read(v4(`<file name='f'><size>${size}</size><url>https://x.example/f</url></file>`));
    expect(files).toEqual([]);
    expect(refused[0]?.message).toMatch(/^f: .* is no size in bytes/);
  });
});
