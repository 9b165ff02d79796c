/** Lists of assets in JSON, or in a Python script: our own forms, tables by id, tables of hashes. */
import { parseWithTwins } from "../manifest/twins.js";
import { decodeList } from "./decode-list.js";
import { type Assets, learnNames, readAssets } from "./json-assets.js";
import { isHash } from "./json-pins.js";
import { createListing, type Listing, shown } from "./listing.js";
import { nameIn } from "./place.js";
import { readPythonScript, type Statement } from "./python-script.js";
import { isUnread, problemOf, unread } from "./unread.js";

/** Reads a list; what names no URL of its own lies below `baseUrl`. */
export function readJson(bytes: Uint8Array, { baseUrl }: { baseUrl: string | undefined }): Listing {
  const listing = createListing({ baseUrl });
  const assets: Assets = { listing, about: new Map(), paths: new Set(), names: new Map() };
  const decoded = decodeList(bytes);
  if ("problem" in decoded) {
    listing.refuse(decoded.place, decoded.problem);
    return listing.done();
  }
  const { text } = decoded;
  const json = parseWithTwins(text, (line) => unread("the key is there twice, with different values", line));
  if (json !== undefined && text.trim() !== "") readAssets(json.value, undefined, "the list", assets);
  else readScript(readPythonScript(text), baseUrl, assets);
  return listing.done(assets.about);
}

/**
 * Reads of a script what names files. The rest is named where it quotes an address or a digest, as it may be an entry that
 * is lost, or looks like a list; much of a script is neither.
 */
function readScript(statements: readonly Statement[], baseUrl: string | undefined, assets: Assets) {
  const { listing } = assets;
  const found = statements.map((statement) => {
    const { key, value, line } = statement;
    const place = `line ${line}`;
    const whole = key === undefined || isUnread(value) ? value : { [key]: value };
    return { ...statement, whole, place, isTable: typeof whole === "object" && whole !== null && !isUnread(whole) };
  });
  for (const { whole } of found) learnNames(whole, assets);
  const judged = found.map((one) => ({
    ...one,
    hasFiles: one.isTable && !isAddressOnly(one.key, one.value) && hasFiles(one.whole, one.place, assets),
  }));
  const isAny = judged.some(({ hasFiles }) => hasFiles);
  for (const { whole, key, value, place, isTable, isContainer, hasFiles, namesBytes } of judged) {
    if (isUnread(value)) {
      if (statements.length === 1 || key !== undefined || namesBytes()) {
        listing.refuse(place, key === undefined ? problemOf(value) : `${key}: ${problemOf(value)}`);
      } else if (isContainer) listing.leave(place, `what stands there is not read: ${problemOf(value)}`);
    } else if (!isTable || isAddressOnly(key, value)) readLoose(value, place, baseUrl, assets);
    else if (hasFiles || namesBytes() || (!isAny && isContainer)) readAssets(whole, undefined, place, assets);
  }
}

/** `os.environ["HF_ENDPOINT"] = "https://…"` and its like: no file has an address without a name in it. */
function isAddressOnly(key: string | undefined, value: unknown): boolean {
  return key !== undefined && typeof value === "string" && ADDRESS.test(value) && nameIn(value) === undefined;
}

function hasFiles(value: unknown, place: string, assets: Assets): boolean {
  const trial = createListing({ baseUrl: "x:" });
  readAssets(value, undefined, place, { ...assets, listing: trial, about: new Map() });
  return trial.done().files.length > 0;
}

const ADDRESS = /^[a-z][a-z0-9+.-]*:\/\/\S{3,}$/i;

/** A text that a name is given: the address of a file by itself says too little, and a base is no file. */
function readLoose(value: unknown, place: string, baseUrl: string | undefined, { listing }: Assets) {
  if (typeof value !== "string" || value === baseUrl) return;
  const isUrl = ADDRESS.test(value);
  if (isHash(value) || (isUrl && /\.\w+$/.test(nameIn(value) ?? ""))) {
    listing.refuse(place, `${shown(value)} stands by itself, and is read in a list or a table only`);
  } else if (isUrl) listing.note(place, `${shown(value)} is not read: --base-url URL, if files lie below it`);
}
