/** Makes assets of a listing, as they are to be written into the manifest, each file checked as the manifest's readers do. */
import { AssetsError, redact } from "../errors.js";
import { checkId, checkTag, checkType, slugOf } from "../manifest/fields.js";
import type { Finding } from "../manifest/issues.js";
import type { ImportedAsset, ImportedFile } from "../manifest/merge.js";
import { commonFolder, isModelFile } from "../manifest/new-entry.js";
import { normaliseAsset } from "../manifest/normalise.js";
import { checkFolder, checkPath, checkTarget, joinPath, normaliseFolder } from "../manifest/paths.js";
import { checkPublic } from "../manifest/public-urls.js";
import { parseAsset } from "../manifest/schema.js";
import { checkUrl } from "../manifest/urls.js";
import { findClashes } from "./beside.js";
import { type About, type Listed, type Listing, pinsOf, type Remark, shown } from "./listing.js";

/** What the user says of all that is imported. */
export interface ImportWishes {
  /** The id of the one asset that all files become; of a listing that has ids of its own, it is put before them. */
  readonly id?: string | undefined;
  /** Default: what the listing says, or else what the endings of the files suggest. */
  readonly type?: string | undefined;
  /** Folder that everything goes into. Default: the root. */
  readonly folder?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Every file becomes an asset of its own. */
  readonly perFile?: boolean | undefined;
  /** What the one asset is called when neither the user nor the listing says it. */
  readonly fallbackId: string;
}

/** Assets, and what could not become one. */
export interface ImportedAssets {
  readonly assets: readonly ImportedAsset[];
  readonly refused: readonly Remark[];
  readonly notes: readonly Remark[];
}

/** Throws USAGE for a wish that no manifest can hold. */
export function checkWishes({ id, type, folder, tags = [] }: ImportWishes): void {
  const problems = {
    "--id": id === undefined ? undefined : checkId(id),
    "--type": type === undefined ? undefined : checkType(type),
    "--path": folder === undefined ? undefined : checkFolder(folder),
    "--tag": tags.map(checkTag).find((problem) => problem !== undefined),
  };
  for (const [option, problem] of Object.entries(problems)) {
    if (problem === undefined) continue;
    const { message, suggestion } = problem;
    throw new AssetsError("USAGE", `${option}: ${message}.`, suggestion === undefined ? {} : { hint: suggestion });
  }
}

/** A file that was checked, and where the list says it. */
interface Checked {
  readonly file: ImportedFile;
  readonly listed: Listed;
}

/** Groups the files, checks each, and leaves out with a reason what a manifest cannot say. */
export function toAssets(listing: Listing, wishes: ImportWishes): ImportedAssets {
  const refused: Remark[] = [...listing.refused];
  const notes: Remark[] = [...listing.notes];
  const groups = new Map<string, { checked: Checked[]; about: About }>();
  const folder = normaliseFolder(wishes.folder ?? ".");
  const leaveOut = ({ place, path }: Listed, problem: string) =>
    void refused.push({ place, message: `${shown(path)}: ${problem}` });
  const refuse = (listed: Listed, problem: string) => leaveOut(listed, shown(problem));
  const sound = listing.files.flatMap((listed): Checked[] => {
    const file = checkFile(listed, folder, notes);
    if (typeof file !== "string") return [{ file, listed }];
    leaveOut(listed, file);
    return [];
  });
  const clashes = findClashes(sound.map(({ listed }) => ({ ...listed, path: joinPath(folder, listed.path) })));
  for (const [index, { file, listed }] of sound.entries()) {
    const clash = clashes.get(index);
    if (clash !== undefined) {
      refuse(listed, clash);
      continue;
    }
    const id = idOf(listed, wishes);
    const about = (listed.asset === undefined ? undefined : listing.about?.get(listed.asset)) ?? {};
    const group = groups.get(id) ?? { checked: [], about: publicFacts(about, listed, notes) };
    group.checked.push({ file, listed });
    groups.set(id, group);
  }
  const assets = [...groups].flatMap(([id, { checked, about }]) => {
    const make = (some: readonly Checked[]) =>
      assetOf(
        id,
        some.map(({ file }) => file),
        about,
        wishes,
      );
    const whole = make(checked);
    if (faultOf(whole) === undefined) return [whole];
    // One file is no reason to do without the others.
    const judged = checked.map((one) => ({ one, problem: faultOf(make([one])) }));
    const bad = judged.flatMap(({ one, problem }) => (problem === undefined ? [] : [{ ...one.listed, problem }]));
    const [first] = bad;
    if (first !== undefined && bad.length === checked.length && bad.every(({ problem }) => problem === first.problem)) {
      refused.push({ place: first.place, message: `${shown(id)}: ${first.problem}` });
      return [];
    }
    for (const one of bad) refuse(one, one.problem);
    const good = judged.flatMap(({ one, problem }) => (problem === undefined ? [one] : []));
    return good.length === 0 ? [] : [make(good)];
  });
  return { assets, refused, notes };
}

