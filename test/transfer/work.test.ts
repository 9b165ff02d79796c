/** What the connections of one file share: the digests that are worked out while its bytes arrive. */
import { createHash } from "node:crypto";
import { writeSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import type { StatedDigest } from "../../src/manifest/types.js";
import { createDigestThread } from "../../src/store/front-digest.js";
import { DEFAULT_POLICY } from "../../src/transfer/default-policy.js";
import { openWork } from "../../src/transfer/work.js";
import { bytesOf } from "../helpers/content.js";
import { makeTree } from "../helpers/tree.js";

const MB = 1024 * 1024;
const BODY = bytesOf({ size: 20 * MB, seed: 19 });
const going = new AbortController().signal;
const hashOf = (algorithm: string, head = "") => createHash(algorithm).update(head).update(BODY).digest("hex");

describe("the digests that are stated of a file", () => {
  it.each<StatedDigest>([
    { algorithm: "md5", hex: hashOf("md5") },
    { algorithm: "git-blob", hex: hashOf("sha1", `blob ${BODY.length}\0`) },
    { algorithm: "sha256", hex: hashOf("sha256") },
  ])("are worked out beside the others, so that nothing is read back at the end: $algorithm", async (stated) => {
    const digests = createDigestThread();
    const wanted = { label: "a", kind: "file", size: BODY.length, stated: [stated] } as const;
    const how = { digests, policy: DEFAULT_POLICY, emit: () => {} };
    const work = await openWork(wanted, makeTree().path("a.part"), how);
    onTestFinished(async () => {
      await work.close();
      await digests.close();
    });
    await work.partial.write(BODY.subarray(0, 16 * MB), 0);
    work.digest.advance();
    await work.digest.value(going);
    // Whoever reads these bytes again now finds others.
    writeSync(work.partial.content as number, "spoilt", 0);
    await work.partial.write(BODY.subarray(16 * MB), 16 * MB);
    work.digest.advance();
    expect(await work.digest.value(going)).toBe(hashOf("sha256"));
    expect(await work.contradiction(going)).toBeUndefined();
    await work.restart("test");
    await work.partial.write(Buffer.alloc(20 * MB), 0);
    expect(await work.contradiction(going)).toMatchObject({ stated });
  });
});
