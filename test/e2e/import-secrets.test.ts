/** Logins and signatures in what is imported: the real program leaves them out, says so, and shows them nowhere. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { assets, MANIFEST } from "../helpers/authoring.js";
import { sha256Of } from "../helpers/content.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const PIN = sha256Of("a");
/** A word that no other run was told, as a process hides what it was told once. */
const newSecret = () => `CANARY-${randomUUID()}`;

/** The three ways to name two files: one with a mirror that everybody may know, and one without. */
const LISTS: Record<string, (secret: string) => string> = {
  aria2: (secret) =>
    [
      `https://me:${secret}@h.example/a.bin\thttps://h.example/a.bin?X-Amz-Signature=${secret}\thttps://m.example/a.bin`,
      `  checksum=sha-256=${PIN}`,
      `https://h.example/b.bin?token=${secret}`,
      `  http-passwd=${secret}`,
      "",
    ].join("\n"),
  json: (secret) =>
    JSON.stringify({
      a: {
        url: `https://me:${secret}@h.example/a.bin`,
        mirrors: [`https://h.example/a.bin?X-Amz-Signature=${secret}`, "https://m.example/a.bin"],
        sha256: PIN,
      },
      b: { url: `https://h.example/b.bin?token=${secret}` },
    }),
  metalink: (secret) =>
    `<metalink xmlns="urn:ietf:params:xml:ns:metalink">
<file name="a.bin"><hash type="sha-256">${PIN}</hash><url>https://me:${secret}@h.example/a.bin</url>
<url>https://h.example/a.bin?X-Amz-Signature=${secret}</url><url>https://m.example/a.bin</url></file>
<file name="b.bin"><url>https://h.example/b.bin?token=${secret}</url></file></metalink>`,
};

/** Everything that a command said in each of its ways, and the manifest that it wrote. */
async function everything(tree: Tree, args: string[]) {
  const [diff, json, text] = [
    await assets(tree, [...args, "--dry-run"]),
    await assets(tree, [...args, "--json"]),
    await assets(tree, args),
  ];
  const manifest = tree.exists(MANIFEST) ? tree.read(MANIFEST).toString() : "";
  const said = [diff, json, text].flatMap(({ stdout, stderr }) => [stdout, stderr]).join("\n");
  return { code: text.code, json: JSON.parse(json.stdout), text, manifest, all: `${said}\n${manifest}` };
}

describe("a login or a signature", () => {
  it.each(Object.keys(LISTS))(
    "in the URLs of a list in %s is left out and told, and the other URLs are taken",
    async (kind) => {
      const [tree, secret] = [makeTree(), newSecret()];
      tree.write("list", LISTS[kind]?.(secret) ?? "");
      const { code, json, text, manifest, all } = await everything(tree, ["import", kind, "list"]);
      expect(all).not.toContain(secret);
      expect(manifest).toContain('"https://m.example/a.bin"');
      expect(manifest).not.toContain("h.example");
      expect(code).toBe(1);
      const told = json.notes
        .map(({ message }: { message: string }) => message)
        .filter((one: string) => /login/.test(one));
      expect(told.map((message: string) => message.split(": ", 1)[0])).toEqual([
        "https://h.example/a.bin",
        "https://h.example/a.bin?X-Amz-Signature=***",
      ]);
      // What is refused as a whole is told once, with the reason.
      const refused =
        "b.bin: there is no URL that assets can fetch: https://h.example/b.bin?token=***: it carries a login";
      expect(json.refused).toMatchObject([{ message: expect.stringContaining(refused) }]);
      expect(text.stdout).toContain("https://h.example/a.bin: it carries a login or a signature");
    },
  );

  it("in what a list says beside its files is left out as well", async () => {
    const [tree, secret] = [makeTree(), newSecret()];
    const login = `https://me:${secret}@h.example/a.bin`;
    const about = {
      homepage: login,
      description: `From ${login}, where else?`,
      metadata: { by: [{ from: `https://h.example/?sv=2022&sig=${secret}` }] },
      tags: ["small", login],
      version: "1",
    };
    tree.write(
      "list",
      JSON.stringify({ [login]: { url: "https://h.example/a.bin", sha256: PIN, name: "A", ...about } }),
    );
    const { code, json, manifest, all } = await everything(tree, ["import", "json", "list"]);
    expect(all).not.toContain(secret);
    expect(code).toBe(0);
    expect(json.notes.map(({ message }: { message: string }) => message)).toEqual(
      ["description", "homepage", "tags", "metadata"].map((key) =>
        expect.stringContaining(`the ${key} of https://h.ex`),
      ),
    );
    expect(JSON.parse(manifest).assets).toEqual([
      {
        id: "https://h.example/a.bin",
        type: "model",
        name: "A",
        version: "1",
        files: [{ path: "a.bin", sha256: PIN, url: "https://h.example/a.bin" }],
      },
    ]);
  });

  it.each([
    ["--base-url", "a login", ["sums", "SHA256SUMS"], "https://me:SECRET@h.example/"],
    ["--base-url", "a signature", ["sums", "SHA256SUMS"], "https://h.example/?token=SECRET&file="],
    ["--remote", "a login", ["dvc"], "https://me:SECRET@h.example/store"],
    ["--remote", "a signature", ["dvc"], "https://h.example/store?se=2026&sig=SECRET"],
  ])("in %s is wrong usage: %s", async (option, _, words, url) => {
    const [tree, secret] = [makeTree(), newSecret()];
    tree.write("SHA256SUMS", `${PIN}  a.bin\n`);
    tree.write("a.dvc", `outs:\n- md5: ${"0".repeat(31)}1\n  hash: md5\n  path: a\n`);
    const args = ["import", ...words, option, url.replace("SECRET", secret)];
    const { code, json, text, manifest, all } = await everything(tree, args);
    expect(all).not.toContain(secret);
    expect([code, manifest, json.error.code]).toEqual([2, "", "USAGE"]);
    expect(text.stderr).toContain(`${option}: it carries a login or a signature`);
  });

  it("in the address of a remote of DVC leaves its files without that source, and is told", async () => {
    const [tree, secret] = [makeTree(), newSecret()];
    tree.write(".dvc/config", `['remote "web"']\n    url = https://h.example/store?sig=${secret}\n`);
    tree.write("a.dvc", `outs:\n- md5: ${"0".repeat(31)}1\n  hash: md5\n  path: a\n`);
    const { code, json, text, manifest, all } = await everything(tree, ["import", "dvc"]);
    expect(all).not.toContain(secret);
    expect([code, manifest]).toEqual([1, ""]);
    expect(json.refused).toMatchObject([
      { message: expect.stringMatching(/remote web carries a signature: --remote URL/) },
    ]);
    expect(text.stdout).toContain("carries a signature");
  });
});

it.each([["hash"], ["import", "dvc"]])(
  "a URL in the place of a file of assets %s %s is refused without its login",
  async (...words) => {
    const secret = newSecret();
    const { code, stdout, stderr } = await assets(makeTree(), [...words, `https://me:${secret}@h.example/x`]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("https://h.example/x is a URL")]);
    expect(stdout + stderr).not.toContain(secret);
  },
);
