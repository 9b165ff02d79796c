/** How the tests run. */
import { devNull } from "node:os";
import { defineConfig } from "vitest/config";

const NETWORK = [
  "http_proxy",
  "https_proxy",
  "all_proxy",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "HF_ENDPOINT",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
];

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    // Most tests wait for a child process or a server; importing the sources anew for each file would cost a third.
    isolate: false,
    maxWorkers: 4,
    // What is built runs as it is.
    server: { deps: { external: [/\/dist\/[\w-]+\.js$/] } },
    // What a developer's shell exports must not decide a test.
    env: {
      NO_COLOR: "",
      FORCE_COLOR: "",
      CI: "",
      NETRC: devNull,
      ...Object.fromEntries(NETWORK.map((name) => [name, ""])),
    },
  },
});
