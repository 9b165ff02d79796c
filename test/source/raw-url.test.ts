/** Where the content lies of a raw link that answers with a pointer. */
import { expect, it } from "vitest";
import { contentOf } from "../../src/source/raw-url.js";

it.each([
  [
    "https://raw.githubusercontent.com/o/r/main/a/b.bin?token=x",
    ["https://media.githubusercontent.com/media/o/r/main/a/b.bin"],
    ["https://github.com/o/r.git/info/lfs"],
  ],
  ["https://github.com/o/r/raw/main/a.bin", [], ["https://github.com/o/r.git/info/lfs"]],
  ["https://gitlab.example/g/s/r/-/raw/main/raw/a.bin", [], ["https://gitlab.example/g/s/r.git/info/lfs"]],
  ["https://gitea.example:3000/o/r/raw/branch/main/a.bin", [], ["https://gitea.example:3000/o/r.git/info/lfs"]],
  ["https://user:secret@host.example/o/r.git/raw/main/a", [], ["https://host.example/o/r.git/info/lfs"]],
  ["https://huggingface.co/o/r/raw/main/a.bin", ["https://huggingface.co/o/r/resolve/main/a.bin"], []],
  ["https://huggingface.co/datasets/o/r/raw/main/a", ["https://huggingface.co/datasets/o/r/resolve/main/a"], []],
  ["https://host.example/files/a.bin", [], []],
  ["https://host.example/o/r/raw", [], []],
  ["file:///o/r/raw/main/a.bin", [], []],
  ["npm:package@1.0.0/raw/a/b", [], []],
  ["not a URL", [], []],
])("%s", (link, urls, servers) => {
  expect(contentOf(link)).toEqual({ urls, servers });
});
