/** What a selection picks. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssetsError } from "../../src/errors.js";
import { type Selection, select, selectAssets } from "../../src/manifest/select.js";
import { document, valid } from "./samples.js";

const url = "https://example.com/x";
const MANIFEST = valid(
  document([
    {
      id: "whisper-tiny",
      type: "model",
      tags: ["audio", "small"],
      required: true,
      url,
      localPath: "models/whisper/tiny.bin",
    },
    { id: "whisper-base", type: "model", tags: ["audio"], url, localPath: "models/whisper/base.bin" },
    {
      id: "org/bert",
      type: "model",
      tags: ["text"],
      path: "models/bert",
      files: [
        { path: "config.json", url },
        { path: "onnx/model.onnx", url },
      ],
    },
    { id: "mnist", type: "dataset", tags: ["small"], required: true, url, localPath: "datasets/mnist.npz" },
    { id: "voice+en@1", type: "voice", url, localPath: "voice/en.bin" },
  ]),
);

const ids = (selection: Selection) => selectAssets(MANIFEST, selection).map(({ id }) => id);
const paths = (selection: Selection) => select(MANIFEST, selection).map(({ path }) => path);

/** The error that a selection ends in. */
function refusal(selection: Selection, manifest = MANIFEST): AssetsError {
  try {
    select(manifest, selection);
  } catch (error) {
    if (error instanceof AssetsError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("a selection", () => {
  test("without anything in it picks everything", () => {
    expect(ids({})).toHaveLength(5);
    expect(paths({ ids: [], tags: [], include: [], required: false })).toHaveLength(6);
    expect(select(valid(document([])), {})).toEqual([]);
  });

  test.each<[string, Selection, string[]]>([
    ["an id", { ids: ["mnist"] }, ["mnist"]],
    ["an id with characters that are special in other patterns", { ids: ["voice+en@1"] }, ["voice+en@1"]],
    [
      "ids, in the manifest's order and once each",
      { ids: ["mnist", "whisper-tiny", "mnist"] },
      ["whisper-tiny", "mnist"],
    ],
    ["a pattern of ids", { ids: ["whisper-*"] }, ["whisper-tiny", "whisper-base"]],
    ["a pattern across a slash", { ids: ["**"] }, ["whisper-tiny", "whisper-base", "org/bert", "mnist", "voice+en@1"]],
    ["a pattern within a folder", { ids: ["org/*"] }, ["org/bert"]],
    ["alternatives", { ids: ["{mnist,whisper-base}"] }, ["whisper-base", "mnist"]],
    ["a model", { models: ["whisper-base"] }, ["whisper-base"]],
    ["models by pattern, never datasets", { models: ["*"] }, ["whisper-tiny", "whisper-base"]],
    [
      "a model beside a dataset beside an id",
      { models: ["whisper-base"], datasets: ["mnist"], ids: ["org/bert"] },
      ["whisper-base", "org/bert", "mnist"],
    ],
    ["types", { types: ["dataset", "voice"] }, ["mnist", "voice+en@1"]],
    ["tags", { tags: ["text", "audio"] }, ["whisper-tiny", "whisper-base", "org/bert"]],
    ["what is required", { required: true }, ["whisper-tiny", "mnist"]],
    ["what is all of it", { types: ["model"], tags: ["small"], required: true, ids: ["*"] }, ["whisper-tiny"]],
  ])("picks %s", (_title, selection, expected) => {
    expect(ids(selection)).toEqual(expected);
  });

  test.each<[string, Selection, string[]]>([
    ["of one folder", { include: ["models/bert/**"] }, ["models/bert/config.json", "models/bert/onnx/model.onnx"]],
    ["by name alone", { include: ["*.onnx"] }, ["models/bert/onnx/model.onnx"]],
    ["with a slash, only the whole path", { include: ["models/*.bin"], exclude: ["none"] }, []],
    ["written with a dot", { include: ["./datasets/*"] }, ["datasets/mnist.npz"]],
    ["but for some", { include: ["models/**"], exclude: ["*.bin", "**/config.json"] }, ["models/bert/onnx/model.onnx"]],
  ])("picks files %s", (_title, selection, expected) => {
    if (expected.length > 0) expect(paths(selection)).toEqual(expected);
    else expect(refusal(selection).code).toBe("NOTHING_SELECTED");
  });

  test("an asset has only the files that are left of it", () => {
    const [bert, ...others] = selectAssets(MANIFEST, { exclude: ["*.bin", "*.npz", "*.json"] });
    expect(others).toEqual([]);
    expect(bert?.files.map(({ path }) => path)).toEqual(["models/bert/onnx/model.onnx"]);
  });

  test("an exclamation mark is no negation", () => {
    expect(refusal({ ids: ["!mnist"] }).code).toBe("UNKNOWN_ID");
    expect(refusal({ include: ["!*.bin"] }).code).toBe("NOTHING_SELECTED");
  });
});

describe("a selection that cannot be", () => {
  test("names the nearest ids for an unknown one", () => {
    const error = refusal({ ids: ["whisper-tinny"] });
    expect(error.code).toBe("UNKNOWN_ID");
    expect(error.message).toBe("No asset has the id whisper-tinny. Did you mean whisper-tiny or whisper-base?");
    expect(error.hint).toContain("assets list");
  });

  test("names no id where none is near", () => {
    expect(refusal({ ids: ["zzzzzz"] }).message).toBe("No asset has the id zzzzzz.");
  });

  test("says the right flag for an id of another type", () => {
    const error = refusal({ models: ["mnist"] });
    expect(error.code).toBe("UNKNOWN_ID");
    expect(error.message).toBe("mnist is not a model: its type is dataset.");
    expect(error.hint).toContain("--dataset mnist");
    expect(refusal({ datasets: ["voice+en@1"] }).hint).toBe("Write: assets download voice+en@1");
  });

  test("says which pattern matches no id", () => {
    expect(refusal({ ids: ["mnist", "nope-*"] }).message).toBe("No asset has an id that matches the pattern nope-*.");
    expect(refusal({ datasets: ["whisper-*"] }).message).toBe(
      "No dataset has an id that matches the pattern whisper-*.",
    );
  });

  test.each<[Selection, RegExp]>([
    [{ types: ["models"] }, /no asset has the type models; there are model, dataset and voice/],
    [{ types: ["dataset"], ids: ["org/bert"] }, /no asset among those named has the type dataset; there are model/],
    [{ tags: ["vision"], types: ["dataset"] }, /no asset has the tag vision; there are small/],
    [{ tags: ["x"], types: ["voice"] }, /none has any/],
    [{ required: true, ids: ["org/bert"] }, /no asset among those named is required/],
    [{ include: ["*.gguf", "*.pt"] }, /no file matches --include \*\.gguf or \*\.pt/],
    [{ exclude: ["**"] }, /--exclude \*\* leaves no file/],
  ])("says which filter leaves nothing: %j", (selection, message) => {
    const error = refusal(selection);
    expect(error.code).toBe("NOTHING_SELECTED");
    expect(error.message).toMatch(message);
    expect(error.hint).toContain("assets list");
  });

  test("a filter on an empty manifest selects nothing", () => {
    expect(refusal({ required: true }, valid(document([]))).code).toBe("NOTHING_SELECTED");
  });

  test("a pattern of absurd length is refused", () => {
    expect(refusal({ ids: ["*".repeat(70_000)] }).code).toBe("USAGE");
    expect(refusal({ include: ["a".repeat(70_000)] }).code).toBe("USAGE");
  });

  test("control characters of an id are shown, not sent", () => {
    expect(refusal({ ids: ["\u001b[2J"] }).message).toContain("\\u{1b}[2J");
  });
});

describe("an exact id wins over its meaning as a pattern", () => {
  test("where ids have such characters, for callers that make their own manifest", () => {
    const odd = {
      ...MANIFEST,
      assets: MANIFEST.assets.map((asset, index) => (index === 0 ? { ...asset, id: "*" } : asset)),
    };
    expect(selectAssets(odd, { ids: ["*"] }).map(({ id }) => id)).toEqual(["*"]);
  });
});

test("every filter only ever narrows", () => {
  const some = (...words: string[]) => fc.option(fc.subarray(words, { minLength: 1 }), { nil: undefined });
  const selection = fc.record({
    ids: some("mnist", "whisper-*", "org/bert"),
    types: some("model", "dataset", "voice"),
    tags: some("audio", "small", "text"),
    required: fc.option(fc.boolean(), { nil: undefined }),
    include: some("*.bin", "models/**"),
    exclude: some("*.json", "datasets/**"),
  });
  const picked = (wanted: object) => {
    try {
      return paths(wanted as Selection);
    } catch (error) {
      if (error instanceof AssetsError && error.code === "NOTHING_SELECTED") return [];
      throw error;
    }
  };
  fc.assert(
    fc.property(selection, (all) => {
      const parts = Object.entries(all).map(([key, value]) => picked({ [key]: value }));
      const expected = picked({}).filter((path) => parts.every((part) => part.includes(path)));
      expect(picked(all)).toEqual(expected);
    }),
  );
});
