/** What a Git LFS server is asked, and what its answers are taken for. */
import { describe, expect, it } from "vitest";
import { redact } from "../../src/errors.js";
import { batchRequest, readBatch } from "../../src/source/lfs-batch.js";
import { lfsError } from "../../src/source/lfs-refusal.js";

const OID = "ab".repeat(32);
const NOW = Date.parse("2026-01-01T00:00:00Z");
const ENDPOINT = new URL("https://user:secret@host.example/o/r.git/info/lfs");

/** The answer about one object. */
function read(object: object, more: object = {}, endpoint = ENDPOINT) {
  return readBatch({ objects: [{ oid: OID, size: 1, ...object }], ...more }, endpoint, NOW).get(OID);
}

const action = (download: object, more: object = {}) => read({ actions: { download }, ...more });
const HREF = "https://cdn.example/x";

describe("the question", () => {
  it("is the one of the batch API", () => {
    expect(batchRequest([{ oid: OID, size: 1 }], "refs/heads/main")).toEqual({
      mediaType: "application/vnd.git-lfs+json",
      value: {
        operation: "download",
        transfers: ["basic"],
        ref: { name: "refs/heads/main" },
        objects: [{ oid: OID, size: 1 }],
        hash_algo: "sha256",
      },
    });
    expect(batchRequest([], undefined).value).not.toHaveProperty("ref");
  });
});

describe("an address", () => {
  it("has headers, of which those that say how bytes are sent are not taken", () => {
    const header = {
      Authorization: "Basic abc",
      "X-A": "1",
      Range: "bytes=0-",
      "Content-Length": "9",
      Host: "evil",
      "a b": "x",
      n: 1,
      "X-Feed": "a\r\nb",
    };
    expect(action({ href: HREF, header })).toMatchObject({ headers: { authorization: "Basic abc", "x-a": "1" } });
  });

  it("has headers of which what looks like a login is hidden from then on, and no plain word", () => {
    const token = "eyJhbGciOi.J9x-token";
    const header = {
      Authorization: `Basic ${Buffer.from(`me:${token}`).toString("base64")}`,
      "X-Auth-Note": "verified downloaded assets.manifest.json",
      Cookie: `session=${token}2; theme=dark`,
    };
    action({ href: HREF, header });
    const said = `verified, downloaded by assets.manifest.json; theme=dark`;
    expect(redact(said)).toBe(said);
    expect(redact(`${token} ${header.Authorization.slice(6)} ${token}2`)).toBe("*** *** ***2");
  });

  it.each([
    [{ expires_in: 60 }, NOW + 60_000],
    [{ expires_in: 60, expires_at: "2030-01-01T00:00:00Z" }, NOW + 60_000],
    [{ expires_in: 0, expires_at: "2030-01-01T00:00:00Z" }, Date.parse("2030-01-01T00:00:00Z")],
    [{ expires_at: "0001-01-01T00:00:00Z" }, undefined],
    [{ expires_at: "soon" }, undefined],
    [{}, undefined],
  ])("with %j expires then", (expiry, at) => {
    expect(action({ href: HREF, ...expiry })).toMatchObject({ expiresAt: at });
  });

  it.each([
    ["file:///etc/passwd"],
    ["not a URL"],
    ["http://cdn.example/x"],
    ["/relative"],
    [7],
    ["https://x/".padEnd(20_000, "x")],
  ])("that is %j is not used: from https no step is made down to http, or off the web", (href) => {
    expect(action({ href })).toMatchObject({ status: 0 });
  });
});

describe("an answer about an object", () => {
  it("with an error has its code; without an address the object is not there", () => {
    expect(read({ error: { code: 410, message: "gone" } })).toEqual({ status: 410, said: "gone" });
    expect(read({})).toEqual({ status: 404, said: undefined });
    expect(read({ error: { code: "x" } })).toEqual({ status: 404, said: undefined });
    expect(read({ error: { code: 200 }, actions: [] })).toEqual({ status: 404, said: undefined });
  });

  it.each([
    [null, /lists no objects/],
    [{ objects: {} }, /lists no objects/],
    [{ transfer: "tus\u001b", objects: [] }, /transfer by "tus\\u\{1b\}"/],
    [{ hash_algo: "sha512", objects: [] }, /digest/],
  ])("of the shape %j is refused, the login cut out of it", (answer, message) => {
    let thrown: unknown;
    try {
      readBatch(answer, ENDPOINT, NOW);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "BAD_RESPONSE", message: expect.stringMatching(message) });
    expect(String(thrown)).not.toContain("secret");
  });

  it("skips what is no object", () => {
    expect(readBatch({ objects: [null, 1, "x", { oid: 7 }, []] }, ENDPOINT, NOW).size).toBe(0);
  });
});

describe("a refusal", () => {
  const refusal = { what: "https://host.example", variable: "ASSETS_TOKEN_HOST", said: undefined };

  it("of a login says where that came from", () => {
    expect(lfsError({ ...refusal, status: 401, from: "GH_TOKEN" })).toMatchObject({
      message: expect.stringContaining("refuses the login of GH_TOKEN"),
    });
  });

  it("says that a login was not sent over plain http", () => {
    expect(lfsError({ ...refusal, status: 401, withheld: "GH_TOKEN" }).hint).toContain("use https");
  });

  it("is cut short, on one line", () => {
    const { message } = lfsError({ ...refusal, status: 422, said: `a\n\n${"b".repeat(5000)}` });
    expect(message.length).toBeLessThan(350);
    expect(message).not.toContain("\n");
  });
});
