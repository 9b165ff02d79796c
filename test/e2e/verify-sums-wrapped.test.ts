/** `assets verify --sums` on lists that are wrapped in something, of other algorithms, and with names that are no text. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runInProcess } from "../helpers/in-process.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const WINDOWS = process.platform === "win32";
const lacks = (tool: string) => WINDOWS || spawnSync(tool, ["--version"]).status !== 0;

function digest(text: string, algorithm = "sha256"): string {
  return createHash(algorithm).update(text).digest("hex");
}

async function verify(tree: Tree, args: string[]) {
  const { code, stdout } = await runInProcess(["verify", ...args, "--json"], { cwd: tree.root });
  const report = JSON.parse(stdout);
  const files = (report.files ?? []).map(({ path, status }: Record<string, string>) => `${path} ${status}`);
  return { code, files, report };
}

/** Signed as gpg does it; the signature itself is none. */
function signed(text: string): string {
  const escaped = text.replaceAll(/^-/gm, "- -");
  return `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${escaped}-----BEGIN PGP SIGNATURE-----\n\niQIzBAEBCAAdFiEE\n=Ab1+\n-----END PGP SIGNATURE-----\n`;
}

/** A file whose name is Latin-1, where the file system takes one. */
function writeLatin1(tree: Tree, body: string): boolean {
  const path = Buffer.from(tree.path("caf\u00e9.bin"), "latin1");
  try {
    writeFileSync(path, body);
  } catch {
    return false;
  }
  return existsSync(path);
}

describe("names that are not UTF-8", () => {
  it.skipIf(WINDOWS)("are the names of files like any other", async ({ skip }) => {
    const tree = makeTree();
    if (!writeLatin1(tree, "olé")) skip();
    const absolute = Buffer.from(tree.path("caf\u00e9.bin"), "latin1").toString("latin1");
    const list = ["caf\u00e9.bin", absolute, "gone\u00e9"].map((name) => `${digest("olé")}  ${name}\n`).join("");
    tree.write("sums", Buffer.from(list, "latin1"));
    expect(await verify(tree, ["--sums", "sums"])).toMatchObject({
      code: 1,
      files: ["caf\\xe9.bin valid", expect.stringMatching(/\/caf\\xe9\.bin valid$/), "gone\\xe9 missing"],
    });
  });

  it.skipIf(lacks("sha256sum"))("pass where sha256sum passes them", async ({ skip }) => {
    const tree = makeTree();
    if (!writeLatin1(tree, "olé")) skip();
    const script = "sha256sum caf* >sums && sha256sum -c --strict sums";
    expect(spawnSync("sh", ["-c", script], { cwd: tree.root }).status).toBe(0);
    expect(await verify(tree, ["--sums", "sums"])).toMatchObject({ code: 0, files: ["caf\\xe9.bin valid"] });
  });
});

describe("a signed list", () => {
  it("is read, dashes and all, and its signature is said not to be checked", async () => {
    const tree = makeTree();
    tree.write("a.iso", "aaa");
    tree.write("-----dashes", "ddd");
    const list = `# a.iso: 3 bytes\nSHA256 (a.iso) = ${digest("aaa")}\n${digest("ddd")}  -----dashes\n`;
    tree.write("CHECKSUM", signed(list));
    const { code, files, report } = await verify(tree, ["--sums", "CHECKSUM"]);
    expect([code, files]).toEqual([0, ["a.iso valid", "-----dashes valid"]]);
    expect(report.notes).toEqual([
      { sums: "CHECKSUM", kind: "signature", message: expect.stringContaining("the signature was not checked") },
    ]);
    const { stdout } = await runInProcess(["verify", "--sums", "CHECKSUM"], { cwd: tree.root });
    expect(stdout).toContain("CHECKSUM: it is signed, and the signature was not checked: gpg --verify does.\n");
  });

  it("proves nothing by what stands outside of what is signed", async () => {
    const tree = makeTree();
    tree.write("a", "aaa");
    tree.write("evil", "evil");
    const evil = `${digest("evil")}  evil\n`;
    const whole = signed(`${digest("aaa")}  a\n`);
    tree.write("before", `${evil}${whole}`);
    tree.write("after", `${whole}${evil}`);
    tree.write("inside", whole.replace("=Ab1+\n", evil));
    tree.write("header", whole.replace("Hash: SHA256\n", evil));
    for (const name of ["before", "after", "inside", "header"]) {
      const { code, files, report } = await verify(tree, ["--sums", name]);
      expect([name, code, files]).toEqual([name, 1, ["a valid"]]);
      expect(report.malformed[0].reason).toBe("it stands outside what is signed");
    }
  });

  it("with one file changed fails as any other", async () => {
    const tree = makeTree();
    tree.write("a", "changed");
    tree.write("CHECKSUM", signed(`${digest("aaa")}  a\n`).replaceAll("\n", "\r\n"));
    expect(await verify(tree, ["--sums", "CHECKSUM"])).toMatchObject({ code: 1, files: ["a mismatch"] });
  });
});

