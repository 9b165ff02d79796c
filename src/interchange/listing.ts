/** What a reader makes of another tool's list: files with all that it says of them, and what it could not take over. */
import { safeText, visibleLine } from "../errors.js";
import { EMPTY_SHA256, STATED_DIGITS } from "../manifest/fields.js";
import type { ImportedAsset } from "../manifest/merge.js";
import type { KnownPins } from "../manifest/same-bytes.js";
import { below } from "./place.js";

/** One file as a list has it. Nothing of it has been checked but the shape of its digests. */
export interface Listed extends KnownPins {
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
  /** Something is left out; else it is only to be known. */
  readonly left?: true;
}

/** What is said of a group of files. */
export type About = Partial<Omit<ImportedAsset, "id" | "files">>;

/** Everything that was read. */
export interface Listing {
  readonly files: readonly Listed[];
  /** What should have been a file and is none. */
  readonly refused: readonly Remark[];
  /** What is left out of files that are taken over, and what is to be known of them. */
  readonly notes: readonly Remark[];
  /** What there is to do after the import, as whole sentences. */
  readonly next?: readonly string[];
  /** By the id that files name as their asset. */
  readonly about?: ReadonlyMap<string, About>;
}

/** Gathers what a reader finds. */
export interface ListingBuilder {
  /** `unchecked`: what is said of digests of the file that assets does not check. */
  add(file: Listed, unchecked?: readonly string[]): void;
  refuse(place: string, message: string): void;
  /** Something is to be known. */
  note(place: string, message: string): void;
  /** Something is left out, as it should be. */
  leave(place: string, message: string): void;
  /**
   * The listing. A file that is named twice with the same bytes is one; with other bytes it is refused, as nothing tells
   * which of the two is meant.
   */
  done(about?: ReadonlyMap<string, About>): Listing;
}

/** A list of more files than this is none that somebody means. */
const MOST_FILES = 250_000;

/** Begins a listing. Files without a URL lie below `baseUrl`, or are refused where there is none. */
export function createListing({ baseUrl }: { baseUrl?: string | undefined } = {}): ListingBuilder {
  const files = new Map<string, Listed>();
  const disputed = new Set<string>();
  const unproven = new Map<string, Remark[]>();
  const refused: Remark[] = [];
  const notes: Remark[] = [];
  const remark = (place: string, message: string) => ({ place: shown(place), message: shown(message) });
  return {
    add(file, unchecked = []) {
      const path = file.path.replace(/^(?:\.\/+)+/, "");
      const key = `${file.asset ?? ""}\0${path}`;
      const before = files.get(key);
      if (before === undefined && files.size >= MOST_FILES) {
        if (refused.at(-1)?.message !== TOO_MANY) refused.push(remark(file.place, TOO_MANY));
        return;
      }
      for (const message of unchecked) {
        const told = unproven.get(key) ?? [];
        told.push(remark(file.place, `${path}: ${message}`));
        unproven.set(key, told);
      }
      const difference = before && contradiction(before, file);
      if (before !== undefined && difference !== undefined) {
        const what = `${path} is there twice, first in ${before.place}, with another ${difference}`;
        refused.push(remark(file.place, `${what}: neither is taken over`));
        disputed.add(key);
      } else if (before !== undefined && !mayBeSame(before, file)) {
        const what = `${path} is there twice, first in ${before.place}, with another URL`;
        refused.push(remark(file.place, `${what}, and nothing tells whether they are of the same bytes`));
      } else files.set(key, before === undefined ? { ...file, path } : joined(before, file));
    },
    refuse: (place, message) => void refused.push(remark(place, message)),
    note: (place, message) => void notes.push(remark(place, message)),
    leave: (place, message) => void notes.push({ ...remark(place, message), left: true }),
    done(about) {
      const placed = [...files].flatMap(([key, listed]) => {
        if (disputed.has(key)) return [];
        const file = withEmptySize(listed);
        const hasDigest = DIGEST_KEYS.some((one) => file[one] !== undefined);
        for (const { place, message } of unproven.get(key) ?? []) {
          if (hasDigest) notes.push({ place, message, left: true });
          else refused.push(remark(place, `${message}, and it is taken over without a digest`));
        }
        // A key of a list may be the place, and hold whatever a stranger wrote.
        const place = shown(file.place);
        if (file.urls.length > 0) return [{ ...file, place }];
        if (baseUrl !== undefined) return [{ ...file, place, urls: [below(baseUrl, file.path)] }];
        const what = file.place === file.path ? "it" : file.path;
        refused.push(remark(file.place, `${what} has no URL, and there is no --base-url`));
        return [];
      });
      return { files: placed, refused, notes, ...(about && { about }) };
    },
  };
}

