/** Lists of checksums such as SHA256SUMS: read in every form there is, written as `sha256sum` writes them. */
import { readChecksums } from "../checksum-lines.js";
import type { ExportedFile, Written } from "./exported.js";
import { createListing, digestPin, type Listing } from "./listing.js";

/** Reads a list; its files lie below `baseUrl`. */
export function readSums(bytes: Uint8Array, { baseUrl }: { baseUrl: string }): Listing {
  const listing = createListing({ baseUrl });
  const { sums, sizes, bad } = readChecksums(bytes);
  const named = new Set(sums.map(({ path }) => path));
  for (const { line, reason, path } of bad) {
    // Nothing is lost where another digest of the file was read.
    if (path !== undefined && named.has(path)) listing.leave(`line ${line}`, `${path}: ${reason}`);
    else listing.refuse(`line ${line}`, reason);
  }
  for (const { line, path, algorithm, hex } of sums) {
    const place = `line ${line}`;
    const pin = digestPin(algorithm.name, hex);
    if (path === "-") listing.refuse(place, "it is of standard input: a file of that name is ./-");
    else if (!("problem" in pin)) listing.add({ path, urls: [], place, ...pin });
    else if (pin.unchecked) listing.add({ path, urls: [], place }, [pin.problem]);
    else listing.refuse(place, `${path}: ${pin.problem}`);
  }
  // A size alone makes no file: comments may have one as well.
  for (const { line, path, size } of sizes) {
    if (named.has(path)) listing.add({ path, urls: [], place: `line ${line}`, size });
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
