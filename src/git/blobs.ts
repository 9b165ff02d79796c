/** Reads objects of a repository by their ids. */

/** Runs git in the repository, as {@link runGit} does; `latin1` has one character for each byte. */
export type AskBlobs = (args: string[], input: string, encoding: "latin1") => Promise<string | undefined>;

/** Objects that git is asked for at once. */
const BATCH = 20_000;

/** Sizes in bytes, by id; those that git does not have, or not here, are left out. */
export async function sizesOf(ids: readonly string[], ask: AskBlobs): Promise<Map<string, number>> {
  const output = ids.length === 0 ? "" : await ask(["cat-file", "--batch-check"], `${ids.join("\n")}\n`, "latin1");
  const lines = (output ?? "").split("\n").map((line) => /^([0-9a-f]+) blob (\d+)$/.exec(line) ?? []);
  return new Map(lines.flatMap(([, id, size]) => (id === undefined ? [] : [[id, Number(size)] as const])));
}

/** The bytes of small objects, with their ids. Ends before the first one that git does not give. */
export async function* readBlobs(ids: readonly string[], ask: AskBlobs): AsyncGenerator<{ id: string; bytes: Buffer }> {
  for (let from = 0; from < ids.length; from += BATCH) {
    const batch = ids.slice(from, from + BATCH);
    // One character a byte, so that the lengths that git states can be counted off.
    const output = (await ask(["cat-file", "--batch"], `${batch.join("\n")}\n`, "latin1")) ?? "";
    let at = 0;
    for (const id of batch) {
      const end = output.indexOf("\n", at);
      const [, length] = /^[0-9a-f]+ blob (\d+)$/.exec(output.slice(at, end)) ?? [];
      if (end === -1 || length === undefined) return;
      yield { id, bytes: Buffer.from(output.slice(end + 1, end + 1 + Number(length)), "latin1") };
      at = end + 2 + Number(length);
    }
  }
}
