/** The proxies that people run, squid and tinyproxy, each with a configuration of its own, where they are installed. */
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";

/** The login that guarded ones ask for: as it is, and as it may be written in a URL. */
export const PROXY_LOGIN = { user: "user", password: "CANARY-proxy", written: "user:CANARY%2Dproxy" };

const START_MS = 10_000;
const STOP_MS = 5_000;

interface RealProxy {
  name: string;
  /** Undefined where it is not installed. */
  program: string | undefined;
  /** The lines of its configuration. */
  configure(folder: string, port: number, guarded: boolean): string[];
  args(configuration: string, port: number): string[];
}

/** Every proxy that tests go through, installed or not. */
export const REAL_PROXIES: readonly RealProxy[] = [
  {
    name: "squid",
    program: ["/usr/sbin/squid", "/usr/local/sbin/squid", "/opt/homebrew/sbin/squid"].find(existsSync),
    configure: (folder, port, guarded) => [
      `http_port 127.0.0.1:${port}`,
      `pid_filename ${folder}/squid.pid`,
      "access_log none",
      `cache_log ${folder}/cache.log`,
      "cache deny all",
      "shutdown_lifetime 0 seconds",
      ...(process.getuid?.() === 0 ? ["cache_effective_user nobody"] : []),
      ...(guarded
        ? [
            `auth_param basic program /bin/sh ${checker(folder)}`,
            "acl known proxy_auth REQUIRED",
            "http_access allow known",
          ]
        : ["http_access allow all"]),
      "http_access deny all",
    ],
    // Those of one name would share memory, which another user's squid may have left.
    args: (configuration, port) => ["-N", "-n", `assets${port}`, "-f", configuration],
  },
  {
    name: "tinyproxy",
    program: ["/usr/bin/tinyproxy", "/usr/local/bin/tinyproxy", "/opt/homebrew/bin/tinyproxy"].find(existsSync),
    configure: (folder, port, guarded) => [
      `Port ${port}`,
      "Listen 127.0.0.1",
      "Timeout 60",
      "MaxClients 20",
      "LogLevel Critical",
      `LogFile "${folder}/log"`,
      ...(guarded ? [`BasicAuth ${PROXY_LOGIN.user} ${PROXY_LOGIN.password}`] : []),
    ],
    args: (configuration) => ["-d", "-c", configuration],
  },
];

/** Starts a proxy for the running test. Its URL. */
export async function startRealProxy(
  { name, program = "", configure, args }: RealProxy,
  guarded: boolean,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "assets-proxy-"));
  // Started by root, it runs as somebody else.
  chmodSync(folder, 0o777);
  const port = await freePort();
  const configuration = join(folder, "proxy.conf");
  writeFileSync(configuration, `${configure(folder, port, guarded).join("\n")}\n`);
  const child = spawn(program, args(configuration, port), { stdio: "ignore", cwd: folder });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  onTestFinished(async () => {
    // Killed, squid would leave its shared memory.
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(timer);
    rmSync(folder, { recursive: true, force: true });
  });
  const deadline = Date.now() + START_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      const log = ["cache.log", "log"].map((file) => join(folder, file)).find(existsSync);
      throw new Error(`${name} did not start\n${log === undefined ? "" : readFileSync(log, "utf8")}`);
    }
    await sleep(20);
  }
  return `http://127.0.0.1:${port}`;
}

/** A program that squid asks about each login. */
function checker(folder: string): string {
  const script = join(folder, "check.sh");
  const { user, password } = PROXY_LOGIN;
  writeFileSync(
    script,
    `while read -r pair; do if [ "$pair" = "${user} ${password}" ]; then echo OK; else echo ERR; fi; done\n`,
  );
  return script;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
