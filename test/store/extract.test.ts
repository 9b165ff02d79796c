/** Members of archives: what is taken out, what is refused, and what a damaged archive does to the rest. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readlinkSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { AssetsError } from "../../src/errors.js";
import { type ExtractOptions, type ExtractResult, extractMembers } from "../../src/store/extract.js";
import { makeTar, makeTgz, makeZip } from "../helpers/archives.js";
import { makeTree, type Tree } from "../helpers/tree.js";

type Settings = Partial<Omit<ExtractOptions, "wanted" | "maxBytes">> & { maxBytes?: Record<string, number> };

/** Extracts members into `out/0`, `out/1`, ... of a tree and answers what became of them. */
async function extract(bytes: Uint8Array, members: string[], { maxBytes = {}, ...settings }: Settings = {}) {
  const tree = makeTree();
  mkdirSync(tree.path("out"));
  const results = await extractMembers({
    archive: tree.write("archive", Buffer.from(bytes)),
    format: "tar",
    strip: 0,
    wanted: new Map(members.map((member, index) => [member, tree.path(`out/${index}`)])),
    maxBytes: new Map(Object.entries(maxBytes)),
    signal: new AbortController().signal,
    ...settings,
  });
  return { tree, results, files: readdirSync(tree.path("out")).sort() };
}

function text(tree: Tree, index = 0): string {
  return tree.read(`out/${index}`).toString();
}

function errorOf(result: ExtractResult | undefined): AssetsError {
  if (result === undefined || !("error" in result)) throw new Error("expected an error");
  return result.error;
}

const zip = { format: "zip" } as const;
const big = Buffer.alloc(3_000_000, "0123456789abcdef!");

