/** Starts the bench's own server in a process of its own. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { FileServer, ServerOptions } from "./server.js";
import type { Workshop } from "./workshop.js";

const PROGRAM = fileURLToPath(new URL("builtin-server.js", import.meta.url));

/** What the server tells when it is asked, and once when it listens. */
export interface Report {
  port: number;
  sent: number;
  peak: number;
}

export async function startBuiltin(shop: Workshop, options: ServerOptions): Promise<FileServer> {
  const { host = "127.0.0.1", namespace, ...rest } = options;
  const inside = namespace === undefined ? [] : ["ip", "netns", "exec", namespace];
  const words = [...inside, process.execPath, PROGRAM, JSON.stringify({ ...rest, host })];
  const { child, done } = shop.start(words, { ipc: true });
  const stop = shop.cleanup.add(async () => {
    child.kill("SIGKILL");
    await done;
  });

  async function report(): Promise<Report> {
    const early = done.then(({ stderr }) => Promise.reject(new Error(`The server ended: ${stderr.trim()}`)));
    early.catch(() => {});
    const [message] = await Promise.race([once(child, "message"), early]);
    return message as Report;
  }

  const { port } = await report();
  const ask = () => {
    const answer = report();
    child.send("report");
    return answer;
  };
  return {
    kind: "built-in",
    origin: `http://${host}:${port}`,
    sent: async () => (await ask()).sent,
    peak: async () => (await ask()).peak,
    stop,
  };
}
