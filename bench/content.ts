/** Files that look random and are the same in every run, each with its SHA-256. */
import { createCipheriv, createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";

const CHUNK = 1024 * 1024;

/** A file that a server offers. */
export interface Content {
  /** Relative to the folder that is served, with `/`. */
  name: string;
  size: number;
  sha256: string;
}

/** The key stream of AES in counter mode: nothing that runs in JavaScript makes incompressible bytes faster. */
function randomBytes(seed: string): (size: number) => Buffer {
  const cipher = createCipheriv("aes-256-ctr", createHash("sha256").update(seed).digest(), Buffer.alloc(16));
  const zeros = Buffer.alloc(CHUNK);
  return (size) => cipher.update(zeros.subarray(0, size));
}

/** Writes a file under the served folder. Its name is the seed of its bytes. */
export async function makeContent(folder: string, name: string, size: number): Promise<Content> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  const next = randomBytes(name);
  const hash = createHash("sha256");
  const file = await open(path, "w");
  try {
    for (let left = size; left > 0; left -= CHUNK) {
      const bytes = next(Math.min(left, CHUNK));
      hash.update(bytes);
      await file.writeFile(bytes);
    }
  } finally {
    await file.close();
  }
  return { name, size, sha256: hash.digest("hex") };
}

/** Many files, in one folder. */
export async function makeMany(folder: string, prefix: string, count: number, size: number): Promise<Content[]> {
  const made: Content[] = [];
  for (let index = 0; index < count; index += 1) {
    made.push(await makeContent(folder, `${prefix}/${String(index).padStart(5, "0")}.bin`, size));
  }
  return made;
}

/** Whether a file has the bytes it should have. */
export async function isRight(path: string, { sha256 }: Content): Promise<boolean> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path, { highWaterMark: CHUNK }), hash);
  } catch {
    return false;
  }
  return hash.digest("hex") === sha256;
}
