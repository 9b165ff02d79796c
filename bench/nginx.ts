/** Starts nginx with a configuration of the bench's own. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { FileServer, ServerOptions } from "./server.js";
import type { Workshop } from "./workshop.js";

/**
 * As Debian ships it where it matters for speed (`sendfile`, `tcp_nopush`, one worker a core).
 *
 * `sendfile_max_chunk`: the pause that `limit_rate` makes comes after a chunk, so with the default of 2 MiB a range
 * of that size would not be throttled at all. With 256 KiB, 1 MiB takes 0.042 s of 0.05 at 20 MB/s, 8 MiB 0.387 of 0.4.
 */
function configuration(home: string, listen: string, { root, perConnection }: ServerOptions): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `daemon off;
${process.getuid?.() === 0 ? "user root root;" : ""}
pid ${home}/nginx.pid;
error_log ${home}/error.log;
worker_processes auto;
events { worker_connections 1024; }
http {
${temporary.map((name) => `  ${name}_temp_path ${home}/${name};`).join("\n")}
  default_type application/octet-stream;
  sendfile on;
  tcp_nopush on;
  log_format sent '$body_bytes_sent';
  access_log ${home}/sent.log sent;
  server {
    listen ${listen};
    root ${root};
    ${perConnection === undefined ? "" : `limit_rate ${perConnection}; sendfile_max_chunk 256k;`}
  }
}
`;
}

/** A port that nobody listens on. */
function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, host, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Resolves when something listens there. */
async function listening(host: string, port: number, ended: Promise<{ stderr: string }>): Promise<void> {
  const early = ended.then(({ stderr }) => Promise.reject(new Error(`The server did not start: ${stderr.trim()}`)));
  early.catch(() => {});
  for (let tries = 0; tries < 100; tries += 1) {
    const answered = new Promise<boolean>((resolve) => {
      const socket = connect({ host, port, timeout: 2_000 });
      const settle = (answer: boolean) => {
        socket.destroy();
        resolve(answer);
      };
      socket.once("connect", () => settle(true));
      socket.once("error", () => settle(false));
      socket.once("timeout", () => settle(false));
    });
    if (await Promise.race([answered, early])) return;
    await wait(50);
  }
  throw new Error(`Nothing answers at ${host}:${port}`);
}

export async function startNginx(shop: Workshop, options: ServerOptions): Promise<FileServer> {
  const { host = "127.0.0.1", namespace } = options;
  const home = mkdtempSync(join(shop.dir, "nginx-"));
  mkdirSync(options.root, { recursive: true });
  // A fresh namespace has every port free; one here is asked for.
  const port = namespace === undefined ? await freePort(host) : 8080;
  const file = join(home, "nginx.conf");
  writeFileSync(file, configuration(home, `${host}:${port}`, options));
  const inside = namespace === undefined ? [] : ["ip", "netns", "exec", namespace];
  const { child, done } = shop.start([...inside, "nginx", "-c", file]);
  // Its workers end with it only when it is asked to end, not when it is killed.
  const stop = shop.cleanup.add(async () => {
    child.kill("SIGTERM");
    await done;
  });
  await listening(host, port, done);

  async function sum(): Promise<number> {
    const text = await readFile(join(home, "sent.log"), "utf8");
    return text.split("\n").reduce((total, line) => total + Number(line), 0);
  }

  return {
    kind: "nginx",
    origin: `http://${host}:${port}`,
    async sent() {
      // A request is logged when nginx is done with it, which may be after the client is.
      for (let before = await sum(); ; ) {
        await wait(200);
        const after = await sum();
        if (after === before) return after;
        before = after;
      }
    },
    peak: async () => undefined,
    stop,
  };
}
