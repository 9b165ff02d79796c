/** URLs that no source serves, or that mean something else than they seem to. */
import { describe, test } from "vitest";
import { canonical, document, expectRefused, type Hostile, shorthand } from "./samples.js";

const inFile = (rest: object) => document([canonical(rest)]);
const inUrl = (url: string) => document([shorthand({ url })]);

const HOSTILE: readonly Hostile[] = [
  // URLs
  ["an empty URL", inUrl(""), /url: the URL is still missing/],
  ["a placeholder of a URL", inUrl("TODO"), /the URL is still missing/],
  ["a space in a URL", inUrl("https://example.com/a b"), /a space in it.*Write %20/],
  ["a line feed in a URL", inUrl("https://example.com/\r\nHost: x"), /U\+000D/],
  ["a URL without a host", inUrl("https:///x"), /this is not a URL/],
  ["a URL with one slash", inUrl("https:/example.com/x"), /this is not a URL/],
  ["a URL with a bad port", inUrl("https://example.com:99999/x"), /this is not a URL/],
  ["a variable in a URL", inUrl("https://example.com/$" + "{TOKEN}"), /variables such as \$\{TOKEN\} are not expanded/],
  ["a variable in capitals", inUrl("https://$HF_ENDPOINT/x"), /variables such as \$HF_ENDPOINT/],
  [
    "a script",
    inUrl("javascript:alert(1)"),
    /javascript: is not supported \(found "javascript:alert\(1\)"\)\. Write one of https:, http:, file:, npm:/,
  ],
  ["bytes in a URL", inUrl("data:text/plain,x"), /data: is not supported/],
  ["ftp", inUrl("ftp://example.com/x"), /ftp: is not supported/],
  ["ssh", inUrl("ssh://git@example.com/x"), /ssh: is not supported/],
  ["a bucket", inUrl("s3://bucket/key"), /s3: is not supported yet \(.*\)\. Write the https URL/],
  ["a host without a scheme", inUrl("huggingface.co/a/b"), /no scheme \(.*\)\. Write https:\/\/huggingface\.co/],
  ["a host with a port and no scheme", inUrl("localhost:8080/x"), /Write http:\/\/localhost:8080\/x/],
  ["a file on another host", inUrl("file://server/share/x"), /a file: URL with a host is not read/],
  ["a file URL with an encoded slash", inUrl("file:///a%2fb"), /does not name a file of this machine/],
  ["a Windows path", inUrl("C:\\models\\x"), /Write file:\/\/\/C:\/models\/x/],
  ["an absolute path as a URL", inUrl("/models/x"), /absolute path.*Write file:\/\/\/models\/x/],
  ["a folder as a URL", inUrl("./models/"), /this is a folder/],
  ["a package without a version", inUrl("npm:package/x"), /the npm: URL has no version/],
  ["a range of versions", inUrl("npm:package@^1.2.0/x"), /the version "\^1\.2\.0", which is not exact/],
  ["a tag of a package", inUrl("npm:@scope/package@latest/x"), /not exact/],
  ["a package without a path", inUrl("npm:package@1.2.3"), /names no file in the package/],
  ["a package path that climbs out", inUrl("npm:package@1.2.3/../x"), /"\.\." part/],
  ["a package path that climbs out, encoded", inUrl("npm:package@1.2.3/%2e%2e/x"), /"\.\." part/],
  ["a package name that climbs out", inUrl("npm:../../x@1.2.3/y"), /no valid package name/],
  ["a Git LFS server without an address", inUrl("lfs:o/r"), /the lfs: URL names no server on the web.*info\/lfs/],
  ["a Git LFS server that is a file", inUrl("lfs:file:///x"), /names no server on the web/],
  ["a Git LFS server within another", inUrl("lfs:lfs:https://example.com/x"), /names no server on the web/],
  ["a Git LFS server with a query", inUrl("lfs:https://example.com/x?token=a"), /a query or a fragment/],
  [
    "a Git LFS server that is asked for nothing",
    document([shorthand({ url: "lfs:https://example.com/x", size: undefined })]),
    /asked by SHA-256 and size/,
  ],
  ["a member that climbs out", inUrl("https://example.com/x.zip#member=../x"), /"\.\." part/],
  ["a member that climbs out, encoded", inUrl("https://example.com/x.zip#member=..%2Fx"), /"\.\." part/],
  ["an absolute member", inUrl("https://example.com/x.tgz#member=/etc/passwd"), /absolute/],
  ["a member with a NUL", inUrl("https://example.com/x.tgz#member=a%00"), /U\+0000/],
  ["a member that is not encoded correctly", inUrl("https://example.com/x.tgz#member=%zz"), /not encoded correctly/],
  ["an empty member", inUrl("https://example.com/x.tgz#member="), /is empty/],
  [
    "a member of an unknown archive",
    inUrl("https://example.com/x.tar.xz#member=a"),
    /\.tar\.xz archives are not supported.*\.zip/,
  ],
  ["a member of no archive", inUrl("https://example.com/x#member=a"), /no archive is known by this name/],
  ["another fragment", inUrl("https://example.com/x#sha256=abc"), /the part after # is never sent/],
  ["a fragment before a member", inUrl("https://example.com/x.zip#a#member=b"), /the part after # is never sent/],
  [
    "a bad fallback",
    inFile({ fallbackUrls: ["https://example.com/a", "gopher://x"] }),
    /files\[0\]\.fallbackUrls\[1\]: gopher: is not supported/,
  ],
  [
    "a fallback that is no list",
    inFile({ fallbackUrls: "https://example.com/a" }),
    /fallbackUrls: this must be an array/,
  ],
  ["a URL of 10,000 characters", inUrl(`https://example.com/${"a".repeat(10_000)}`), /longer than 8192 characters/],
];

describe("a hostile URL ends in one clear error", () => {
  test.each(HOSTILE)("%s", expectRefused);
});
