/** The reporter of each mode. */
import { expect, it } from "vitest";
import { createReporter, type ReporterOptions } from "../../src/report/index.js";
import { done, plan } from "./samples.js";

async function run(mode: ReporterOptions["mode"]): Promise<string> {
  let text = "";
  const stream = {
    write: (more: string) => {
      text += more;
    },
  };
  const reporter = await createReporter({ mode, stream, now: () => 0, color: false, command: "download" });
  for (const event of [plan(["a", 10]), done("a")]) reporter.onEvent(event);
  reporter.stop({ exitCode: 0 });
  reporter.stop();
  return text;
}

it("lines are for logs", async () => {
  expect(await run("lines")).toBe("Fetching 1 file, 10 B.\ndownloaded a  7.9 MB  https://cdn.example.org\n");
});

it("quiet says nothing when nothing is wrong", async () => {
  expect(await run("quiet")).toBe("");
});

it("ndjson begins with its version and ends with the exit code", async () => {
  const types = (await run("ndjson"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).type);
  expect(types).toEqual(["start", "plan", "outcome", "end"]);
});

it("bars leave nothing behind", async () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are what this takes out
  expect((await run("bars")).replace(/\u001b\[[?\d]*[A-Za-z]/g, "")).toBe("");
});
