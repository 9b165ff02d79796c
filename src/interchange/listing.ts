/** What a reader makes of another tool's list: files with all that it says of them, and what it could not take over. */
import { safeText, visibleLine } from "../errors.js";
import { STATED_DIGITS } from "../manifest/fields.js";
import type { NewAsset } from "../manifest/merge.js";
import type { Pins } from "../manifest/same-bytes.js";
import { below } from "./place.js";

/** One file as a list has it. Nothing of it has been checked but the shape of its digests. */
export interface Listed extends Pins {
  /** `/`-separated. */
  readonly path: string;
  /** The likeliest first. A reader may leave it empty where the user says what files lie below. */
  readonly urls: readonly string[];
  /** Where the list says so, for people: `line 3`. */
  readonly place: string;
  /** Id of the asset that it belongs to; left out where the list knows no groups. */
  readonly asset?: string;
}

/** Something that a list says and that is not taken over, or not as it stands there. */
export interface Remark {
  readonly place: string;
  readonly message: string;
}

/** What is said of a group of files. */
export type About = Partial<Omit<NewAsset, "id" | "files">>;

/** Everything that was read. */
export interface Listing {
  readonly files: readonly Listed[];
  /** What should have been a file and is none. */
  readonly refused: readonly Remark[];
  /** What is left out of files that are taken over. */
  readonly notes: readonly Remark[];
  /** By the id that files name as their asset. */
  readonly about?: ReadonlyMap<string, About>;
}

/** Gathers what a reader finds. */
export interface ListingBuilder {
  add(file: Listed): void;
  refuse(place: string, message: string): void;
  note(place: string, message: string): void;
  /** The listing: a file that is named twice with the same bytes is one, with other bytes refused. */
  done(about?: ReadonlyMap<string, About>): Listing;
}

/** A list of more files than this is none that somebody means. */
const MOST_FILES = 250_000;

/** Begins a listing. Files without a URL lie below `baseUrl`, or are refused where there is none. */
export function createListing({ baseUrl }: { baseUrl?: string | undefined } = {}): ListingBuilder {
  const files = new Map<string, Listed>();
  const refused: Remark[] = [];
  const notes: Remark[] = [];
  const remark = (place: string, message: string) => ({ place: shown(place), message: shown(message) });
  return {
    add(file) {
      const path = file.path.replace(/^(?:\.\/+)+/, "");
      const key = `${file.asset ?? ""}\0${path}`;
      const before = files.get(key);
      if (before === undefined && files.size >= MOST_FILES) {
        if (refused.at(-1)?.message !== TOO_MANY) refused.push(remark(file.place, TOO_MANY));
        return;
      }
      const difference = before && contradiction(before, file);
      if (difference !== undefined) {
        refused.push(
          remark(file.place, `${path} is there twice, first in ${before?.place}, with another ${difference}`),
        );
      } else files.set(key, before === undefined ? { ...file, path } : joined(before, file));
    },
    refuse: (place, message) => void refused.push(remark(place, message)),
    note: (place, message) => void notes.push(remark(place, message)),
    done(about) {
      const placed = [...files.values()].flatMap((file) => {
        if (file.urls.length > 0) return [file];
        if (baseUrl !== undefined) return [{ ...file, urls: [below(baseUrl, file.path)] }];
        const what = file.place === file.path ? "it" : file.path;
        refused.push(remark(file.place, `${what} has no URL, and there is no --base-url`));
        return [];
      });
      return { files: placed, refused, notes, ...(about && { about }) };
    },
  };
}

const TOO_MANY = `there are more than ${MOST_FILES} files`;
const PIN_KEYS = ["size", "sha256", ...(Object.keys(STATED_DIGITS) as (keyof typeof STATED_DIGITS)[])] as const;

/** The key under which two pins differ; undefined where they do not contradict each other. */
export function contradiction(a: Pins, b: Pins): string | undefined {
  return PIN_KEYS.find((key) => a[key] !== undefined && b[key] !== undefined && a[key] !== b[key]);
}

/** The pins of something that may hold more. */
export function pinsOf(from: Pins): Pins {
  return Object.fromEntries(PIN_KEYS.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]])));
}

function joined(before: Listed, file: Listed): Listed {
  return { ...file, ...before, ...pinsOf(file), urls: [...new Set([...before.urls, ...file.urls])] };
}

/** The keys of the manifest for digests, by how other tools call their algorithm, without `-` and `_`. */
const KEYS: ReadonlyMap<string, keyof Pins> = new Map([
  ["sha256", "sha256"],
  ["sha2256", "sha256"],
  ["sha512", "sha512"],
  ["sha2512", "sha512"],
  ["sha1", "sha1"],
  ["sha", "sha1"],
  ["gitblob", "gitBlob"],
  ["md5", "md5"],
]);

/** A digest under the manifest's key for it, or what is wrong with it. */
export function digestPin(algorithm: string, digits: string): Pins | { problem: string } {
  const key = KEYS.get(algorithm.toLowerCase().replace(/[-_]/g, ""));
  if (key === undefined || key === "size") return { problem: `${shown(algorithm)} is not checked by assets` };
  const hex = digits.toLowerCase();
  const length = key === "sha256" ? 64 : STATED_DIGITS[key];
  if (hex.length !== length || !/^[0-9a-f]+$/.test(hex)) {
    return { problem: `${shown(digits)} is no ${algorithm.toUpperCase()}: it has ${length} hexadecimal digits` };
  }
  return /^0+$/.test(hex) ? { problem: "the digest is nothing but zeros" } : { [key]: hex };
}

/** A size in bytes, or what is wrong with it. */
export function sizePin(text: string): Pins | { problem: string } {
  const size = Number(text);
  if (/^\d{1,20}$/.test(text) && Number.isSafeInteger(size)) return { size };
  return { problem: `${shown(text)} is no size in bytes` };
}

/** A text of a stranger, on one line, short and safe to show. */
export function shown(text: string): string {
  const safe = visibleLine(safeText(text));
  return safe.length > 200 ? `${safe.slice(0, 200)}…` : safe;
}
