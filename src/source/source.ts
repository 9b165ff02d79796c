/** What a source is: something that yields the bytes of a URL, from an offset, and knows nothing of disks or hashes. */

/** What the caller wants of a source. */
export interface OpenOptions {
  /** First byte wanted, counted from 0. */
  offset: number;
  /**
   * Where the caller will stop reading, not included; undefined for the end of the file. A source asks for no more where
   * it can, and may send more where it cannot.
   */
  end?: number | undefined;
  /** Size that the manifest pins, in bytes: an answer that contradicts it is refused before its body is read. */
  expectedSize?: number | undefined;
  /**
   * Strong validator that came with the bytes already here. Given: resume only if the file is unchanged.
   * Undefined: the caller has a digest that decides at the end, so any server may continue.
   */
  validator?: string | undefined;
  /** Aborts the attempt and frees its connection. */
  signal: AbortSignal;
}

/** An answer whose body is about to arrive. The caller reads it to its end or aborts. */
export interface Opened {
  /** A chunk is lent: it is right until the next one is asked for. Throws an AssetsError when it ends early. */
  body: AsyncIterable<Uint8Array>;
  /** Where the body really starts: the offset asked for, or 0 when the source starts over. */
  offset: number;
  /** Where the body ends, not included; undefined for the end of the file. */
  end?: number | undefined;
  /** Size of the whole file where the source states it. */
  totalSize?: number | undefined;
  /** Strong validator of these bytes (an entity tag, or a date that counts as strong; RFC 9110 section 8.8). */
  validator?: string | undefined;
  /** Media type where one was stated, in lower case and without parameters. */
  mediaType?: string | undefined;
  /** The source takes no further request for this long, in milliseconds. */
  pauseMs?: number | undefined;
}

/** Opens one particular download at an offset. Throws an AssetsError. */
export type Open = (options: OpenOptions) => Promise<Opened>;

/** A digest that an upstream states for its bytes, lower-case hex. */
export interface Digest {
  algorithm: "sha256" | "sha512" | "sha384" | "sha1";
  hex: string;
}

/** One member of an archive. */
export interface ArchiveMember {
  format: "tar" | "zip";
  /** Path inside the archive, `/`-separated, without a leading `./`. */
  path: string;
  /** Leading path segments of each entry to drop before comparing: 1 for npm packages. */
  strip: 0 | 1;
}

/** Where a URL of the manifest leads. */
export interface Located {
  /** The URL as the user may see it: without credentials. */
  url: string;
  open: Open;
  /** Digest of what `open` yields, where the upstream states one. */
  digest?: Digest;
  /** Present when `open` yields an archive and the file wanted is a member of it. */
  member?: ArchiveMember;
  /** True for a member already taken out of its archive: its bytes were counted when the archive came. */
  unpacked?: boolean;
}

/** Everything a scheme can do. */
export interface Source {
  /** URL schemes it serves, without the colon. */
  readonly schemes: readonly string[];
  /** Whether it works without a network. */
  readonly local: boolean;
  /** Finds out where a URL leads, at once or by asking a registry. Throws, or rejects with, an AssetsError. */
  locate(url: string, options: { signal: AbortSignal }): Located | Promise<Located>;
}
