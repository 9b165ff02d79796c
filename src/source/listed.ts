/** What a service tells of the files that it has together. */
import type { Described } from "./described.js";

/** One file. */
export interface RemoteFile extends Pick<Described, "size" | "digest"> {
  /** `/`-separated, as it was stated: check it before it is used as a path. */
  readonly path: string;
  /** Always means these bytes, as far as the service has such a name. */
  readonly url: string;
}

/** What was listed. */
export interface RemoteListing extends Pick<Described, "url" | "moved" | "licence"> {
  readonly files: readonly RemoteFile[];
  /** Of repositories of the Hub. */
  readonly tags?: readonly string[];
  readonly gated?: boolean;
  readonly private?: boolean;
  /** ISO 8601. */
  readonly lastModified?: string;
}
