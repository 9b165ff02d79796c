/** Learns what is stated of the sources of `assets add`, and tells what follows for their pins. */
import { AssetsError, errorInfo, redact } from "../errors.js";
import type { ErrorInfo, EventListener } from "../events.js";
import type { Pins } from "../manifest/new-entry.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { lengthOf } from "../source/described.js";
import type { Wish } from "./add-names.js";
import type { AddSource } from "./add-sources.js";
import { type Answer, type DescribeRun, describeUrls } from "./describe-urls.js";
import { type Bytes, type Statement, settlePins } from "./settle-pins.js";

/** What is known of the one source beside what its publisher states. */
export interface Given {
  readonly sha256?: string | undefined;
  readonly size?: number | undefined;
  /** Other places of the same bytes. */
  readonly fallbacks: readonly AddSource[];
}

/** What is stated about each source, and whether the manifest has it already. Throws the signal's reason. */
export async function describeSources(
  sources: readonly AddSource[],
  given: Given,
  manifest: Manifest,
  ask: DescribeRun,
): Promise<Wish[]> {
  const all = [...sources, ...given.fallbacks];
  const told = await describeUrls(
    all.filter(isUnasked).map(({ resolved }) => resolved),
    ask,
  );
  const answers = all.map((source): Answer => {
    const { described } = source;
    return isUnasked(source) ? (told.shift() ?? { described }) : { described };
  });
  const learned = all.map((source, index) =>
    learn(source, answers[index] ?? { described: undefined }, given, ask.emit),
  );
  const fallbacks = learned.slice(sources.length);
  const failed = fallbacks.find(({ error }) => error !== undefined);
  return learned.slice(0, sources.length).map((own) => {
    const { source, url, error = failed?.error, described } = own;
    // The files of a repository have to lie in its own folder, which is known when all of them are.
    const known = source.repository === undefined ? knownAs(manifest, [source.resolved, url]) : undefined;
    const fallbackUrls = fallbacks.map((each) => each.url);
    const wish: Wish = {
      source,
      file: { url, path: "", ...(fallbackUrls.length > 0 && { fallbackUrls }) },
      pins: pinsOf(source, given),
      statements: [own, ...fallbacks].flatMap((each) => statementOf(each, each === own)),
      asset: "",
      here: false,
      ...(described && { described }),
      ...(error && { error }),
      ...(known && { known }),
    };
    wish.given = wish.pins;
    if (error === undefined) settle(wish);
    return wish;
  });
}

function isUnasked({ described, error }: AddSource): boolean {
  return described === undefined && error === undefined;
}

interface Learned extends Pick<Wish, "source" | "described"> {
  url: string;
  error?: ErrorInfo;
}

function learn(source: AddSource, answer: Answer, { sha256 }: Given, emit: EventListener): Learned {
  if (source.error !== undefined) return { source, url: source.url, error: source.error };
  // A web address can be fetched whatever is not stated of it; the short forms need those who state.
  const isWeb = /^https?:/i.test(source.url);
  if ("error" in answer) {
    if (isWeb) {
      const message = `${redact(source.url)}: what is stated of it cannot be asked (${answer.error.message})`;
      emit({ type: "warning", message });
    }
    return { source, url: source.url, ...(!isWeb && sha256 === undefined && { error: answer.error }) };
  }
  const { described } = answer;
  // The address of a page, a branch or a tag is what was typed; the host tells what always means the file.
  const url = described !== undefined && /^[a-z]+:/i.test(source.url) ? described.url : source.url;
  return { source, url, ...(described && { described }) };
}

function statementOf({ source: { url }, described }: Learned, primary: boolean): Statement[] {
  return described === undefined ? [] : [{ url, described, primary }];
}

/** What is known before anybody is asked. */
function pinsOf({ pointer }: AddSource, { size, sha256 }: Given): Pins {
  return {
    ...pointer,
    ...(size !== undefined && { size }),
    ...(sha256 !== undefined && { sha256, pinnedAs: "declared" }),
  };
}

/** The file of the manifest that comes from one of the URLs, and lies `at` that path if one is named. */
export function knownAs({ assets }: Manifest, urls: readonly string[], at?: string): AssetFile | undefined {
  return assets
    .flatMap(({ files }) => files)
    .find(({ path, ...file }) => (at === undefined || path === at) && file.urls.some((url) => urls.includes(url)));
}

/** Whether only the bytes can tell the pins, or the file lies in its place and they have to be its own. */
export function isOpen({ source: { inPlace, pointer }, given = {}, open }: Wish): boolean {
  if (pointer !== undefined) return false;
  return inPlace !== undefined || (open !== undefined && given.sha256 === undefined);
}

/** The file as the transfers take it: without a pin, held against whatever is stated. `urls`: as the sources open them. */
export function measurable(
  { asset, file: { path }, source: { inPlace }, given = {}, open }: Wish,
  urls: readonly string[],
): AssetFile {
  const declared = open?.sha256 === undefined ? [] : [{ algorithm: "sha256", hex: open.sha256 } as const];
  const stated = [...(open?.stated ?? []), ...declared];
  const isSized = given.size !== undefined && inPlace === undefined;
  return { asset, path, urls, ...(isSized && { size: given.size }), ...(stated.length > 0 && { stated }) };
}

/** Takes what follows from all that is known into the wish, or what contradicts it. */
export function settle(wish: Wish, bytes?: Bytes): void {
  try {
    const { pins, statedBy, checkedBy, open } = judged(wish, bytes);
    wish.pins = pins;
    wish.open = open;
    if (checkedBy !== undefined) wish.checkedBy = checkedBy;
    const by = wish.given?.sha256 === undefined ? statedBy : wish.source.pointer ? "its Git LFS pointer" : "you";
    if (by !== undefined && pins.sha256 !== undefined) wish.statedBy = by;
  } catch (error) {
    if (!(error instanceof AssetsError)) throw error;
    wish.error = errorInfo(error);
  }
}

/** Throws DIGEST_MISMATCH, SIZE_MISMATCH when two of all that is known are of different bytes. */
export function judged({ asset, file, given = {}, statements, source }: Wish, bytes?: Bytes) {
  const own: AssetFile = { asset, path: file.path || source.url, urls: [source.resolved], ...given };
  const by = source.pointer === undefined ? "you say" : "its Git LFS pointer says";
  const done = settlePins(own, statements, bytes, by);
  // Who names a fallback is here to name another, so that even a length beside no digest counts.
  const announced = statements.find(({ primary }) => primary)?.described.announced;
  const size = done.pins.size ?? announced;
  const other = statements.find(({ primary, described }) => !primary && (lengthOf(described) ?? size) !== size);
  if (size === undefined || other === undefined) return done;
  const message = `${own.path} has ${size} bytes, and ${other.url} is stated to have ${lengthOf(other.described)}.`;
  throw new AssetsError("SIZE_MISMATCH", message, { hint: "It is no other place of the same bytes: leave it out." });
}
