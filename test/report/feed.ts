/** Plays a short run of thirty files to the bars on this process's terminal. */
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { createReporter } from "../../src/report/index.js";

const files = Array.from({ length: 30 }, (_, index) => `models/第${index}巻-a-rather-long-name/model.gguf`);
const url = "https://cdn.example.org/x";
const size = 1_000_000;
const stream = process.stderr;
const reporter = await createReporter({ mode: "bars", stream, now: Date.now, color: true, command: "download" });
const planned = files.map((path) => ({ asset: "a", path, action: "download" as const, size }));
reporter.onEvent({ type: "plan", files: planned, bytesToFetch: size * files.length });
for (const [index, path] of files.entries()) {
  reporter.onEvent({ type: "transfer:start", path, kind: "file", url, received: 0, size });
  reporter.onEvent({ type: "transfer:progress", path, received: size / 2, size });
  const oldest = files[index - 15];
  if (oldest !== undefined) {
    const about = { asset: "a", path: oldest, status: "downloaded" as const, size, received: size, verified: true };
    reporter.onEvent({ type: "outcome", outcome: { ...about, attempts: 1, tried: [] } });
  }
  if (index === 20) reporter.onEvent({ type: "warning", message: "A warning that is wider than the terminal is." });
  await sleep(20);
}
reporter.stop();
process.stdout.write("done\n");
