/** Other programs as contestants: their commands, one after the other, in a folder that is empty before. */
import { join } from "node:path";
import type { Content } from "./content.js";
import { areRight } from "./project.js";
import type { Contestant } from "./race.js";
import { missingOf, type Tool } from "./tools.js";
import type { Workshop } from "./workshop.js";

/** What a user would type instead. */
export interface Peer {
  name: string;
  needs: readonly Tool[];
  /** Commands in the order in which they run, in the folder `dir`. */
  commands(dir: string): string[][];
  /** What lies in `dir` afterwards, under these names. */
  files: readonly Content[];
}

export function peer(shop: Workshop, { name, needs, commands, files }: Peer): Contestant {
  const dir = join(shop.dir, "peer");
  return {
    name,
    missing: missingOf(...needs),
    prepare: () => shop.empty(dir),
    async run() {
      let seconds = 0;
      for (const words of commands(dir)) seconds += (await shop.must(words, { cwd: dir })).seconds;
      return { seconds };
    },
    check: () => areRight(dir, files),
  };
}

/** `curl -o`, which compares nothing. */
export function curl(shop: Workshop, file: Content, origin: string, name = "`curl -o` (unverified)"): Contestant {
  return peer(shop, {
    name,
    needs: ["curl"],
    commands: () => [["curl", "-sSf", "--create-dirs", "-o", file.name, `${origin}/${file.name}`]],
    files: [file],
  });
}

/** `curl -o`, and then a program that hashes the file. The digest is left to the user's eye. */
export function curlThen(shop: Workshop, file: Content, origin: string, tool: Tool, hashing: string[]): Contestant {
  return peer(shop, {
    name: `\`curl -o\`, then \`${hashing.join(" ")}\``,
    needs: ["curl", tool],
    commands: () => [
      ["curl", "-sSf", "--create-dirs", "-o", file.name, `${origin}/${file.name}`],
      [...hashing, file.name],
    ],
    files: [file],
  });
}

/** `aria2c` with its own check of the SHA-256. */
export function aria2(shop: Workshop, file: Content, origin: string, options: string[]): Contestant {
  return peer(shop, {
    name: `\`aria2c ${options.join(" ")} --checksum\``,
    needs: ["aria2c"],
    commands: () => [
      [
        "aria2c",
        "--no-conf",
        "-q",
        ...options,
        `--checksum=sha-256=${file.sha256}`,
        "-o",
        file.name,
        `${origin}/${file.name}`,
      ],
    ],
    files: [file],
  });
}

/** `node -e 0`: what it costs to start Node at all. */
export function bareNode(shop: Workshop): Contestant {
  return {
    name: "`node -e 0`",
    run: async () => ({ seconds: (await shop.must([process.execPath, "-e", "0"])).seconds }),
  };
}