const TOO_MANY = `there are more than ${MOST_FILES} files`;
const DIGEST_KEYS = ["sha256", ...(Object.keys(STATED_DIGITS) as (keyof typeof STATED_DIGITS)[])] as const;
const PIN_KEYS = ["size", ...DIGEST_KEYS] as const;

/** The key under which two pins differ; undefined where they do not contradict each other. */
export function contradiction(a: KnownPins, b: KnownPins): string | undefined {
  return PIN_KEYS.find((key) => a[key] !== undefined && b[key] !== undefined && a[key] !== b[key]);
}

/** Whether two have a digest in common. */
export function agree(a: KnownPins, b: KnownPins): boolean {
  return DIGEST_KEYS.some((key) => a[key] !== undefined && a[key] === b[key]);
}

/** Whether two of one name can be one file: two addresses that nothing holds together are no mirrors of each other. */
function mayBeSame(a: Listed, b: Listed): boolean {
  return a.urls.length === 0 || b.urls.length === 0 || agree(a, b) || b.urls.some((url) => a.urls.includes(url));
}

/** A digest of no bytes states the size as well, which a manifest asks for beside it. */
function withEmptySize(file: Listed): Listed {
  return file.sha256 === EMPTY_SHA256 && file.size === undefined ? { ...file, size: 0 } : file;
}

/** The pins of something that may hold more. */
export function pinsOf(from: KnownPins): KnownPins {
  return Object.fromEntries(PIN_KEYS.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]])));
}

function joined(before: Listed, file: Listed): Listed {
  return { ...file, ...before, ...pinsOf(file), urls: [...new Set([...before.urls, ...file.urls])] };
}

/** The keys of the manifest for digests, by how other tools call their algorithm, without `-` and `_`. */
const KEYS: ReadonlyMap<string, keyof KnownPins> = new Map([
  ["sha256", "sha256"],
  ["sha2256", "sha256"],
  ["sha512", "sha512"],
  ["sha2512", "sha512"],
  ["sha1", "sha1"],
  ["sha", "sha1"],
  ["gitblob", "gitBlob"],
  ["md5", "md5"],
]);

/** What keeps a digest from being taken over. */
export interface DigestFault {
  readonly problem: string;
  /** It may well be right: assets does not check its kind. */
  readonly unchecked?: true;
}

/** A digest under the manifest's key for it, or what is wrong with it. */
export function digestPin(algorithm: string, digits: string): KnownPins | DigestFault {
  const key = KEYS.get(algorithm.toLowerCase().replace(/[-_]/g, ""));
  if (algorithm === "") return { problem: "a digest does not say its algorithm", unchecked: true };
  if (key === undefined || key === "size") {
    return { problem: `${shown(algorithm)} is not checked by assets`, unchecked: true };
  }
  const hex = digits.toLowerCase();
  const length = key === "sha256" ? 64 : STATED_DIGITS[key];
  if (hex.length !== length || !/^[0-9a-f]+$/.test(hex)) {
    return { problem: `${shown(digits)} is no ${algorithm.toUpperCase()}: it has ${length} hexadecimal digits` };
  }
  return /^0+$/.test(hex) ? { problem: "the digest is nothing but zeros" } : { [key]: hex };
}

/** A size in bytes, or what is wrong with it. */
export function sizePin(text: string): KnownPins | { problem: string } {
  const size = Number(text);
  if (/^\d{1,20}$/.test(text) && Number.isSafeInteger(size)) return { size };
  return { problem: `${shown(text)} is no size in bytes` };
}

/** A text of a stranger, on one line, short and safe to show. */
export function shown(text: string): string {
  const safe = visibleLine(safeText(text));
  return safe.length > 200 ? `${safe.slice(0, 200)}…` : safe;
}
