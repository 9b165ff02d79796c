/** The command lines of `assets import FORMAT FILE`, one for each format of a single file. */
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { AssetsError } from "../errors.js";
import { READERS, type Reader } from "../interchange/index.js";
import type { Listing } from "../interchange/listing.js";
import { checkPublic } from "../manifest/public-urls.js";
import { withoutLogin } from "../manifest/urls.js";
import type { Begin } from "./context.js";
import { addCommon, type Import, type ImportFlags, runImport } from "./import-common.js";
import { readInput } from "./input.js";

/** No list is longer, in bytes. */
const MOST_BYTES = 64 * 2 ** 20;

const EXAMPLES: Readonly<Record<string, string>> = {
  sums: `
  assets import sums SHA256SUMS --base-url https://example.com/v1/
  assets import sums https://example.com/v1/SHA256SUMS     files that lie beside their list`,
  pooch: `
  assets import pooch registry.txt --base-url https://example.com/data/v1/
  assets import pooch registry.txt                         when every line has its URL`,
  metalink: `
  assets import metalink image.meta4
  assets import metalink https://example.com/image.meta4 --id image`,
  aria2: `
  assets import aria2 downloads.txt --path data
  assets import aria2 downloads.txt --per-file`,
  json: `
  assets import json assets.json
  assets import json models.py --dry-run                   MODELS = {…}, cut out of a script
  pbpaste | assets import json -                           from standard input`,
};

/** Adds them. */
export function addListImports(command: Command, start: Begin) {
  for (const reader of READERS) {
    const { format, summary, baseUrl } = reader;
    const one = addCommon(command.command(format))
      .summary(summary)
      .description(`Reads ${summary}. What it says of sizes and digests goes into the manifest.`)
      .argument("<file>", "the list: a file, a URL, or - for standard input")
      .addHelpText("after", `\nExamples:${EXAMPLES[format] ?? ""}`)
      .action((name: string, flags: ImportFlags & { baseUrl?: string }, self: Command) =>
        start((run) => {
          const base = flags.baseUrl ?? besides(name);
          return runImport(run, flags, { name, base }, (given) => read(reader, name, flags.baseUrl, given));
        }, self),
      );
    if (baseUrl === "none") continue;
    const place = "URL, or path from the manifest on, that the files lie below";
    one.addOption(new Option("--base-url <url>", `${place}${baseUrl === "needed" ? "" : ", unless the list says it"}`));
  }
}

async function read(reader: Reader, name: string, base: string | undefined, given: Import): Promise<Listing> {
  const { run, sources } = given;
  const baseUrl = base ?? besides(name);
  const secret = base === undefined ? undefined : checkPublic(base);
  if (secret !== undefined) {
    throw new AssetsError("USAGE", `--base-url: ${secret.message}.`, { hint: secret.suggestion });
  }
  const bytes = await bytesOf(name, { run, sources });
  if (baseUrl === undefined && reader.baseUrl === "needed") {
    throw new AssetsError("USAGE", `${name} says no URLs.`, {
      hint: `Say where its files lie: assets import ${reader.format} ${name} --base-url https://…/`,
    });
  }
  const variable = /\{version\b[^}]*\}/.exec(baseUrl ?? "")?.[0];
  if (variable !== undefined) {
    throw new AssetsError("USAGE", `--base-url has ${variable} in it, which means something to pooch only.`, {
      hint: "Write the version in its place, as it stands in the URLs of the files.",
    });
  }
  return reader.read(bytes, { baseUrl });
}

/** Where the files lie of a list on the web that says no other place: beside it. */
function besides(name: string): string | undefined {
  return isUrl(name) ? withoutLogin(new URL(".", name).href) : undefined;
}

function isUrl(name: string): boolean {
  return /^https?:\/\//i.test(name);
}

async function bytesOf(name: string, { run, sources }: Pick<Import, "run" | "sources">): Promise<Uint8Array> {
  if (name === "-") return readInput(run, MOST_BYTES);
  if (isUrl(name)) {
    const { readUrl } = await import("../source/whole.js");
    return readUrl(sources, name, { mostBytes: MOST_BYTES, signal: run.signal });
  }
  const { readWhole } = await import("../store/whole-text.js");
  const bytes = await readWhole(resolve(run.cwd, name), MOST_BYTES);
  if (bytes === undefined) throw new AssetsError("USAGE", `There is no file ${name}.`);
  return bytes;
}
