/** What writers are given: the files of a manifest, as other tools' lists name them. */
import type { KnownPins } from "../manifest/same-bytes.js";
import type { Asset } from "../manifest/types.js";

/** One file. Its path is relative to the root. */
export interface ExportedFile extends KnownPins {
  readonly asset: Asset;
  readonly path: string;
  /** As the manifest has them, relative paths made `file:` URLs; the primary first. */
  readonly urls: readonly string[];
}

/** A list, and what is not in it: files that its format cannot hold, URLs that others must not know. */
export interface Written {
  readonly text: string;
  readonly left: readonly { readonly path: string; readonly reason: string }[];
  /** What whoever reads the list must know. */
  readonly notes?: readonly string[];
}
