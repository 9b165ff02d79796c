/** The manifest as the rest of the program sees it: normalised, with every path relative to one root. */

/**
 * A digest of another kind than the pin: what fetches the file holds it against the bytes, and it says nothing later.
 * `git-blob`: the SHA-1 under which git keeps the bytes, behind a header of its own.
 */
export interface StatedDigest {
  readonly algorithm: "sha512" | "sha256" | "sha1" | "git-blob" | "md5";
  /** Lower-case hex digits. */
  readonly hex: string;
}

/** One file that the manifest pins. */
export interface AssetFile {
  /** Id of the asset it belongs to. */
  readonly asset: string;
  /** Where it goes: relative to the root, `/`-separated, checked to be safe. */
  readonly path: string;
  /** Pinned size in bytes. */
  readonly size?: number;
  /** Size hint in bytes, for totals only, never a check. */
  readonly sizeHint?: number;
  /** Pinned SHA-256, 64 lower-case hex digits. */
  readonly sha256?: string;
  /** Where the SHA-256 came from: stated by the publisher, or taken of the bytes that came first. */
  readonly pinnedAs?: "declared" | "measured";
  /** Checked while the file is fetched when no SHA-256 is pinned; it is unpinned all the same. At least one. */
  readonly stated?: readonly StatedDigest[];
  /** Where it comes from: the first is the primary, the others are tried in order. */
  readonly urls: readonly string[];
  /** Size and SHA-256 are what a Git LFS pointer states, and no manifest pins them. */
  readonly byPointer?: boolean;
}

/** A repository of which all files are wanted, or those that patterns pick, without being written down one by one. */
export interface WholeRepository {
  /** `hf:` URL, of a branch, a tag or a commit. */
  readonly url: string;
  /** Where its files go: relative to the root; empty for the root itself. */
  readonly folder: string;
  /** Patterns of paths in the repository, as `fileMatcher` reads them. Empty: everything. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** The commit whose files the asset has; absent where they are not known on this machine. */
  readonly commit?: string;
}

/** A model, a dataset or anything else made of files. */
export interface Asset {
  readonly id: string;
  /** `model`, `dataset` or any other word. */
  readonly type: string;
  readonly name?: string;
  readonly description?: string;
  readonly version?: string;
  readonly license?: string;
  readonly homepage?: string;
  readonly tags: readonly string[];
  /** Whether a minimal installation needs it. */
  readonly required: boolean;
  /** Free data that the tool carries but does not read. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Present where the manifest names a repository in the place of files. */
  readonly repository?: WholeRepository;
  /** Of a repository, those that it had when it was last asked on this machine. */
  readonly files: readonly AssetFile[];
}

/** A manifest read from disk. */
export interface Manifest {
  /** Absolute path of the manifest file. */
  readonly file: string;
  /** Absolute path of the folder that relative source paths start from. */
  readonly base: string;
  /** Absolute path of the folder that file paths are relative to. */
  readonly root: string;
  readonly version: 1;
  /** SHA-256 of the file of piece digests beside it, 64 lower-case hex digits. */
  readonly pieces?: string;
  readonly assets: readonly Asset[];
}