describe("digits without a name", () => {
  it("are those of b2sum where they are not those of sha512sum", async () => {
    const tree = makeTree();
    for (const name of ["a", "b", "c"]) tree.write(name, name);
    const line = (name: string, algorithm = "blake2b512", of = name) => `${digest(of, algorithm)}  ${name}\n`;
    tree.write("B2SUMS", line("a") + line("b") + line("c", "blake2b512", "changed"));
    const { code, files, report } = await verify(tree, ["--sums", "B2SUMS"]);
    expect([code, files]).toEqual([1, ["a valid", "b valid", "c mismatch"]]);
    expect(report.files.map((file: { algorithm: string }) => file.algorithm)).toEqual(Array(3).fill("BLAKE2b"));
    expect([report.files[2].actual, report.notes]).toEqual([digest("c", "blake2b512"), []]);
    tree.write("mixed", line("a") + line("b", "sha512") + line("c", "sha512", "changed"));
    const mixed = await verify(tree, ["--sums", "mixed"]);
    expect(mixed.files).toEqual(["a valid", "b valid", "c mismatch"]);
    expect(mixed.report.files.map((file: { algorithm: string }) => file.algorithm)).toEqual([
      "BLAKE2b",
      "SHA512",
      "SHA512",
    ]);
  });

  it.skipIf(lacks("b2sum"))("that b2sum itself wrote prove its files, with a tag and without", async () => {
    const tree = makeTree();
    tree.write("a", "aaa");
    for (const flags of [[], ["--tag"]]) {
      tree.write("sums", spawnSync("b2sum", [...flags, "a"], { cwd: tree.root }).stdout);
      expect(await verify(tree, ["--sums", "sums"])).toMatchObject({ code: 0, files: ["a valid"] });
    }
  });

  it("are said to be maybe of another algorithm when nothing matches", async () => {
    const tree = makeTree();
    tree.write("a", "aaa");
    tree.write("b", "bbb");
    tree.write(
      "sums",
      `${digest("aaa", "sha3-256")}  a\n${digest("bbb", "sha3-256")}  b\nMD5 (a) = ${digest("aaa", "md5")}\n`,
    );
    const { code, stdout } = await runInProcess(["verify", "--sums", "sums"], { cwd: tree.root });
    expect(code).toBe(1);
    expect(stdout).toContain(
      "sums: no digest of 64 digits matches: maybe they are not SHA256, but BLAKE2b-256, BLAKE3",
    );
    tree.write("sums", `${digest("aaa")}  a\n${digest("aaa")}  b\n${digest("aaa")}  gone\n`);
    expect((await verify(tree, ["--sums", "sums"])).report.notes).toEqual([]);
  });
});

describe("a list", () => {
  it("that ends its lines with NUL has its names as they are", async () => {
    const tree = makeTree();
    const names = ["plain", ...(WINDOWS ? [] : ["back\\nslash", "new\nline", "return\r", "\\n"])];
    for (const name of names) tree.write(name, name);
    tree.write("sums", names.map((name) => `${digest(name)}  ${name}\0`).join(""));
    expect(await verify(tree, ["--sums", "sums"])).toMatchObject({
      code: 0,
      files: names.map((name) => `${name} valid`),
    });
  });

  it.skipIf(lacks("sha256sum"))("of sha256sum -z is read", async () => {
    const tree = makeTree();
    tree.write("two\nlines", "aaa");
    for (const flags of [["-z"], ["-z", "--tag"]]) {
      tree.write("sums", spawnSync("sha256sum", [...flags, "two\nlines"], { cwd: tree.root }).stdout);
      expect(await verify(tree, ["--sums", "sums"])).toMatchObject({ code: 0, files: ["two\nlines valid"] });
    }
  });

  it("that Windows PowerShell wrote is read, in either order of bytes", async () => {
    const tree = makeTree();
    tree.write("модель.bin", "aaa");
    const text = Buffer.from(`\ufeff${digest("aaa").toUpperCase()}  модель.bin\r\n`, "utf16le");
    for (const bytes of [text, Buffer.from(text).swap16()]) {
      tree.write("sums", bytes);
      expect(await verify(tree, ["--sums", "sums"])).toMatchObject({ code: 0, files: ["модель.bin valid"] });
    }
    tree.write("sums", text.subarray(0, -1));
    expect((await verify(tree, ["--sums", "sums"])).code).toBe(0);
  });

  it("with - in the place of a name says that this cannot be checked", async () => {
    const tree = makeTree();
    tree.write("-", "aaa");
    tree.write("sums", `${digest("aaa")}  -\n${digest("aaa")}  ./-\n`);
    const { code, files, report } = await verify(tree, ["--sums", "sums"]);
    expect([code, files]).toEqual([1, ["- unreadable", "./- valid"]]);
    expect(report.files[0].reason).toContain("standard input");
  });

  it("without a name is refused with exit code 2", async () => {
    const { code, report } = await verify(makeTree(), ["--sums", ""]);
    expect([code, report.error.message]).toEqual([2, "The name of a list is empty."]);
  });
});
