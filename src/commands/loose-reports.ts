/** What `assets verify` answers of files that no manifest names. Sizes in bytes. */

/** One file of a list of checksums. */
export interface SumReport {
  /** The list, as it was named. */
  sums: string;
  /** Its line there, from 1 on. */
  line: number;
  /** As the list names it. Where that is not UTF-8, `\xNN` stands for each byte that is not ASCII. */
  path: string;
  status: "valid" | "mismatch" | "missing" | "unreadable";
  /** Such as `SHA256`. */
  algorithm: string;
  /** Whether files can be forged under this algorithm: what matches may still be another file, made to match. */
  weak: boolean;
  expected: string;
  actual?: string;
  size?: number;
  /** Why it could not be read. */
  reason?: string;
}

/** Answer of `assets verify --sums`. `ok` is false when a file is not as listed, or a line cannot be read. */
export interface SumsReport {
  sums: string[];
  ok: boolean;
  files: SumReport[];
  malformed: { sums: string; line: number; reason: string }[];
  /**
   * What should be known of a list, and is no finding. `signature`: one stands under it, which was not checked.
   * `algorithm`: nothing matches, maybe as it is of another algorithm with as many digits.
   */
  notes: { sums: string; kind: "signature" | "algorithm"; message: string }[];
  /** `bytes`: of the files that match. `weak`: files with a digest that can be forged. */
  totals: { files: number; bytes: number; findings: number; weak: number };
  durationMs: number;
}

/** One file of `assets verify FOLDER` that is probably not what its name says. */
export interface SuspectReport {
  /** Relative to the folder the command ran in, `/`-separated. */
  path: string;
  /**
   * `pointer`: a Git LFS pointer. `empty`: no bytes. `leftover`: what an interrupted download left. `page`: a web page or
   * an error in the file's place. `format`: not as its ending says, or cut off.
   */
  kind: "pointer" | "empty" | "leftover" | "page" | "format";
  size: number;
  /** What speaks against it. */
  reason: string;
}

/** Answer of `assets verify FOLDER`. `ok` says that nothing was found, not that anything is proven. */
export interface SuspectsReport {
  /** Folders or files that were searched, absolute. */
  searched: string[];
  ok: boolean;
  suspects: SuspectReport[];
  /** Places that could not be read. */
  unreadable: { path: string; reason: string }[];
  totals: { files: number; suspects: number };
  durationMs: number;
}
