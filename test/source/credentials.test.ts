/** Which login is found for a host. */
import { describe, expect, it } from "vitest";
import { createCredentials, tokenVariables } from "../../src/source/credentials.js";
import { createGitHub } from "../../src/source/github.js";
import { createHuggingFace } from "../../src/source/hugging-face.js";
import { makeTree } from "../helpers/tree.js";

interface Setup {
  env?: Record<string, string>;
  /** Files below the home folder. */
  files?: Record<string, string>;
}

/** What is found for a URL by a user with these variables and files; paths in variables may begin with `HOME/`. */
async function found(url: string, { env = {}, files = {} }: Setup) {
  const tree = makeTree();
  for (const [name, text] of Object.entries(files)) tree.write(name, text);
  const placed = Object.entries(env).map(([name, value]) => [name, value.replace("HOME/", `${tree.root}/`)]);
  const options = { env: Object.fromEntries(placed), home: tree.root };
  const target = new URL(url);
  const service = [createHuggingFace(options), createGitHub(options)].find((each) => each.serves(target));
  const credential = await createCredentials(options)(target, service);
  return credential && [credential.authorization, credential.from.replace(`${tree.root}/`, "HOME/")];
}

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString("base64")}`;
const FILE = "https://files.example/x";
const HUB = "https://huggingface.co/org/name/resolve/main/x";
const NETRC = "machine files.example login me password secret";
const TOKEN_FILE = { ".cache/huggingface/token": "hf_file\n" };

describe("the login for a host", () => {
  it.each<[string, string, Setup, string[]]>([
    [
      "its own variable",
      FILE,
      { env: { ASSETS_TOKEN_FILES_EXAMPLE: "t0ken" } },
      ["Bearer t0ken", "ASSETS_TOKEN_FILES_EXAMPLE"],
    ],
    [
      "a pair in its own variable",
      FILE,
      { env: { ASSETS_TOKEN_FILES_EXAMPLE: "me:p:w" } },
      [basic("me:p:w"), "ASSETS_TOKEN_FILES_EXAMPLE"],
    ],
    [
      "the variable of host and port before that of the host",
      "http://127.0.0.1:8080/x",
      { env: { ASSETS_TOKEN_127_0_0_1: "host", ASSETS_TOKEN_127_0_0_1_8080: "port" } },
      ["Bearer port", "ASSETS_TOKEN_127_0_0_1_8080"],
    ],
    [
      "the variable of the host for any of its ports",
      "http://127.0.0.1:8080/x",
      { env: { ASSETS_TOKEN_127_0_0_1: "host", ASSETS_TOKEN_127_0_0_1_8081: "port" } },
      ["Bearer host", "ASSETS_TOKEN_127_0_0_1"],
    ],
    ["a netrc file at home", FILE, { files: { ".netrc": NETRC } }, [basic("me:secret"), "HOME/.netrc"]],
    [
      "the netrc file that NETRC names, and no other",
      FILE,
      { env: { NETRC: "HOME/other" }, files: { other: NETRC, ".netrc": "default login x password y" } },
      [basic("me:secret"), "HOME/other"],
    ],
    [
      "its own variable before a netrc file",
      FILE,
      { env: { ASSETS_TOKEN_FILES_EXAMPLE: "t0ken" }, files: { ".netrc": NETRC } },
      ["Bearer t0ken", "ASSETS_TOKEN_FILES_EXAMPLE"],
    ],
    ["HF_TOKEN", HUB, { env: { HF_TOKEN: " hf_env\n" }, files: TOKEN_FILE }, ["Bearer hf_env", "HF_TOKEN"]],
    [
      "HF_TOKEN before its older name",
      HUB,
      { env: { HF_TOKEN: "new", HUGGING_FACE_HUB_TOKEN: "old" } },
      ["Bearer new", "HF_TOKEN"],
    ],
    [
      "the older name of HF_TOKEN",
      HUB,
      { env: { HF_TOKEN: "", HUGGING_FACE_HUB_TOKEN: "old" } },
      ["Bearer old", "HUGGING_FACE_HUB_TOKEN"],
    ],
    [
      "its own variable before HF_TOKEN",
      HUB,
      { env: { HF_TOKEN: "hf", ASSETS_TOKEN_HUGGINGFACE_CO: "own" } },
      ["Bearer own", "ASSETS_TOKEN_HUGGINGFACE_CO"],
    ],
    [
      "the file that hf auth login writes",
      HUB,
      { files: TOKEN_FILE },
      ["Bearer hf_file", "HOME/.cache/huggingface/token"],
    ],
    [
      "that file below XDG_CACHE_HOME",
      HUB,
      { env: { XDG_CACHE_HOME: "HOME/xdg" }, files: { "xdg/huggingface/token": "hf_xdg" } },
      ["Bearer hf_xdg", "HOME/xdg/huggingface/token"],
    ],
    [
      "that file below HF_HOME",
      HUB,
      { env: { HF_HOME: "~/hub" }, files: { "hub/token": "hf_home" } },
      ["Bearer hf_home", "HOME/hub/token"],
    ],
    [
      "the file of HF_TOKEN_PATH",
      HUB,
      { env: { HF_TOKEN_PATH: "HOME/t" }, files: { t: "hf_path", ...TOKEN_FILE } },
      ["Bearer hf_path", "HOME/t"],
    ],
    [
      "a service's token before a netrc file",
      HUB,
      { env: { HF_TOKEN: "hf" }, files: { ".netrc": "default login x password y" } },
      ["Bearer hf", "HF_TOKEN"],
    ],
    [
      "a netrc file where the service has no token",
      HUB,
      { files: { ".netrc": "machine huggingface.co login me password hf" } },
      [basic("me:hf"), "HOME/.netrc"],
    ],
    [
      "HF_TOKEN at the mirror of HF_ENDPOINT",
      "https://mirror.example/hub/org/name/resolve/main/x",
      { env: { HF_TOKEN: "hf", HF_ENDPOINT: "https://mirror.example/hub/" } },
      ["Bearer hf", "HF_TOKEN"],
    ],
    [
      "GH_TOKEN before GITHUB_TOKEN",
      "https://github.com/o/r/raw/main/x",
      { env: { GH_TOKEN: "gh", GITHUB_TOKEN: "github" } },
      ["Bearer gh", "GH_TOKEN"],
    ],
    [
      "GITHUB_TOKEN",
      "https://raw.githubusercontent.com/o/r/main/x",
      { env: { GITHUB_TOKEN: "github" } },
      ["Bearer github", "GITHUB_TOKEN"],
    ],
    [
      "GITHUB_TOKEN",
      "https://api.github.com/repos/o/r/releases/assets/1",
      { env: { GITHUB_TOKEN: "github" } },
      ["Bearer github", "GITHUB_TOKEN"],
    ],
    [
      "GITHUB_TOKEN",
      "https://media.githubusercontent.com/media/o/r/main/x",
      { env: { GITHUB_TOKEN: "github" } },
      ["Bearer github", "GITHUB_TOKEN"],
    ],
  ])("is taken from %s", async (_, url, setup, expected) => {
    expect(await found(url, setup)).toEqual(expected);
  });

  const EVERYTHING = { env: { HF_TOKEN: "hf", GITHUB_TOKEN: "github", HF_ENDPOINT: "https://mirror.example/hub" } };
  it.each([
    "https://files.example/org/name/resolve/main/x",
    "https://huggingface.co.evil.example/org/name",
    "https://evil-huggingface.co/org/name",
    "https://cdn-lfs.huggingface.co/repos/x",
    "https://huggingface.co:8443/org/name",
    "http://huggingface.co/org/name",
    "http://github.com/o/r",
    "https://github.com.evil.example/o/r",
    "https://objects.githubusercontent.com/x",
    "https://release-assets.githubusercontent.com/x",
    "https://gist.github.com/x",
    "https://mirror.example/elsewhere/x",
    "https://mirror.example/hub/../elsewhere/x",
    "https://mirror.example/hubs/x",
    "https://mirror.example:444/hub/x",
  ])("is no service's token at %s", async (url) => {
    expect(await found(url, EVERYTHING)).toBeUndefined();
  });

  it("of a host with a hyphen is not that of the host with a dot in its place", async () => {
    const env = { ASSETS_TOKEN_MODELS_CORP_EXAMPLE: "t0ken", ASSETS_TOKEN_MODELS__X_EXAMPLE: "hyphen" };
    expect(await found("https://models-corp.example/x", { env })).toBeUndefined();
    expect(await found("https://models-x.example/x", { env })).toEqual([
      "Bearer hyphen",
      "ASSETS_TOKEN_MODELS__X_EXAMPLE",
    ]);
  });

  it.each([
    ["https://a.example/x", "ASSETS_TOKEN_A_EXAMPLE_443", "ASSETS_TOKEN_A_EXAMPLE"],
    ["https://a-b.example:8443/x", "ASSETS_TOKEN_A__B_EXAMPLE_8443", "ASSETS_TOKEN_A__B_EXAMPLE"],
    ["http://[::1]:80/x", "ASSETS_TOKEN___1_80", "ASSETS_TOKEN___1"],
  ])("for %s has variables of its own", (url, withPort, withoutPort) => {
    expect(tokenVariables(new URL(url))).toEqual([withPort, withoutPort]);
  });

  it.each(["two words", "line\nbreak", "smörgås"])(
    "is refused by its variable's name when no header can hold it",
    async (CANARY) => {
      const error = await found(HUB, { env: { HF_TOKEN: CANARY } }).catch((thrown) => thrown);
      expect([error.code, error.message]).toEqual(["USAGE", expect.stringContaining("HF_TOKEN")]);
      expect(`${error.message}${error.hint}`).not.toContain(CANARY);
    },
  );
});
