/** Looks for the checksums that publishers put beside their files. */
import { readChecksums } from "../checksum-lines.js";
import type { Described } from "./described.js";
import type { WebSource } from "./web.js";

/** A list is a few lines a file. */
const MOST_BYTES = 1024 * 1024;
/** Longest wait for all of them, in milliseconds: that there is none is the usual answer. */
const LONGEST_MS = 15_000;

/** The SHA-256 or SHA-512 that a list beside a file has for it; undefined where no list has. Throws the signal's reason. */
export async function sumBeside(
  url: string,
  { ask }: Pick<WebSource, "ask">,
  signal: AbortSignal,
): Promise<Required<Pick<Described, "digest" | "statedBy">> | undefined> {
  const { pathname } = new URL(url);
  const encoded = pathname.slice(pathname.lastIndexOf("/") + 1);
  const name = decoded(encoded);
  if (name === undefined || name === "") return undefined;
  const own = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);
  for (const list of ["SHA256SUMS", `${encoded}.sha256`, "SHA256SUMS.txt", "sha256sum.txt", "SHA512SUMS"]) {
    const place = new URL(`./${list}`, url);
    place.search = "";
    const told = await ask(place.href, { method: "GET", maxBytes: MOST_BYTES, signal: own }).catch(() => undefined);
    signal.throwIfAborted();
    if (own.aborted) return undefined;
    const digest = told && digestIn(told.bytes, name, list.endsWith(".sha256"));
    if (digest !== undefined) return { digest, statedBy: decoded(list) ?? list };
  }
  return undefined;
}

/** `alone`: the list is that of one file, and may leave its name out. */
function digestIn(bytes: Uint8Array, name: string, alone: boolean): Described["digest"] {
  const bare = /^\s*([0-9a-f]{64})\s*$/i.exec(Buffer.from(bytes).toString("latin1"))?.[1];
  if (alone && bare !== undefined) return { algorithm: "sha256", hex: bare.toLowerCase() };
  const fitting = readChecksums(bytes).sums.filter(({ path }) => path.replace(/^\.\//, "") === name);
  const sha256 = fitting.find(({ algorithm }) => algorithm.hash === "sha256");
  if (sha256 !== undefined) return { algorithm: "sha256", hex: sha256.hex };
  const sha512 = fitting.find(({ algorithm }) => algorithm.hash === "sha512");
  return sha512 && { algorithm: "sha512", hex: sha512.hex };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
