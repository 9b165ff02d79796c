/** The top of the output: on what, and with what, was measured. */
import { spawnSync } from "node:child_process";
import { cpus, release, totalmem, type } from "node:os";
import { fileURLToPath } from "node:url";
import type { ServerKind } from "./server.js";
import { bytesText } from "./table.js";
import { TOOLS, versionOf } from "./tools.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const BIN = fileURLToPath(new URL("../../bin/assets.js", import.meta.url));

function output(program: string, words: readonly string[]): string {
  const { stdout, status } = spawnSync(program, words, { cwd: ROOT, encoding: "utf8" });
  return status === 0 ? stdout.trim() : "";
}

function assetsVersion(): string {
  const commit = output("git", ["rev-parse", "--short", "HEAD"]);
  const changed = output("git", ["status", "--porcelain", "--", "src", "bin"]) === "" ? "" : ", changed";
  const version = output(process.execPath, [BIN, "--version"]);
  return commit === "" ? version : `${version} (${commit}${changed})`;
}

/** The head of the report, as Markdown. */
export function machineText(dir: string, server: ServerKind, command: string): string {
  const cores = cpus();
  const versions = [
    `node ${process.versions.node}`,
    `assets ${assetsVersion()}`,
    ...TOOLS.map((tool) => `${tool} ${versionOf(tool)}`),
  ];
  return [
    `- command: \`${command}\``,
    `- date: ${new Date().toISOString().slice(0, 10)}`,
    `- machine: ${cores.length} cores (${cores[0]?.model ?? "unknown"}), ${bytesText(totalmem())} of memory`,
    `- kernel: ${type()} ${release()}`,
    `- file system of the work folder: ${output("df", ["--output=fstype", dir]).split("\n").at(-1) || "unknown"}`,
    `- server: ${server === "nginx" ? `nginx ${versionOf("nginx")}` : "built-in (node:http)"}, except where a row says otherwise`,
    `- versions: ${versions.join(", ")}`,
  ].join("\n");
}
