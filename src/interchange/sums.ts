/** Lists of checksums such as SHA256SUMS: read in every form there is, written as `sha256sum` writes them. */
import { readChecksums } from "../checksum-lines.js";
import type { ExportedFile, Written } from "./exported.js";
import { createListing, digestPin, type Listing } from "./listing.js";

/** Reads a list; its files lie below `baseUrl`. */
export function readSums(bytes: Uint8Array, { baseUrl }: { baseUrl: string }): Listing {
  const listing = createListing({ baseUrl });
  const { sums, bad } = readChecksums(bytes);
  for (const { line, reason } of bad) listing.refuse(`line ${line}`, reason);
  for (const { line, path, algorithm, hex } of sums) {
    const place = `line ${line}`;
    const pin = digestPin(algorithm.name, hex);
    if (!("problem" in pin)) listing.add({ path, urls: [], place, ...pin });
    else if (pin.unchecked) listing.add({ path, urls: [], place }, [pin.problem]);
    else listing.refuse(place, `${path}: ${pin.problem}`);
  }
  return listing.done();
}

/** Writes a list that `sha256sum --check` reads in the root. */
export function writeSums(files: readonly ExportedFile[]): Written {
  const pinned = files.filter(({ sha256 }) => sha256 !== undefined);
  return {
    text: pinned.map(({ sha256, path }) => `${sha256}  ${path}\n`).join(""),
    left: files.filter(({ sha256 }) => sha256 === undefined).map(({ path }) => ({ path, reason: "it has no SHA-256" })),
  };
}