describe("a tar archive", () => {
  test("gives each wanted member its own file, whether it is gzipped or not", async () => {
    const files = { "a.txt": "alpha", "deep/b.bin": big, empty: "", other: "x" };
    for (const bytes of [makeTar(files), makeTgz(files)]) {
      const { tree, results, files } = await extract(bytes, ["deep/b.bin", "a.txt", "empty"]);
      expect([...results]).toEqual([
        ["deep/b.bin", { size: big.length }],
        ["a.txt", { size: 5 }],
        ["empty", { size: 0 }],
      ]);
      expect(tree.read("out/0").equals(big)).toBe(true);
      expect(text(tree, 1)).toBe("alpha");
      expect(files).toEqual(["0", "1", "2"]);
    }
  });

  test("of an npm package is read without its first folder, whatever that is called", async () => {
    const { tree, results } = await extract(makeTgz({ "not-package/m.bin": "m", "m.bin": "top" }), ["m.bin"], {
      strip: 1,
    });
    expect(results.get("m.bin")).toEqual({ size: 1 });
    expect(text(tree)).toBe("m");
  });

  test("gives the last of several entries with one path, as when it is unpacked", async () => {
    const entries = [
      { name: "a", body: "first, and longer" },
      { name: "./a", body: "last" },
    ];
    const { tree } = await extract(makeTar(entries), ["a"]);
    expect(text(tree)).toBe("last");
  });

  test("gives nothing where a link takes the place of an earlier file", async () => {
    const entries = [{ name: "a", body: "file" }, { name: "a", type: "symlink", target: "/etc/passwd" } as const];
    const { results, files } = await extract(makeTar(entries), ["a"]);
    expect(errorOf(results.get("a")).message).toContain("symbolic link");
    expect(files).toEqual([]);
  });

  test.each([
    ["a pax record", { longName: "pax" }],
    ["GNU tar's long name entry", { longName: "gnu" }],
    ["the prefix field", { longName: "prefix" }],
  ] as const)("knows names beyond 100 bytes written as %s", async (_, how) => {
    const name = `${"d".repeat(60)}/${"f".repeat(90)}.bin`;
    const { tree } = await extract(makeTar([{ name, body: "long", ...how }]), [name]);
    expect(text(tree)).toBe("long");
  });

  test("may state sizes in base 256 and in pax records", async () => {
    const entries = [
      { name: "binary", body: "binary size", binarySize: true },
      { name: "pax", body: "pax size", pax: { size: "8" } },
    ];
    const { results } = await extract(makeTar(entries), ["binary", "pax"]);
    expect([...results.values()]).toEqual([{ size: 11 }, { size: 8 }]);
  });

  test("may be older than POSIX, and hold contiguous files", async () => {
    const entries = [
      { name: "old", body: "o", ancient: true },
      { name: "contiguous", body: "c", type: "contiguous" } as const,
    ];
    const { results } = await extract(makeTar(entries), ["old", "contiguous"]);
    expect([...results.values()]).toEqual([{ size: 1 }, { size: 1 }]);
  });

  test("has no member outside itself", async () => {
    const entries = [
      { name: "../evil", body: "x" },
      { name: "a/../../evil", body: "x" },
      { name: "good", body: "ok" },
    ];
    const wanted = ["../evil", "evil", "a/../../evil", "good"];
    const { results, files } = await extract(makeTar(entries), wanted);
    expect(wanted.map((name) => "error" in (results.get(name) ?? {}))).toEqual([true, true, true, false]);
    expect(files).toEqual(["3"]);
  });

  test.each([
    ["symlink", "/etc/passwd", 'a symbolic link to "/etc/passwd"'],
    ["symlink", "x\u001b[2J", 'a symbolic link to "x\\u{1b}[2J"'],
    ["link", "../../secret", 'a hard link to "../../secret"'],
    ["link", "nowhere", 'a hard link to "nowhere"'],
    ["directory", "", "a folder"],
    ["device", "", "a device"],
    ["fifo", "", "a named pipe"],
    ["sparse", "", "an entry of a type that is not supported"],
  ] as const)("refuses a member that is a %s to %j", async (type, target, says) => {
    const { results, files } = await extract(makeTar([{ name: "m", type, target }]), ["m"]);
    const error = errorOf(results.get("m"));
    expect(error.code).toBe("BAD_ARCHIVE");
    expect(error.message).toContain(says);
    expect(files).toEqual([]);
  });

  test("refuses a sparse file written with pax records, whose stored bytes are not its content", async () => {
    const pax = { "GNU.sparse.major": "1", "GNU.sparse.name": "m", "GNU.sparse.realsize": "9" };
    const { results } = await extract(makeTar([{ name: "GNUSparseFile.0/m", body: "x", pax }]), ["m"]);
    expect(errorOf(results.get("m")).message).toContain("a sparse file");
  });

  test("gives a hard link the content of the file it leads to, wanted or not", async () => {
    const entries = [
      { name: "p/a", body: "content" },
      { name: "p/b", type: "link", target: "p/a" },
      { name: "p/c", type: "link", target: "p/a" },
    ] as const;
    for (const wanted of [["b", "c"], ["a", "b"], ["c"]]) {
      const { tree, results } = await extract(makeTgz(entries), wanted, { strip: 1 });
      for (const [index, member] of wanted.entries()) {
        expect(results.get(member)).toEqual({ size: 7 });
        expect(text(tree, index)).toBe("content");
      }
    }
  });

  test("gives nothing for hard links that lead to each other", async () => {
    const entries = [
      { name: "a", type: "link", target: "b" },
      { name: "b", type: "link", target: "a" },
      { name: "c", type: "link", target: "a" },
    ] as const;
    const { results } = await extract(makeTar(entries), ["a", "c"]);
    expect([...results.values()].map((result) => errorOf(result).code)).toEqual(["BAD_ARCHIVE", "BAD_ARCHIVE"]);
  });

  test("made by the tar of this machine is read", async ({ skip }) => {
    const tree = makeTree();
    const name = `${"n".repeat(120)}/ü/${"m".repeat(120)}.bin`;
    tree.write(`in/${name}`, big);
    try {
      execFileSync("tar", ["-czf", tree.path("made.tgz"), "-C", tree.path("in"), "."], { stdio: "ignore" });
    } catch {
      skip("there is no tar on this machine");
    }
    const made = await extract(tree.read("made.tgz"), [name]);
    expect(made.tree.read("out/0").equals(big)).toBe(true);
  });
});

