/** Looks for the checksums that publishers put beside their files. */
import { readChecksums } from "../checksum-lines.js";
import type { Described } from "./described.js";
import { createSingleFlight } from "./single-flight.js";
import type { WebSource } from "./web.js";

/** A list is a few lines a file. */
const MOST_BYTES = 1024 * 1024;
/** Longest wait for all of them, in milliseconds: that there is none is the usual answer. */
const LONGEST_MS = 15_000;

/** The lists of a whole folder, and what stands in for that of one file. */
const LISTS = ["SHA256SUMS", undefined, "SHA256SUMS.txt", "sha256sum.txt", "SHA512SUMS"] as const;

type Digest = NonNullable<Described["digest"]>;

/** The SHA-256 or SHA-512 that a list beside a file has for it; undefined where no list has. Throws the signal's reason. */
export type SumBeside = (
  url: string,
  signal: AbortSignal,
) => Promise<Required<Pick<Described, "digest" | "statedBy">> | undefined>;

/** Makes it; a folder is asked for each of its lists once, whether it is there or not. */
export function createSumBeside({ ask }: Pick<WebSource, "ask">): SumBeside {
  const folders = createSingleFlight<ReadonlyMap<string, Digest>>();

  async function bytesOf(url: string, signal: AbortSignal): Promise<Uint8Array> {
    const told = await ask(url, { method: "GET", maxBytes: MOST_BYTES, signal }).catch(() => undefined);
    signal.throwIfAborted();
    return told?.bytes ?? new Uint8Array();
  }

  return async (url, signal) => {
    const { pathname } = new URL(url);
    const encoded = pathname.slice(pathname.lastIndexOf("/") + 1);
    const name = decoded(encoded);
    if (name === undefined || name === "") return undefined;
    const own = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);
    try {
      for (const list of LISTS) {
        const place = new URL(`./${list ?? `${encoded}.sha256`}`, url).href;
        const digest =
          list === undefined
            ? digestAlone(await bytesOf(place, own), name)
            : (await folders(place, own, async (shared) => digestsIn(await bytesOf(place, shared)))).get(name);
        if (digest !== undefined) return { digest, statedBy: list ?? `${name}.sha256` };
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!own.aborted) throw error;
    }
    return undefined;
  };
}

/** Of each file that a list names: SHA-256 where it has both. */
function digestsIn(bytes: Uint8Array): Map<string, Digest> {
  const { sums } = readChecksums(bytes);
  const of = (wanted: "sha256" | "sha512") =>
    sums
      .filter(({ algorithm }) => algorithm.hash === wanted)
      .map(({ path, hex }) => [path.replace(/^\.\//, ""), { algorithm: wanted, hex }] as const)
      // The first of two lines about a file counts.
      .reverse();
  return new Map([...of("sha512"), ...of("sha256")]);
}

/** The list of one file may leave its name out. */
function digestAlone(bytes: Uint8Array, name: string): Digest | undefined {
  const bare = /^\s*([0-9a-f]{64})\s*$/i.exec(Buffer.from(bytes).toString("latin1"))?.[1];
  return bare === undefined ? digestsIn(bytes).get(name) : { algorithm: "sha256", hex: bare.toLowerCase() };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
