/** What an upstream states about the bytes of a URL, without sending them. */

/** Everything that was stated; each part only where it was. */
export interface Described {
  /** The URL that always means these bytes: what a manifest should say; where nobody knows another one, as it was asked. */
  readonly url: string;
  /** In bytes. */
  readonly size?: number;
  readonly digest?: { readonly algorithm: "sha256" | "sha512" | "sha1" | "md5" | "git-blob"; readonly hex: string };
  /** Who stated the digest, as it reads after "stated by". */
  readonly statedBy?: string;
  /** The moving reference that the URL was pinned from: a branch, a tag, `latest`. */
  readonly moved?: string;
  readonly licence?: string;
}