describe("a zip archive", () => {
  test("gives stored and deflated members", async () => {
    const bytes = makeZip([
      { name: "stored", body: "plain", stored: true },
      { name: "dir/deflated", body: big },
      { name: "large", body: "zip64", zip64: true },
      { name: "empty" },
    ]);
    const { tree, results } = await extract(bytes, ["stored", "dir/deflated", "large", "empty"], zip);
    expect([...results.values()]).toEqual([{ size: 5 }, { size: big.length }, { size: 5 }, { size: 0 }]);
    expect(tree.read("out/1").equals(big)).toBe(true);
  });

  test("gives the last of several entries with one name", async () => {
    const bytes = makeZip([
      { name: "a", body: "first" },
      { name: "a", body: "last" },
    ]);
    const { tree } = await extract(bytes, ["a"], zip);
    expect(text(tree)).toBe("last");
  });

  test("has no member outside itself, and its other members are unharmed", async () => {
    const names = ["../evil", "..\\evil", "/abs", "C:\\win", "good"];
    const bytes = makeZip(names.map((name) => ({ name, body: name })));
    const { results, files } = await extract(bytes, ["../evil", "evil", "good"], zip);
    expect([...results.values()].map((result) => "error" in result)).toEqual([true, true, false]);
    expect(files).toEqual(["2"]);
  });

  test.each([
    ["a symbolic link", { symlink: true, body: "/etc/passwd" }, "a symbolic link"],
    ["encrypted", { encrypted: true, body: "x" }, "encrypted"],
    ["compressed in a way that is not read", { method: 93, body: "x" }, "method 93"],
    ["not what its CRC-32 says", { statedCrc: 1, body: "x" }, "CRC-32"],
    ["longer than stated", { statedSize: 2, body: "abc" }, "more than the 2 bytes"],
    ["shorter than stated", { statedSize: 4, body: "abc" }, "3 of the 4 bytes"],
    ["no deflate stream", { method: 8, stored: true, body: "not deflated" }, "damaged"],
  ])("refuses a member that is %s, and gives the others", async (_, entry, says) => {
    const bytes = makeZip([
      { name: "m", ...entry },
      { name: "good", body: "ok" },
    ]);
    const { results, files } = await extract(bytes, ["m", "good"], zip);
    const error = errorOf(results.get("m"));
    expect(error.code).toBe("BAD_ARCHIVE");
    expect(error.message).toContain(says);
    expect(results.get("good")).toEqual({ size: 2 });
    expect(files).toEqual(["1"]);
  });

  test("that unpacks to far more than it states is stopped at what it states", async () => {
    const bytes = makeZip([{ name: "bomb", body: Buffer.alloc(20_000_000), statedSize: 1000 }]);
    const { results, files } = await extract(bytes, ["bomb"], zip);
    expect(errorOf(results.get("bomb")).message).toContain("more than the 1000 bytes");
    expect(files).toEqual([]);
  });

  test("refuses a folder", async () => {
    const { results } = await extract(makeZip({ "dir/": "" }), ["dir"], zip);
    expect(errorOf(results.get("dir")).message).toContain("a folder");
  });
});

