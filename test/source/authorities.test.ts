/** Which certificate authorities are trusted. */
import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { gatherAuthorities, readAuthorities } from "../../src/source/authorities.js";
import { makeCertificate } from "../helpers/certificate.js";
import { makeTree } from "../helpers/tree.js";

// Any certificates do: two that Node brings along.
const [FIRST = "", SECOND = ""] = rootCertificates;
const own = makeCertificate();
const names = (pems: readonly string[] = []) => new Set(pems.map((pem) => new X509Certificate(pem).fingerprint256));
const [first, second] = [...names([FIRST, SECOND])];

describe("certificate authorities", () => {
  it("are Node's own business as long as nobody adds any", async () => {
    expect(await gatherAuthorities({}, {})).toEqual({ unusable: [] });
  });

  it.skipIf(own === undefined)("of a file are added to those that Node brings along (needs openssl)", async () => {
    const caFile = makeTree().write("ca.pem", `# ours\n${own?.cert}\nsome words\n${SECOND}`);
    const { ca } = await gatherAuthorities({ caFile }, {});
    const trusted = names(ca);
    expect([...names([...rootCertificates, own?.cert ?? ""])].filter((each) => !trusted.has(each))).toEqual([]);
  });

  it("that Node has as well make no list of their own, which each connection would pay for", async () => {
    const bundle = makeTree().write("bundle.pem", rootCertificates.join("\n\n").replaceAll("\n", "\r\n"));
    expect(await gatherAuthorities({}, { SSL_CERT_FILE: bundle })).toEqual({ unusable: [] });
  });

  it("of a file are added to those that replace Node's", async () => {
    const caFile = makeTree().write("ca.pem", SECOND);
    const { ca } = await gatherAuthorities({ caFile, ca: FIRST }, { SSL_CERT_FILE: "/nowhere" });
    expect(names(ca)).toEqual(new Set([first, second]));
  });

  it("may stand in the file in the binary form", async () => {
    const file = makeTree().write("ca.der", new X509Certificate(FIRST).raw);
    expect(names(await readAuthorities(file))).toEqual(new Set([first]));
  });

  it.skipIf(own === undefined)("of a folder are those whose names OpenSSL would look for (needs openssl)", async () => {
    const tree = makeTree();
    tree.write("certs/0123abcd.0", own?.cert ?? "");
    tree.write("certs/0123abce.0", "damaged");
    const { ca, unusable } = await gatherAuthorities({}, { SSL_CERT_DIR: tree.path("certs") });
    expect([names(ca).has([...names([own?.cert ?? ""])][0] ?? ""), unusable]).toEqual([true, []]);
    tree.write("others/ca.pem", own?.cert ?? "");
    expect(await gatherAuthorities({}, { SSL_CERT_DIR: tree.path("others") })).toEqual({ unusable: [] });
  });

  it("that the environment names and that are not there are told, and hinder nobody", async () => {
    const tree = makeTree();
    const file = tree.write("empty.pem", "");
    const { ca, unusable } = await gatherAuthorities({}, { SSL_CERT_FILE: file, SSL_CERT_DIR: tree.path("nowhere") });
    expect(ca).toBeUndefined();
    expect(unusable).toEqual([`SSL_CERT_FILE (${file})`, `SSL_CERT_DIR (${tree.path("nowhere")})`]);
  });

  it.each([
    ["is not there", undefined, "does not exist"],
    ["is empty", "", "holds no certificate"],
    ["is something else", "hello", "holds no certificate"],
    ["holds a key only", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "holds no certificate"],
    ["is damaged", FIRST.replace(/\n[^-]{4}/, "\n!!!!"), "holds no certificate"],
    ["breaks off", FIRST.slice(0, 200), "holds no certificate"],
  ])("cannot be read from a file that %s", async (_, text, says) => {
    const tree = makeTree();
    if (text !== undefined) tree.write("ca.pem", text);
    const reading = readAuthorities(tree.path("ca.pem"));
    await expect(reading).rejects.toMatchObject({ code: "USAGE", message: expect.stringContaining(says) });
    await expect(reading).rejects.toMatchObject({ message: expect.stringContaining(tree.path("ca.pem")) });
  });
});
