/** How the tests run. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    // Most tests wait for a child process or a server; importing the sources anew for each file would cost a third.
    isolate: false,
    maxWorkers: 3,
    // What a developer's shell exports must not decide a test.
    env: { NO_COLOR: "", FORCE_COLOR: "", CI: "" },
  },
});
