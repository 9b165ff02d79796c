/** The digest of a file that grows, worked out beside the writing. */
import { createHash } from "node:crypto";
import { truncateSync, writeSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { createDigestThread } from "../../src/store/front-digest.js";
import { openPartial } from "../../src/store/partial.js";
import { bytesOf } from "../helpers/content.js";
import { makeTree } from "../helpers/tree.js";

const MB = 1024 * 1024;
const BODY = bytesOf({ size: 20 * MB, seed: 17 });
const going = new AbortController().signal;

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A partial that holds so many bytes of the body, followed by a thread. */
async function followed(bytes: number, body = BODY) {
  const thread = createDigestThread();
  const partial = await openPartial(makeTree().path("a.part"));
  if (bytes > 0) await partial.write(body.subarray(0, bytes), 0);
  const digest = thread.follow(partial, "sha256");
  onTestFinished(async () => {
    await digest.close();
    await partial.close();
    await thread.close();
  });
  return { thread, partial, digest };
}

describe("the digest of a partial", () => {
  it.each([0, 1, 4 * MB - 1, 4 * MB, 4 * MB + 1, 20 * MB])("of %i bytes is that of these bytes", async (bytes) => {
    const { digest } = await followed(bytes);
    digest.advance();
    expect(await digest.value(going)).toBe(sha256(BODY.subarray(0, bytes)));
  });

  it("can be asked for while the file grows, again and again, and is that of what was there", async () => {
    const { partial, digest } = await followed(0);
    const seen: string[] = [];
    const ends = [3, 5, 9, 17, 20].map((at) => at * MB);
    for (const end of ends) {
      await partial.write(BODY.subarray(partial.front, end), partial.front);
      digest.advance();
      seen.push(await digest.value(going));
    }
    expect(seen).toEqual(ends.map((end) => sha256(BODY.subarray(0, end))));
  });

  it.each(["md5", "sha1", "sha512", "git-blob"])(
    "by %s is worked out as the bytes come, and not read back",
    async (algorithm) => {
      const { thread, partial, digest: last } = await followed(16 * MB);
      const digest = thread.follow(partial, algorithm, { size: () => BODY.length });
      onTestFinished(() => digest.close());
      digest.advance();
      // The thread takes turns, in the order in which it was told: what began later is not done earlier.
      await last.value(going);
      writeSync(partial.content as number, "spoilt", 0);
      await partial.write(BODY.subarray(16 * MB), 16 * MB);
      digest.advance();
      const head = algorithm === "git-blob" ? `blob ${BODY.length}\0` : "";
      const hash = createHash(algorithm === "git-blob" ? "sha1" : algorithm);
      expect(await digest.value(going)).toBe(hash.update(head).update(BODY).digest("hex"));
    },
  );

  it("by git's rule is right for any number of bytes, however many were announced", async () => {
    const { thread, partial } = await followed(8 * MB);
    const digest = thread.follow(partial, "git-blob", { size: () => 20 * MB });
    onTestFinished(() => digest.close());
    digest.advance();
    const expected = createHash("sha1")
      .update(`blob ${8 * MB}\0`)
      .update(BODY.subarray(0, 8 * MB))
      .digest("hex");
    expect(await digest.value(going)).toBe(expected);
    expect(await digest.value(going)).toBe(expected);
  });

  it("knows nothing of bytes behind a gap", async () => {
    const { partial, digest } = await followed(5 * MB);
    await partial.write(BODY.subarray(10 * MB), 10 * MB);
    digest.advance();
    expect(await digest.value(going)).toBe(sha256(BODY.subarray(0, 5 * MB)));
    await partial.write(BODY.subarray(5 * MB, 10 * MB), 5 * MB);
    digest.advance();
    expect(await digest.value(going)).toBe(sha256(BODY));
  });

  it("begins anew after bytes below the front were changed", async () => {
    const { partial, digest } = await followed(20 * MB, Buffer.alloc(20 * MB));
    digest.advance();
    expect(await digest.value(going)).toBe(sha256(Buffer.alloc(20 * MB)));
    await partial.cut(0);
    await digest.reset();
    await partial.write(BODY, 0);
    digest.advance();
    expect(await digest.value(going)).toBe(sha256(BODY));
  });

  it("of several files is worked out side by side, each for itself", async () => {
    const { thread } = await followed(0);
    const bodies = [1, 2, 3].map((seed) => bytesOf({ size: 6 * MB, seed }));
    const found = bodies.map(async (body, n) => {
      const partial = await openPartial(makeTree().path(`${n}.part`));
      await partial.write(body, 0);
      const digest = thread.follow(partial, "sha256");
      const hex = await digest.value(going);
      await digest.close();
      await partial.close();
      return hex;
    });
    expect(await Promise.all(found)).toEqual(bodies.map(sha256));
  });

  it.each([2 * MB, 6 * MB])(
    "of %i bytes, of which others have cut half off, is an error and no digest",
    async (bytes) => {
      const { partial, digest } = await followed(bytes);
      truncateSync(partial.path, bytes / 2);
      await expect(digest.value(going)).rejects.toMatchObject({ code: "LOCAL_IO" });
    },
  );

  it("of an algorithm that registries use is that one", async () => {
    const { thread, partial } = await followed(6 * MB);
    const digest = thread.follow(partial, "sha512");
    const hex = createHash("sha512")
      .update(BODY.subarray(0, 6 * MB))
      .digest("hex");
    expect(await digest.value(going)).toBe(hex);
    await digest.close();
  });

  it("is not waited for by a run that is aborted, which ends with the reason", async () => {
    const { digest } = await followed(20 * MB);
    const stop = new AbortController();
    const reason = new Error("stopped");
    const value = digest.value(stop.signal);
    stop.abort(reason);
    await expect(value).rejects.toBe(reason);
    await expect(async () => digest.value(stop.signal)).rejects.toBe(reason);
  });

  it("is still found when the thread ends in the middle of it", async () => {
    const { thread, digest } = await followed(20 * MB);
    const value = digest.value(going);
    await thread.close();
    expect(await value).toBe(sha256(BODY));
    expect(await digest.value(going)).toBe(sha256(BODY));
  });

  it("settles, one way or the other, when the file is closed meanwhile", async () => {
    const thread = createDigestThread();
    const partial = await openPartial(makeTree().path("a.part"));
    await partial.write(BODY, 0);
    const digest = thread.follow(partial, "sha256");
    const value = Promise.resolve(digest.value(new AbortController().signal)).catch(() => "an error");
    await digest.close();
    expect(await value).toBeTruthy();
    await partial.close();
    await thread.close();
  });
});
