/** Names a fault of the local disk in a user's words. */
import { AssetsError } from "../errors.js";

const SAYS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file system cannot hold a file that large",
  EACCES: "not permitted",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  ENAMETOOLONG: "the name is too long for this file system",
  ENOTDIR: "a file stands where a folder is needed",
  EEXIST: "something else stands there",
  EISDIR: "a folder stands where the file should go",
  ELOOP: "a symbolic link stands there",
  EMFILE: "too many files are open",
  EIO: "the disk reports an error",
  EBUSY: "it is in use, or changed while it was read",
};

/** The errno of an error of the operating system, or an empty string for any other error. */
export function errnoOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : "";
}

/** Turns a failed file operation into an AssetsError; `doing` reads like "write", "create". A path may be bytes. */
export function diskError(error: unknown, doing: string, path: string | Uint8Array): AssetsError {
  if (error instanceof AssetsError) return error;
  const errno = errnoOf(error);
  const says = SAYS[errno] ?? (error instanceof Error ? error.message : String(error));
  const full = errno === "ENOSPC" || errno === "EDQUOT";
  return new AssetsError(
    full ? "DISK_FULL" : "LOCAL_IO",
    `Cannot ${doing} ${typeof path === "string" ? path : Buffer.from(path)}: ${says}${errno && ` (${errno})`}.`,
    {
      cause: error,
      ...(full && { hint: "Free some space, then run the same command again: what has arrived is kept." }),
    },
  );
}
