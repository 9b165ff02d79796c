/** What an upstream states about the bytes of a URL, without sending them. */

/** Everything that was stated; each part only where it was. */
export interface Described {
  /** The URL that always means these bytes: what a manifest should say; where nobody knows another one, as it was asked. */
  readonly url: string;
  /** In bytes; by whoever states the digest, where one is stated. */
  readonly size?: number;
  /** What the server would send, in bytes, where the digest is another document's: it may be of other bytes. */
  readonly announced?: number;
  readonly digest?: { readonly algorithm: "sha256" | "sha512" | "sha1" | "md5" | "git-blob"; readonly hex: string };
  /** Who stated the digest, as it reads after "stated by". */
  readonly statedBy?: string;
  /** The moving reference that the URL was pinned from: a branch, a tag, `latest`. */
  readonly moved?: string;
  readonly licence?: string;
}

/** How long the bytes are said to be, by whomever: enough to doubt, and not to pin. */
export function lengthOf({ size, announced }: Described): number | undefined {
  return size ?? announced;
}
