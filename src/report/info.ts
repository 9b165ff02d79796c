/** The answer of `assets info` as text. */
import type { InfoFile, InfoReport, InfoRepository } from "../commands/author-reports.js";
import { shellWord } from "../shell-word.js";
import { type Colors, createColors } from "./colors.js";
import { formatBytes, formatExactBytes, oneLine, padRight, plural } from "./format.js";
import type { RenderOptions } from "./table.js";

const STATES: Partial<Record<InfoFile["status"], string>> = {
  valid: "here, proven",
  unverified: "here, not hashed since it changed",
  unpinned: "here, and nothing pinned to prove it by",
  "size-mismatch": "here, and not the pinned file",
  "digest-mismatch": "here, and not the pinned file",
  "lfs-pointer": "a Git LFS pointer stands there",
};

/** What the asset is, each of its files with its sources, what its hosts say, what to do next. */
export function renderInfo(report: InfoReport, options: RenderOptions): string {
  const colors = createColors(options.color);
  const { asset, files, repositories = [], totals } = report;
  const { id, type, name, description, version, license, homepage, tags, required, repository } = asset;
  const facts: [string, string | undefined][] = [
    ["type", type],
    ["name", name],
    ["description", description],
    ["version", version],
    ["licence", license],
    ["homepage", homepage],
    ["tags", tags.length > 0 ? tags.join(", ") : undefined],
    ["required", required ? "yes" : undefined],
    ["repository", repository?.url],
  ];
  const blocks = [`${colors.good(oneLine(id))}\n${lines(facts)}`];
  blocks.push(...files.map((file) => renderFile(file, colors)));
  blocks.push(...repositories.map((each) => renderRepository(each, colors)));
  const { files: count, size, here, left } = totals;
  const fetch = colors.command(`${options.program ?? "assets"} download ${shellWord(id)}`);
  const next = here === count && count > 0 ? "" : ` To fetch: ${fetch}`;
  const toFetch = left > 0 ? `, ${formatBytes(left)} to fetch` : "";
  blocks.push(`${plural(count, "file")}, ${formatBytes(size)}: ${here} here${toFetch}.${next}\n`);
  return blocks.join("\n");
}

function renderFile(file: InfoFile, colors: Colors): string {
  const { path, status, size, sha256, pinnedAs, urls, left, remote } = file;
  const state = STATES[status] ?? status;
  const how = pinnedAs === undefined ? "" : `, ${pinnedAs}`;
  const facts: [string, string | undefined][] = [
    ["state", left !== undefined && left !== size ? `${state}, ${formatBytes(left)} left to fetch` : state],
    ["size", size === undefined ? undefined : formatExactBytes(size)],
    ["sha256", sha256 === undefined ? "not pinned" : `${sha256}${how}`],
    ...urls.map((url, index): [string, string] => [index === 0 ? "from" : "or", url]),
    ["remote", remoteWords(remote)],
  ];
  const paint = status === "valid" ? colors.good : status.includes("mismatch") ? colors.bad : (text: string) => text;
  return `${paint(oneLine(path))}\n${lines(facts)}`;
}

function remoteWords(remote: InfoFile["remote"]): string | undefined {
  if (remote === undefined) return undefined;
  const { error, size, digest, statedBy, agrees } = remote;
  if (error !== undefined) return error;
  if (digest === undefined && size === undefined) return "states nothing";
  const what = [size === undefined ? "" : formatExactBytes(size), digest ?? ""]
    .filter((word) => word !== "")
    .join(", ");
  const by = statedBy === undefined ? "" : `, stated by ${statedBy}`;
  return `${agrees === undefined ? "" : agrees ? "agrees: " : "has other bytes: "}${what}${by}`;
}

function renderRepository(repository: InfoRepository, colors: Colors): string {
  const { name, error, commit, pinned, lastModified, licence, tags = [], gated, files = [] } = repository;
  const isNow = commit !== undefined && pinned.includes(commit);
  const facts: [string, string | undefined][] = [
    ["error", error],
    ["pinned", pinned.length > 0 ? `${pinned.join(", ")}${isNow ? " (the newest)" : ""}` : undefined],
    ["newest", isNow ? undefined : commit],
    ["modified", lastModified],
    ["licence", licence],
    ["tags", tags.length > 0 ? tags.join(", ") : undefined],
    [
      "access",
      gated === undefined
        ? undefined
        : repository.private
          ? "private"
          : gated
            ? "gated: its terms must be accepted"
            : "open",
    ],
    [
      "files",
      files.length > 0 ? `${files.length}, ${formatBytes(files.reduce((sum, { size }) => sum + size, 0))}` : undefined,
    ],
  ];
  const listed = files.slice(0, MOST_FILES).map(({ path, size }) => `    ${formatBytes(size)}  ${oneLine(path)}\n`);
  const more =
    files.length > MOST_FILES
      ? `    and ${files.length - MOST_FILES} more: assets remote ls hf:${oneLine(name)}\n`
      : "";
  return `${colors.good(`hf:${oneLine(name)}`)}\n${lines(facts)}${listed.join("")}${more}`;
}

const MOST_FILES = 20;
const LABEL = 12;

function lines(facts: readonly [string, string | undefined][]): string {
  return facts
    .flatMap(([label, text]) => (text === undefined ? [] : [`  ${padRight(label, LABEL)}${oneLine(text)}\n`]))
    .join("");
}