/** The file as it is to be written, or why it cannot be, fit to be shown. */
function checkFile(file: Listed, folder: string, notes: Remark[]): ImportedFile | string {
  const whole = joinPath(folder, file.path);
  const problem = checkPath(file.path) ?? checkTarget(whole);
  if (problem !== undefined) return shown(problem.message);
  const faults: string[] = [];
  const urls = file.urls.filter((url) => {
    const fault = checkUrl(url) ?? checkPublic(url);
    if (fault !== undefined) faults.push(`${shown(url)}: ${shown(fault.message)}`);
    return fault === undefined;
  });
  const [url, ...fallbackUrls] = urls;
  if (url === undefined) return ["there is no URL that assets can fetch", faults.join("; ")].filter(Boolean).join(": ");
  notes.push(...faults.map((message) => ({ place: file.place, message, left: true as const })));
  return { path: file.path, ...pinsOf(file), url, ...(fallbackUrls.length > 0 && { fallbackUrls }) };
}

/** What is said of a group, without the facts that name a URL as nobody else should know it; those are told. */
function publicFacts(about: About, { place, asset = "" }: Listed, notes: Remark[]): About {
  const kept = Object.entries(about).filter(([key, value]) => {
    const fault = textsIn(value)
      .flatMap((text) => text.match(/[a-z][a-z0-9+.-]*:\/\/\S+/gi) ?? [])
      .map(checkPublic)
      .find((problem) => problem !== undefined);
    const message = `the ${key} of ${shown(asset)}: ${fault?.message}`;
    if (fault !== undefined) notes.push({ place, message, left: true });
    return fault === undefined;
  });
  return Object.fromEntries(kept);
}

/** Every text in a value, keys too, however deep it stands. */
function textsIn(value: unknown): string[] {
  const parts = [value];
  for (const part of parts) {
    if (typeof part === "object" && part !== null) for (const entry of Object.entries(part)) parts.push(...entry);
  }
  return parts.filter((part) => typeof part === "string");
}

function idOf({ asset, path }: Listed, { id, perFile, fallbackId }: ImportWishes): string {
  const isBelow = asset === undefined || path === asset || path.startsWith(`${asset}/`);
  const own = perFile ? (isBelow ? path : `${asset}/${path}`) : asset;
  const whole = redact(own === undefined ? (id ?? fallbackId) : id === undefined ? own : `${id}/${own}`);
  return checkId(whole) === undefined ? whole : slugOf(whole);
}

function assetOf(id: string, files: ImportedFile[], about: About, wishes: ImportWishes): ImportedAsset {
  const { type: stated, path: _, ...facts } = about;
  const guessed = files.some(({ path }) => isModelFile(path)) ? "model" : "dataset";
  const type = wishes.type ?? (stated !== undefined && checkType(stated) === undefined ? stated : guessed);
  const tags = [...new Set([...(facts.tags ?? []), ...(wishes.tags ?? [])])];
  const folder = normaliseFolder(wishes.folder ?? ".");
  const shared = commonFolder(files.map(({ path }) => path));
  const path = joinPath(folder, shared).replace(/\/$/, "");
  const inside = shared === "" ? files : files.map((file) => ({ ...file, path: file.path.slice(shared.length + 1) }));
  return { id, type, ...facts, ...(tags.length > 0 && { tags }), ...(path !== "" && { path }), files: inside };
}

/** What a manifest's readers would say of it. */
function faultOf(asset: ImportedAsset): string | undefined {
  const parsed = parseAsset(asset, []);
  const findings: Finding[] =
    parsed.value === undefined ? parsed.findings : normaliseAsset(parsed.value, [], "/").findings;
  return findings[0]?.message;
}
