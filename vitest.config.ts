/** How the tests run. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    // What a developer's shell exports must not decide a test.
    env: { NO_COLOR: "", FORCE_COLOR: "", CI: "" },
  },
});
