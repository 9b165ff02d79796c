/** The Hub's API through Hugging Face's own library, every request of which is made by our client. */
import { datasetInfo, listFiles, modelInfo, pathsInfo, spaceInfo } from "@huggingface/hub";
import { AssetsError } from "../errors.js";
import type { HubRepository } from "../short-urls.js";
import type { WebSource } from "./web.js";

/** What the library gives; none of it is to be believed. */
export interface HubEntry {
  readonly type?: unknown;
  readonly path?: unknown;
  readonly size?: unknown;
  readonly oid?: unknown;
  readonly lfs?: { readonly oid?: unknown; readonly size?: unknown } | undefined;
}

/** What it gives of a repository. */
export interface HubAbout {
  readonly sha?: unknown;
  readonly tags?: unknown;
  readonly gated?: unknown;
  readonly private?: unknown;
  readonly updatedAt?: unknown;
}

type Web = Pick<WebSource, "ask" | "addressOf">;

const HOME = "https://huggingface.co";
/** The Hub puts a thousand entries on a page. More pages than the first number have the second on average, or never end. */
const FEW_PAGES = 100;
const LEAST_ENTRIES = 100;
const MOST_ENTRIES = 1_000_000;
const API_PATH = /\/api\/(?:models|datasets|spaces)\/.*$/;
const NEXT_PAGE = /<([^<>]*)>\s*(?:;[^<]*?)?;\s*rel="?next"?/i;

/** Every file and folder of a repository, page by page. */
export function entriesOf(repo: HubRepository, web: Web, signal: AbortSignal): AsyncIterable<HubEntry> {
  const { type, name, revision = "main" } = repo;
  const fetch = fetchThrough(web, signal);
  // This path is put together without encoding.
  return listFiles({ repo: { type, name }, revision: encodeURIComponent(revision), recursive: true, fetch });
}

/** Some paths of a repository; those that are not there are left out. */
export async function entriesAt(
  { type, name, revision = "main" }: HubRepository,
  paths: string[],
  web: Web,
  signal: AbortSignal,
): Promise<readonly HubEntry[]> {
  return pathsInfo({ repo: { type, name }, revision, paths, fetch: fetchThrough(web, signal) });
}

/** What a repository is, at a revision. */
export async function aboutOf(
  { type, name, revision = "main" }: HubRepository,
  web: Web,
  signal: AbortSignal,
): Promise<HubAbout> {
  const asked = { name, revision, fetch: fetchThrough(web, signal) };
  if (type === "dataset") return datasetInfo({ ...asked, additionalFields: ["sha", "tags"] });
  if (type === "space") return spaceInfo({ ...asked, additionalFields: ["sha", "tags"] });
  return modelInfo({ ...asked, additionalFields: ["sha", "tags"] });
}

/**
 * A `fetch` for the library. Pages name the next one by a URL of whatever host the service calls itself: it is asked of the
 * host that was asked first, so that neither a token nor a question goes anywhere else.
 */
function fetchThrough({ ask, addressOf }: Web, signal: AbortSignal): typeof fetch {
  const asked = new Set<string>();
  let entries = 0;
  return async (input, { method = "GET", body } = {}) => {
    const url = atHome(String(input));
    const shown = addressOf(url);
    if (asked.has(url)) throw new AssetsError("BAD_RESPONSE", `${shown} names itself as the page that follows it.`);
    if (asked.size >= FEW_PAGES && entries < asked.size * LEAST_ENTRIES) {
      const what = `is one of more than ${asked.size} pages with ${entries} entries in all, and names another one`;
      throw new AssetsError("BAD_RESPONSE", `${shown} ${what}.`);
    }
    if (entries > MOST_ENTRIES) throw new AssetsError("BAD_RESPONSE", `${shown} follows ${entries} entries.`);
    asked.add(url);
    const post =
      method === "POST" ? { value: JSON.parse(String(body)) as object, mediaType: "application/json" } : undefined;
    const { bytes, headers } = await ask(url, { method: post ? "POST" : "GET", post, signal });
    const next = NEXT_PAGE.exec([headers.link ?? []].flat().join(", "))?.[1];
    const link = next !== undefined && URL.canParse(next, url) ? atHome(new URL(next, url).href) : undefined;
    const type = { "content-type": "application/json" };
    const { text, count } = checked(bytes, shown, link !== undefined);
    entries += count;
    return new Response(text, { status: 200, headers: { ...type, ...(link && { link: `<${link}>; rel="next"` }) } });
  };
}

/** The body, once it is known to have the shape that the library takes for granted, and the entries on it. */
function checked(bytes: Uint8Array, shown: string, hasNext: boolean): { text: string; count: number } {
  const text = Buffer.from(bytes).toString("utf8");
  const refuse = (what: string) => new AssetsError("BAD_RESPONSE", `${shown} answers with ${what}.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse("something that is not JSON");
  }
  if (/\/revision\/[^/]+$/.test(new URL(shown).pathname)) {
    if (!isObject(value)) throw refuse("no description of a repository");
    return { text, count: 0 };
  }
  if (!Array.isArray(value) || !value.every(isObject)) throw refuse("no list of files");
  // Such pages could go on for ever.
  if (value.length === 0 && hasNext) throw refuse("an empty page that names another one");
  return { text, count: value.length };
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A URL of the API as Hugging Face itself has it; our client leads it to the mirror that HF_ENDPOINT names. */
function atHome(url: string): string {
  const { pathname, search } = new URL(url);
  const path = API_PATH.exec(pathname)?.[0];
  if (path === undefined) throw new AssetsError("BAD_RESPONSE", `The Hub names ${url} as a part of its API.`);
  return `${HOME}${path}${search}`;
}
