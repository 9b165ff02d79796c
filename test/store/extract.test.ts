/** Members of any archive: what is taken out, what is left alone, and what a damaged archive does to the rest. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readlinkSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { AssetsError } from "../../src/errors.js";
import { extractMembers } from "../../src/store/extract.js";
import { makeTar, makeTgz, makeZip } from "../helpers/archives.js";
import { big, errorOf, extract, never } from "../helpers/extract.js";
import { canMakeSmallDisk, makeSmallDisk } from "../helpers/small-disk.js";
import { makeTree } from "../helpers/tree.js";

const zip = { format: "zip" } as const;

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
    await extractMembers({ archive, format, strip: 0, wanted, signal: never });
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
    const results = await extractMembers({ archive, format, strip: 0, wanted, signal: never });
    expect(errorOf(results.get("a")).code).toBe("LOCAL_IO");
    expect(results.get("b")).toEqual({ size: 2 });
  });

  test("ends the run when the disk is full, and leaves no half of a member", async ({ skip }) => {
    if (!canMakeSmallDisk()) return skip("no file system can be mounted here");
    const disk = makeSmallDisk(1_000_000).path;
    const tree = makeTree();
    const archive = tree.write("archive", make({ small: "fits", big }));
    const wanted = new Map(["small", "big"].map((member) => [member, join(disk, member)]));
    const running = extractMembers({ archive, format, strip: 0, wanted, signal: never });
    await expect(running).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(readdirSync(disk)).toEqual(["small"]);
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
    await expect.poll(openFiles).not.toContain(archive);
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
    expect(errorOf(results.get("a")).message).toContain("The archive is damaged");
  });

  test("that is a zip whose directory is overwritten has no members", async () => {
    const bytes = makeZip({ a: "a", b: "b" });
    bytes.fill(0, bytes.lastIndexOf("PK\x01\x02"), bytes.lastIndexOf("PK\x01\x02") + 4);
    const { results } = await extract(bytes, ["a"], zip);
    expect(errorOf(results.get("a")).message).toContain("The archive is damaged");
  });

  test("that is gzipped but holds no tar inside says so", async () => {
    const { results } = await extract(gzipSync("just a text, ".repeat(100)), ["a"]);
    expect(errorOf(results.get("a")).message).toBe("This is not a tar archive: Invalid tar header.");
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
        const result = (await extractMembers({ archive, format: "tar", strip: 0, wanted, signal: never })).get("a");
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
