/** Which URLs are refused for what they carry, and which only look like it. */
import { describe, expect, it, vi } from "vitest";

// Secrets that other tests have read in this process are none here.
vi.resetModules();
const { hideSecret } = await import("../../src/errors.js");
const { checkPublic } = await import("../../src/manifest/public-urls.js");

const LONG = "A1b2C3d4".repeat(6);
const UUID = "0b5f0e6a-3c1d-4e2f-8a9b-0c1d2e3f4a5b";

describe("a URL", () => {
  it.each([
    "https://me:word@h.example/a",
    "https://:word@h.example/a",
    "lfs:https://me:word@h.example/a.git/info/lfs",
    "https://h.example/get?from=https://me:word@i.example/a",
    `https://${"0123456789abcdef".repeat(2)}@h.example/a`,
    `https://hf_${LONG}@h.example/a`,
    `https://h.example/a?x=ghp_${LONG}`,
    `https://h.example/a?x=github_pat_${LONG}`,
    `https://h.example/glpat-${LONG}/a`,
    `https://h.example/a?x=%67hp_${LONG}`,
    "https://h.example/a?id=AKIAIOSFODNN7EXAMPLE",
    `https://h.example/a?x=eyJ${LONG}.eyJ${LONG}.${LONG}`,
    "https://h.example/a?X-Amz-Signature=abcdef",
    "https://h.example/a?X-Amz-Signatur%65=abcdef",
    "https://h.example/a?x-goog-signature=abcdef",
    "https://h.example/a?sv=2022-11-02&sr=b&sig=abcdef",
    "https://h.example/a?se=2026-01-01&sig=abcdef",
    "https://h.example/a?Expires=1&Signature=abcdef",
    "https://h.example/a?Signature=abcdef&Key-Pair-Id=K1",
    "https://h.example/a?hdnts=exp=1700000000~acl=/*~hmac=abcdef",
    `https://raw.githubusercontent.com/o/r/main/a?token=${LONG}`,
    `https://h.example/a?private_token=${LONG}`,
    `https://h.example/a?accessToken=${LONG}`,
    `https://h.example/a?X-Amz-Security-Token=${LONG}`,
    `https://h.example/#access_token=${LONG}`,
    `https://h.example/a?client_secret=${LONG}`,
    "https://h.example/a?password=word",
    "https://h.example/a?user=me;pwd=word",
  ])("is refused for its login or signature: %s", (url) => {
    expect(checkPublic(url)?.message).toContain("a login or a signature");
  });

  it.each([
    "https://h.example/a",
    "https://h.example/get?key=model.bin",
    "https://h.example/get?se=1&file=x",
    "https://h.example/get?sp=3&page=2",
    "https://h.example/get?code=5",
    "https://h.example/get?sv=2&st=3",
    "https://h.example/get?sig=abcdef",
    "https://h.example/get?Signature=abcdef",
    "https://h.example/get?expires=1&key-pair-id=2",
    "https://h.example/get?policy=open&session=3&author=me&authority=x",
    `https://firebasestorage.googleapis.com/v0/b/x.appspot.com/o/a.bin?alt=media&token=${UUID}`,
    "https://h.example/get?page_token=2",
    "https://h.example/get?tokenizer=sentencepiece-large",
    "https://h.example/get?secretary=somebody-or-other",
    "https://h.example/get?api_key=DEMO_KEY",
    "https://h.example/a?token=***&X-Amz-Signature=***&password=***",
    "https://me@h.example/a",
    "https://huggingface.co/org/hf_transfer_of_a_very_long_name_without_end/resolve/main/a",
    "https://h.example/akia/AKIAIOSFODNN7EXAMPLELONGER",
    "npm:@scope/name@1.2.3/a.bin",
    "data/a@b:c/a.bin",
    "https://h.example/100%",
  ])("is taken: %s", (url) => {
    expect(checkPublic(url)).toBeUndefined();
  });

  it("is refused when a secret that was read stands in it, whatever its shape", () => {
    const url = "https://h.example/read-elsewhere/a";
    expect(checkPublic(url)).toBeUndefined();
    hideSecret("read-elsewhere");
    expect(checkPublic(url)).toBeDefined();
  });
});
