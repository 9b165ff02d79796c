/** Which URLs may mean other bytes tomorrow. */
import { describe, expect, it } from "vitest";
import { movingReference } from "../../src/manifest/moving.js";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

describe("a moving reference", () => {
  it.each([
    ["hf:org/name/model.onnx", "main", true],
    ["hf:org/name@v1.0/model.onnx", "v1.0", true],
    ["https://huggingface.co/org/name/resolve/main/a/model.onnx", "main", true],
    ["https://huggingface.co/datasets/org/name/resolve/main/a.csv?download=true", "main", true],
    ["github:o/r@latest/a.bin", "latest", true],
    ["https://github.com/o/r/releases/latest/download/a.bin", "latest", true],
    ["https://raw.githubusercontent.com/o/r/master/a.bin", "master", true],
    ["https://raw.githubusercontent.com/o/r/refs/heads/next/a.bin", "next", true],
    ["https://media.githubusercontent.com/media/o/r/main/a.bin", "main", false],
    ["https://github.com/o/r/raw/main/a.bin", "main", false],
    ["https://gitlab.com/o/r/-/raw/main/a.bin", "main", false],
    ["https://cdn.jsdelivr.net/npm/name@1/a.bin", "1", false],
    ["https://cdn.jsdelivr.net/npm/@scope/name/a.bin", "latest", false],
    ["https://cdn.jsdelivr.net/gh/o/r@main/a.bin", "main", false],
    ["https://unpkg.com/name@^2.0.0/a.bin", "^2.0.0", false],
    ["https://example.com/models/latest/a.bin", "latest", false],
  ])("is seen in %s", (url, reference, told) => {
    expect(movingReference(url)).toEqual({ reference, told });
  });

  it.each([
    `hf:org/name@${COMMIT}/model.onnx`,
    `https://huggingface.co/org/name/resolve/${COMMIT}/model.onnx`,
    "github:o/r@v1/a.bin",
    "https://github.com/o/r/releases/download/v1/a.bin",
    `https://raw.githubusercontent.com/o/r/${COMMIT}/main/a.bin`,
    "https://raw.githubusercontent.com/o/r/v1.2.3/a.bin",
    "https://cdn.jsdelivr.net/npm/name@1.2.3/a.bin",
    "npm:name@1.2.3/a.bin",
    "zenodo:42/a.bin",
    "https://example.com/main/a.bin",
    "file:///srv/latest/a.bin",
    "data/latest/a.bin",
    "https://exa mple",
  ])("is not seen in %s", (url) => {
    expect(movingReference(url)).toBeUndefined();
  });
});
