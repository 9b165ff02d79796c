/** The command line of `assets schema`. */
import type { Command } from "commander";
import type { Begin, Run } from "./context.js";

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineSchema(command: Command, start: Begin) {
  command
    .description(
      'Prints the JSON Schema (draft 7) of the manifest, for editors and validators; "$schema" in the manifest names the file it is in.',
    )
    .addHelpText(
      "after",
      `
Examples:
  assets schema > assets.manifest.schema.json      then, in the manifest: "$schema": "./assets.manifest.schema.json"`,
    )
    .action((_flags: object, self: Command) => start(act, self));
}

async function act(run: Run): Promise<number> {
  const { manifestJsonSchema } = await import("../manifest/json-schema.js");
  run.stdout.write(`${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
  return 0;
}
