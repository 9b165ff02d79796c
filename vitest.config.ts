/** How the tests run. */
import { existsSync, statfsSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { defineConfig } from "vitest/config";
import { MEMORY_ONLY } from "./src/store/mapped-writes.js";

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

/** Files of tests are on a disk, as those of users are: `/tmp` is in memory on many systems, where no proof is remembered. */
const ON_DISK = [tmpdir(), "/var/tmp"].find((path) => existsSync(path) && !MEMORY_ONLY.has(statfsSync(path).type));

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
      ...(ON_DISK !== undefined && { TMPDIR: ON_DISK }),
      ...Object.fromEntries(NETWORK.map((name) => [name, ""])),
    },
  },
});
