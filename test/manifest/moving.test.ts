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
    ["https://raw.githubusercontent.com/o/r/my-feature/a.bin", "my-feature", true],
    ["https://raw.githubusercontent.com/o/r/refs/tags/v1/a.bin", "v1", true],
    ["https://media.githubusercontent.com/media/o/r/main/a.bin", "main", true],
    ["https://github.com/o/r/raw/main/a.bin", "main", true],
    ["https://github.com/o/r/raw/refs/heads/next/a.bin", "next", true],
    ["https://github.com/o/r/blob/main/a.bin?raw=true", "main", true],
    ["hf:org/name/data.zip#member=a.csv", "main", false],
    ["https://github.com/o/r/raw/main/data.zip#member=a.csv", "main", false],
    ["https://github.com/o/r/archive/main.zip", "main", false],
    ["https://github.com/o/r/archive/refs/heads/my/feature.tar.gz", "my/feature", false],
    ["https://codeload.github.com/o/r/zip/refs/heads/main", "main", false],
    ["https://codeload.github.com/o/r/tar.gz/dev-x", "dev-x", false],
    ["https://gitlab.example/g/s/r/-/archive/main/r-main.zip", "main", false],
    ["https://gitlab.com/o/r/-/raw/dev-x/a.bin", "dev-x", false],
    ["https://gitea.example/o/r/raw/branch/dev-x/a.bin", "dev-x", false],
    ["https://gitea.example/o/r/archive/main.tar.gz", "main", false],
    ["https://hf-mirror.com/o/r/resolve/main/a.bin", "main", false],
    ["https://hf-mirror.com/datasets/o/r/resolve/v2/a.csv", "v2", false],
    ["https://modelscope.cn/models/o/r/resolve/master/a.bin", "master", false],
    ["https://mirror.example/hub/o/r/resolve/main/a.bin", "main", false],
    ["https://gitlab.com/o/r/-/raw/main/a.bin", "main", false],
    ["https://cdn.jsdelivr.net/npm/name@1/a.bin", "1", false],
    ["https://cdn.jsdelivr.net/npm/@scope/name/a.bin", "latest", false],
    ["https://cdn.jsdelivr.net/gh/o/r@main/a.bin", "main", false],
    ["https://unpkg.com/name@^2.0.0/a.bin", "^2.0.0", false],
    ["https://example.com/models/latest/a.bin", "latest", false],
    ["https://example.com/models/latest", "latest", false],
    ["https://example.com/models/nightly/a.bin", "nightly", false],
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
    "https://github.com/o/r/raw/refs/tags/v1.2.3/a.bin",
    `https://github.com/o/r/blob/${COMMIT}/main/a.bin?raw=true`,
    `https://media.githubusercontent.com/media/o/r/${COMMIT}/a.bin`,
    `https://raw.githubusercontent.com/o/r/${COMMIT}/latest/a.bin`,
    `https://huggingface.co/org/name/resolve/${COMMIT}/latest/a.bin`,
    `https://gitlab.com/o/r/-/raw/${COMMIT}/latest/a.bin`,
    `https://github.com/o/r/archive/${COMMIT}.zip`,
    "https://github.com/o/r/archive/refs/tags/first.tar.gz",
    "https://github.com/o/r/archive/v1.2.3.tar.gz",
    `https://codeload.github.com/o/r/zip/${COMMIT}`,
    `https://gitlab.com/o/r/-/raw/${COMMIT}/a.bin`,
    "https://gitlab.com/o/r/-/raw/v1.2.3/a.bin",
    `https://gitlab.com/o/r/-/archive/${COMMIT}/r.zip`,
    "https://gitea.example/o/r/raw/tag/first/a.bin",
    `https://gitea.example/o/r/raw/commit/${COMMIT}/a.bin`,
    `https://hf-mirror.com/o/r/resolve/${COMMIT}/a.bin`,
    "https://example.com/files/archive/2024/a.zip",
    "https://example.com/files/raw/2024/a.csv",
    "https://example.com/files/resolve/2024/a.csv",
    "https://example.com/models/latest.bin",
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
