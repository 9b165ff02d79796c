/** The command line's grammar: commands, options, help. */
import { Command, Option } from "commander";
import { version } from "../version.js";
import { COMMANDS } from "./commands.js";
import type { Begin, FormatOptions, GlobalOptions, Run, World } from "./context.js";
import { mergeFormats } from "./formats.js";
import { widthOf } from "./terminal.js";

/** Runs a command with its merged options. */
export type Start = (
  command: string,
  options: GlobalOptions & FormatOptions,
  act: (run: Run) => Promise<number>,
) => Promise<void>;

/** Makes the program. It never exits by itself: usage errors and help are thrown as commander's own errors. */
export function createProgram({ stdout, stderr }: Pick<World, "stdout" | "stderr">, start: Start): Command {
  const program = new Command("assets")
    .description(
      "Models and datasets of a repository: pinned in assets.manifest.json, fetched and verified by one command.",
    )
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand(false)
    .addOption(
      new Option("--manifest <file>", "the manifest, also --config (default: assets.manifest.json here or above)"),
    )
    .addOption(new Option("--config <file>", "the same as --manifest").hideHelp())
    .option("--root <dir>", "folder that the manifest's paths are relative to")
    .option("-q, --quiet", "print warnings and failures only")
    .option("-v, --verbose", "print more: which URL serves each file, how fast, and every mishap")
    .option("--no-progress", "plain lines instead of bars")
    .addOption(new Option("--color <when>", "colours").choices(["auto", "always", "never"]).default("auto"))
    .option("--log-file <file>", "append every event to a file, as one JSON object a line")
    .showSuggestionAfterError(true)
    .showHelpAfterError("(assets --help shows what there is)")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => widthOf(stdout) ?? 80,
      getErrHelpWidth: () => widthOf(stderr) ?? 80,
    })
    .addHelpText(
      "after",
      `
Examples:
  assets list                 what there is, and how it stands here
  assets download --all       fetch everything, verified
  assets verify               prove it, without a network
  assets repair               fetch of damaged files what is damaged
  assets status               whether all is well, in one line and an exit code
  assets path ID              where it lies, fetched if need be
  assets lfs                  find Git LFS pointers in the place of content
  assets lfs hydrate          put the content there, without git-lfs
  assets init                 begin a manifest
  assets add URL              write a file into it, with its pin
  assets lock                 fill in the pins that are missing
  assets lint                 what could be better about it
  assets import lfs           pin what Git LFS tracks (also dvc, hf, sums, pooch, metalink, aria2, json)
  assets export sums          the pins as a list for another tool
  assets remote ls hf:ORG/NAME  the files of a repository, with sizes and digests

Environment (docs/network.md explains the network's part):
  ASSETS_MANIFEST, ASSETS_ROOT, ASSETS_CA_FILE, ASSETS_LOG_FILE,
  ASSETS_JOBS, ASSETS_CONNECTIONS,
  ASSETS_RETRIES, ASSETS_LIMIT_RATE                 the options of these names
  ASSETS_REFERENCE, ASSETS_NO_REUSE                 other checkouts to copy files from; to copy from nowhere
  HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY      proxies, in lower case as well
  SSL_CERT_FILE, SSL_CERT_DIR, NODE_EXTRA_CA_CERTS  authorities to trust besides the usual ones
  ASSETS_TOKEN_<HOST>, NETRC,
  HF_TOKEN, GITHUB_TOKEN, GH_TOKEN                  logins, each sent to its own host only
  HF_ENDPOINT                                       a mirror of Hugging Face
  GITHUB_API_URL, GITHUB_SERVER_URL,
  ASSETS_ZENODO_URL                                 another GitHub, another Zenodo
  GITHUB_ACTIONS, GITHUB_STEP_SUMMARY,
  GITHUB_WORKSPACE                                  where verify's summary goes, what its paths are relative to
  NO_COLOR, FORCE_COLOR, CI                         colours and bars`,
    );
  const begin: Begin = (act, command) => {
    const { config, ...options } = command.optsWithGlobals<GlobalOptions & FormatOptions & { config?: string }>();
    const name = command.parent === program ? command.name() : `${command.parent?.name()} ${command.name()}`;
    const merged = mergeFormats({ ...(config !== undefined && { manifest: config }), ...options });
    return start(name, merged, act);
  };
  const fillers = new Map<Command, () => Promise<void>>();
  for (const { name, alias, summary, load } of COMMANDS) {
    const command = program.command(name).summary(summary);
    if (alias !== undefined) command.alias(alias);
    command.showHelpAfterError(`(assets ${name} --help shows what it takes)`);
    fillers.set(command, async () => {
      const fill = await load();
      fill(command, begin);
      if (command.commands.length > 0) command.helpCommand("help [command]", "show help of a command");
      for (const inner of command.commands) {
        inner.showHelpAfterError(`(assets ${name} ${inner.name()} --help shows what it takes)`);
      }
    });
  }
  program.hook("preSubcommand", (_, command) => fillers.get(command)?.());
  program
    .command("help [command...]")
    .summary("show help of a command")
    .action(async (words: string[]) => {
      const isAsked = words.length > 0 && words[0] !== "help";
      const isKnown = program.commands.some((command) => [command.name(), command.alias()].includes(words[0] ?? ""));
      await program.parseAsync(isAsked && !isKnown ? words : [...(isAsked ? words : []), "--help"], { from: "user" });
    });
  return program;
}
