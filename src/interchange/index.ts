/** The table of the formats that lists are read in and written in: a new one is a file, and a line here. */
import { decodeList } from "./decode-list.js";
import type { ExportedFile, Written } from "./exported.js";
import { createListing, type Listing } from "./listing.js";

/** Reads one format, in which a list is a single file. */
export interface Reader {
  readonly format: string;
  /** As it reads after "import". */
  readonly summary: string;
  /** Whether files lie below a base that the user names: always, or only where the list says no URL. */
  readonly baseUrl: "needed" | "possible" | "none";
  /** Never throws. */
  read(bytes: Uint8Array, options: { baseUrl: string | undefined }): Promise<Listing>;
}

/** Writes one format. */
export interface Writer {
  readonly format: string;
  readonly summary: string;
  /** Files that are here are to be hashed for it. */
  readonly wantsMd5?: boolean;
  /** It says where files come from. */
  readonly wantsUrls?: boolean;
  /** It says the homepages of assets. */
  readonly wantsHomepage?: boolean;
  write(files: readonly ExportedFile[]): Promise<Written>;
}

/** A reader of text. */
function ofText(bytes: Uint8Array, read: (text: string) => Listing): Listing {
  const decoded = decodeList(bytes);
  if ("text" in decoded) return read(decoded.text);
  const listing = createListing();
  listing.refuse(decoded.place, decoded.problem);
  return listing.done();
}

const FORMATS: readonly Reader[] = [
  {
    format: "sums",
    summary: "a list of checksums, such as SHA256SUMS",
    baseUrl: "needed",
    read: async (bytes, { baseUrl = "" }) => (await import("./sums.js")).readSums(bytes, { baseUrl }),
  },
  {
    format: "pooch",
    summary: "a registry file of pooch",
    baseUrl: "possible",
    async read(bytes, options) {
      const { readPooch } = await import("./pooch.js");
      return ofText(bytes, (text) => readPooch(text, options));
    },
  },
  {
    format: "metalink",
    summary: "a Metalink file, version 3 or 4",
    baseUrl: "possible",
    async read(bytes, options) {
      const { readMetalink } = await import("./metalink.js");
      return ofText(bytes, (text) => readMetalink(text, options));
    },
  },
  {
    format: "aria2",
    summary: "an input file of aria2c -i",
    baseUrl: "none",
    async read(bytes) {
      const { readAria2 } = await import("./aria2.js");
      return ofText(bytes, readAria2);
    },
  },
  {
    format: "json",
    summary: "a list of assets in JSON, or a dictionary pasted from a Python script",
    baseUrl: "possible",
    read: async (bytes, options) => (await import("./json.js")).readJson(bytes, options),
  },
];

/** A list that was given to the wrong one of them is told so. */
export const READERS: readonly Reader[] = FORMATS.map((reader) => ({
  ...reader,
  async read(bytes, options) {
    const listing = await reader.read(bytes, options);
    const { orOtherFormat } = await import("./looks-like.js");
    return orOtherFormat(listing, bytes, reader.format);
  },
}));

export const WRITERS: readonly Writer[] = [
  {
    format: "sums",
    summary: "SHA256SUMS, for sha256sum --check",
    write: async (files) => (await import("./sums.js")).writeSums(files),
  },
  {
    format: "metalink",
    summary: "Metalink 4, for aria2c -M and others",
    wantsUrls: true,
    write: async (files) => (await import("./metalink.js")).writeMetalink(files),
  },
  {
    format: "aria2",
    summary: "an input file, for aria2c -i",
    wantsUrls: true,
    write: async (files) => (await import("./aria2.js")).writeAria2(files),
  },
  {
    format: "pooch",
    summary: "a registry file, for pooch",
    wantsUrls: true,
    write: async (files) => (await import("./pooch.js")).writePooch(files),
  },
  {
    format: "dvc",
    summary: "a .dvc file with all files as its outputs; hashes those that are here",
    wantsMd5: true,
    wantsUrls: true,
    write: async (files) => (await import("./dvc.js")).writeDvc(files),
  },
  {
    format: "cyclonedx",
    summary: "a bill of materials in CycloneDX 1.6 (ML-BOM)",
    wantsUrls: true,
    wantsHomepage: true,
    write: async (files) => (await import("./cyclonedx.js")).writeCycloneDx(files),
  },
];
