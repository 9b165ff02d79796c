/** A run that is stopped while it tells from memory that there is nothing to do. */
import { expect, it } from "vitest";
import { recallAllPresent } from "../../src/commands/nothing-to-do.js";
import { makeTree } from "../helpers/tree.js";

it("is stopped, whatever is remembered", async () => {
  const source = { file: makeTree().manifest, shown: "assets.manifest.json", bytes: Buffer.from("{}") };
  expect(await recallAllPresent(source, new AbortController().signal)).toBeUndefined();
  await expect(recallAllPresent(source, AbortSignal.abort())).rejects.toMatchObject({ code: "ABORTED" });
});
