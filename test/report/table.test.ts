/** Columns. */
import { expect, it } from "vitest";
import { displayWidth } from "../../src/report/format.js";
import { renderTable } from "../../src/report/table.js";

const COLUMNS = [{ title: "ID" }, { title: "SIZE", align: "right" as const }, { title: "TAGS" }];
const ROWS = [
  ["silero-vad", "2.3 MB", "audio, vad, speech, streaming"],
  ["日本語", "491.4 MB", ""],
];

it("columns are aligned by what is seen, not by the number of characters", () => {
  expect(renderTable(COLUMNS, ROWS, { color: false })).toBe(
    [
      "ID              SIZE  TAGS",
      "silero-vad    2.3 MB  audio, vad, speech, streaming",
      "日本語      491.4 MB",
      "",
    ].join("\n"),
  );
});

it("the last column gives way to a narrow terminal, the others never do", () => {
  const lines = renderTable(COLUMNS, ROWS, { color: false, width: 34 }).split("\n");
  expect(lines[1]).toBe("silero-vad    2.3 MB  audio, vad,…");
  expect(Math.max(...lines.map(displayWidth))).toBe(34);
});

it("a last column that would be too narrow to say anything is left out", () => {
  expect(renderTable(COLUMNS, ROWS, { color: false, width: 25 })).toBe(
    ["ID              SIZE", "silero-vad    2.3 MB", "日本語      491.4 MB", ""].join("\n"),
  );
});

it("a path in the last column is cut in its folders, and stays whole rather than being left out", () => {
  const columns = [{ title: "SIZE" }, { title: "PATH", path: true }];
  const rows = [["2.3 MB", "models/whisper/tiny/model.safetensors"]];
  expect(renderTable(columns, rows, { color: false, width: 35 })).toContain("2.3 MB  models/w…/model.safetensors\n");
  expect(renderTable(columns, rows, { color: false, width: 20 })).toContain("models/whisper/tiny/model.safetensors\n");
});

it("nothing is cut where there is no terminal", () => {
  const long = "x".repeat(5000);
  expect(renderTable(COLUMNS, [["id", "1 B", long]], { color: false })).toContain(long);
});

it("colour changes neither the text nor the alignment", () => {
  const red = (text: string) => `\u001b[31m${text}\u001b[39m`;
  const rows = [[{ text: "id", paint: red }, { text: "5 B", paint: red }, "tag"]];
  const plain = renderTable(COLUMNS, [["id", "5 B", "tag"]], { color: false });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is taken out
  expect(renderTable(COLUMNS, rows, { color: true }).replace(/\u001b\[\d+m/g, "")).toBe(plain);
});

it("ten thousand rows are laid out in no time worth speaking of", () => {
  const rows = Array.from({ length: 10_000 }, (_, index) => [`asset-${index}`, "1.0 MB", "a, b, c"]);
  const started = performance.now();
  expect(renderTable(COLUMNS, rows, { color: false, width: 80 }).split("\n")).toHaveLength(10_002);
  expect(performance.now() - started).toBeLessThan(5000);
});