describe.each([
  ["tar", makeTgz],
  ["zip", makeZip],
] as const)("any %s archive", (format, make) => {
  test("names the nearest members in place of one that is missing, those of the same file name first", async () => {
    const files = { "v2/models/m.onnx": "1", "v2/models/n.onnx": "2", README: "3", "x/m.onnx": "4" };
    const { results } = await extract(make(files), ["v1/models/m.onnx"], { format });
    const { code, message, hint } = errorOf(results.get("v1/models/m.onnx"));
    expect(code).toBe("BAD_ARCHIVE");
    expect(message).toBe('The archive has no member "v1/models/m.onnx".');
    expect(hint).toMatch(/^It has "v2\/models\/m.onnx", "x\/m.onnx", "v2\/models\/n.onnx"/);
  });

  test("stops at more bytes than expected, and goes on with the next member", async () => {
    const files = { large: big, small: "ok" };
    const limits = { maxBytes: { large: big.length - 1, small: 2 } };
    const { results, files: left } = await extract(make(files), ["large", "small"], { format, ...limits });
    expect(errorOf(results.get("large")).code).toBe("SIZE_MISMATCH");
    expect(results.get("small")).toEqual({ size: 2 });
    expect(left).toEqual(["1"]);
  });

  test.each([
    ["an empty file", "", "empty"],
    ["a web page", "<!DOCTYPE html><html>Sign in</html>".padEnd(2000), "a web page"],
    ["an xz file", Buffer.concat([Buffer.from("\xfd7zXZ\0", "latin1"), big]), "an xz file"],
    ["random bytes", big, "not a"],
  ])("that is really %s says so", async (_, body, says) => {
    const { results, files } = await extract(Buffer.from(body), ["m"], { format });
    const error = errorOf(results.get("m"));
    expect(error.code).toBe("BAD_ARCHIVE");
    expect(error.message).toContain(says);
    expect(files).toEqual([]);
  });

  test("that is not there is an error of the disk", async () => {
    const { results } = await extract(Buffer.from(""), ["m"], { format, archive: "/nonexistent/archive" });
    expect(errorOf(results.get("m")).code).toBe("LOCAL_IO");
  });

  test("replaces what stands at the destination, and writes through no link", async () => {
    const tree = makeTree();
    tree.write("outside", "precious");
    symlinkSync(tree.path("outside"), tree.path("m"));
    const archive = tree.write("archive", make({ m: "new" }));
    const wanted = new Map([["m", tree.path("m")]]);
    await extractMembers({ archive, format, strip: 0, wanted, signal: new AbortController().signal });
    expect(tree.read("m").toString()).toBe("new");
    expect(tree.read("outside").toString()).toBe("precious");
  });

  test("leaves a member that cannot be written, and gives the others", async () => {
    const tree = makeTree();
    const archive = tree.write("archive", make({ a: big, b: "ok" }));
    const wanted = new Map([
      ["a", tree.path("no/such/folder/a")],
      ["b", tree.path("b")],
    ]);
    const results = await extractMembers({ archive, format, strip: 0, wanted, signal: new AbortController().signal });
    expect(errorOf(results.get("a")).code).toBe("LOCAL_IO");
    expect(results.get("b")).toEqual({ size: 2 });
  });

  test("ends at once when aborted, with nothing half written and no file left open", async ({ skip }) => {
    const tree = makeTree();
    mkdirSync(tree.path("out"));
    const archive = tree.write("archive", make({ a: Buffer.alloc(20_000_000), b: "b" }));
    const controller = new AbortController();
    const wanted = new Map([
      ["a", tree.path("out/a")],
      ["b", tree.path("out/b")],
    ]);
    const running = extractMembers({ archive, format, strip: 0, wanted, signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(running).rejects.toMatchObject({ code: "ABORTED" });
    expect(readdirSync(tree.path("out"))).toEqual([]);
    if (process.platform !== "linux") skip("open files can only be listed on Linux");
    expect(openFiles()).not.toContain(archive);
  });

  test("that was aborted for a reason ends with that reason", async () => {
    const controller = new AbortController();
    controller.abort(new AssetsError("NETWORK", "stalled"));
    const options = { format, signal: controller.signal };
    await expect(extract(make({ a: "a" }), ["a"], options)).rejects.toMatchObject({ code: "NETWORK" });
  });
});

describe("a damaged archive", () => {
  const files = { first: "complete", second: big, third: "never reached" };

  test.each([
    ["a gzipped tar cut in the middle", "tar", makeTgz(files).subarray(0, 6000)],
    ["a tar cut in the middle", "tar", makeTar(files).subarray(0, 100_000)],
    ["a tar whose next header is not one", "tar", broken(makeTar(files))],
  ] as const)("(%s) still gives the members before the damage, marked as doubtful", async (_, format, bytes) => {
    const { results, files: left } = await extract(bytes, ["first", "second", "third"], { format });
    const first = results.get("first");
    expect(first).toMatchObject({ size: 8, fault: { code: "BAD_ARCHIVE" } });
    const third = errorOf(results.get("third"));
    expect(third.code).toBe("BAD_ARCHIVE");
    expect(third.message).toContain("The archive is damaged");
    expect(left).not.toContain("2");
  });

  test("that is a gzip whose checksum does not fit casts doubt on every member", async () => {
    const bytes = makeTgz({ a: "a", b: randomBytes(2_000_000) });
    bytes.writeUInt32LE(0, bytes.length - 8);
    const { results } = await extract(bytes, ["a"]);
    expect(results.get("a")).toMatchObject({ size: 1, fault: { code: "BAD_ARCHIVE" } });
  });

  test("that is a zip without its end has no members", async () => {
    const bytes = makeZip({ a: "a", b: "b" });
    const { results } = await extract(bytes.subarray(0, -30), ["a"], zip);
    expect(errorOf(results.get("a")).message).toContain("not a zip archive");
  });

  test("that is a zip whose directory is overwritten has no members", async () => {
    const bytes = makeZip({ a: "a", b: "b" });
    bytes.fill(0, bytes.lastIndexOf("PK\x01\x02"), bytes.lastIndexOf("PK\x01\x02") + 4);
    const { results } = await extract(bytes, ["a"], zip);
    expect(errorOf(results.get("a")).message).toContain("The archive is damaged");
  });

  test("that is gzipped but holds no tar inside says so", async () => {
    const { results } = await extract(gzipSync("just a text, ".repeat(100)), ["a"]);
    expect(errorOf(results.get("a")).message).toContain("not a tar archive");
  });

  test.each([[makeTar({ a: "abc", b: big })], [makeTgz({ a: "abc", b: big })]])(
    "never throws anything but an AssetsError, wherever it was cut",
    async (whole) => {
      const tree = makeTree();
      const archive = tree.path("archive");
      for (let size = whole.length; size > 0; size = Math.floor(size * 0.6)) {
        writeFileSync(archive, whole);
        truncateSync(archive, size);
        const wanted = new Map([["a", tree.path("a")]]);
        const signal = new AbortController().signal;
        const result = (await extractMembers({ archive, format: "tar", strip: 0, wanted, signal })).get("a");
        expect(
          result !== undefined && ("size" in result ? result.size === 3 : result.error.code === "BAD_ARCHIVE"),
        ).toBe(true);
      }
    },
  );
});

/** Overwrites the header of the second entry. */
function broken(tar: Buffer): Buffer {
  return Buffer.concat([tar.subarray(0, 1024), Buffer.alloc(512, "garbage"), tar.subarray(1536)]);
}

function openFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}
