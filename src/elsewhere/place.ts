/** What a place is where bytes may lie that are wanted: another tool's store, another checkout. */

/** A file that may have the wanted bytes. Nothing is believed of it: it is hashed while it is copied. */
export interface Elsewhere {
  /** Absolute. */
  readonly path: string;
  /** Where that is, as it reads after "from". */
  readonly place: string;
}

/** What is looked for. */
export interface Sought {
  readonly sha256: string;
  /** Path of the file in the tree, relative to its root and `/`-separated. */
  readonly path: string;
}

/** Tells where a file may lie. Never throws; a place that is not there has nothing. */
export type Place = (sought: Sought) => Promise<Elsewhere[]>;
