/** Decides what an HTTP answer is good for: pure, from its status and headers, trusting none of them further than needed. */
import { AssetsError, redact } from "../errors.js";
import { POINTER_SIZE_LIMIT } from "../lfs-pointer.js";
import { COME_BACK, quotaPause, retryAfter } from "./asked-waits.js";
import { type Headers, single } from "./headers.js";

/** What was asked for. */
export interface Asked {
  /** For messages; without credentials. */
  url: string;
  offset: number;
  /** Where the range ends, not included; undefined for the end of the file. */
  end?: number | undefined;
  expectedSize?: number | undefined;
  validator?: string | undefined;
  /** How the range was asked for: not at all, plainly, or under the condition of the validator (If-Range). */
  range: "none" | "plain" | "conditional";
  /** The answer comes from another origin, to which the one that was asked redirected. Default false. */
  elsewhere?: boolean;
}

/** The cause of an error that stands for a status, for those who know what it means at a particular host. */
export interface Refusal {
  status: number;
  /** What Hugging Face says beside the status: `GatedRepo`, `EntryNotFound`, ... */
  reason: string | undefined;
  elsewhere: boolean;
  /** The host answers this login, or none, no more until a time that it states. */
  limited?: true;
  /** What the host itself says of it, where it was asked by POST. */
  said?: string;
}

/** The status that an error stands for, if it stands for one. */
export function refusalOf(error: unknown): Refusal | undefined {
  const cause = error instanceof AssetsError ? error.cause : undefined;
  return typeof cause === "object" && cause !== null && "elsewhere" in cause ? (cause as Refusal) : undefined;
}

/** What to do with an answer. */
export type Decision =
  | {
      do: "read";
      offset: number;
      /** Where a part ends, not included. */
      end?: number;
      totalSize?: number;
      validator?: string;
      mediaType?: string;
      pauseMs?: number;
      /** Content coding to undo while reading. */
      decode?: "gzip" | "deflate" | "br";
      /** Nothing is left to read: the bytes already here are all there are. */
      empty?: boolean;
    }
  | { do: "redirect"; location: string }
  /** Ask the same URL once more, with the range stated in another way. */
  | { do: "ask-again"; range: "none" | "plain" }
  | { do: "fail"; error: AssetsError };

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const PAGE_NAME = /\.x?html?$/i;
const POINTER_TYPES = new Set([undefined, "text/plain", "application/octet-stream"]);
/** What servers say that mean none by it. */
const NO_CODING = new Set(["", "identity", "none", "binary", "utf-8"]);
const KNOWN_CODING = /\b(?:zstd|compress|dcb|dcz|exi|aes128gcm|bzip2|lzma|xz)\b/i;
const PACKED_NAME = /\.(?:gz|tgz|svgz|br|zz)$/i;

/** Reads an answer to a GET (RFC 9110 sections 14 and 15; a 200 is always a legal answer to a range). */
export function decide(status: number, headers: Headers, asked: Asked, now = Date.now()): Decision {
  if (REDIRECTS.has(status)) {
    const location = single(headers.location);
    if (location === undefined) return fail("BAD_RESPONSE", `${asked.url} answered ${status} without a Location.`);
    return { do: "redirect", location };
  }
  const decision =
    status === 200 || status === 203
      ? decideWhole(headers, asked)
      : status === 206
        ? decidePart(headers, asked)
        : undefined;
  if (decision !== undefined) {
    const pauseMs = decision.do === "read" ? quotaPause(headers, now) : undefined;
    return pauseMs === undefined ? decision : ({ ...decision, pauseMs } as Decision);
  }
  if (status === 416 && asked.range !== "none") {
    const total = /^bytes \*\/(\d+)$/i.exec(single(headers["content-range"]) ?? "")?.[1];
    const complete = total !== undefined && Number(total) === asked.offset;
    if (complete && (asked.expectedSize === undefined || asked.expectedSize === asked.offset)) {
      return { do: "read", offset: asked.offset, totalSize: asked.offset, empty: true };
    }
    return { do: "ask-again", range: "none" };
  }
  return { do: "fail", error: statusError(status, headers, asked, now) };
}

function decideWhole(headers: Headers, asked: Asked): Decision {
  const validator = strongValidator(headers);
  if (asked.range === "conditional" && validator !== undefined && validator === asked.validator) {
    // Some CDNs answer 200 to any If-Range although the file is unchanged: the plain range works there.
    return { do: "ask-again", range: "plain" };
  }
  const length = contentLength(headers);
  const coding = contentCoding(headers);
  const mediaType = mediaTypeOf(headers);
  if (coding !== undefined && !isFileItself(length, asked)) {
    if (coding === "unknown") {
      // A server could have anything that it was sent shown here.
      const [name = "of another name"] = KNOWN_CODING.exec(single(headers["content-encoding"]) ?? "") ?? [];
      return fail(
        "BAD_RESPONSE",
        `${asked.url} sends its bytes with a content coding (${name}), though none was asked for.`,
      );
    }
    return { do: "read", offset: 0, validator, mediaType, decode: coding };
  }
  const wrong = contradiction(length, asked, mediaType, true);
  if (wrong !== undefined) return { do: "fail", error: wrong };
  return { do: "read", offset: 0, validator, mediaType, totalSize: length };
}

function decidePart(headers: Headers, asked: Asked): Decision {
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(single(headers["content-range"]) ?? "");
  const start = Number(range?.[1]);
  const end = Number(range?.[2]);
  const total = range?.[3] === undefined || range[3] === "*" ? undefined : Number(range[3]);
  const length = contentLength(headers);
  const coding = contentCoding(headers);
  const validator = strongValidator(headers);
  const mediaType = mediaTypeOf(headers);
  const usable =
    range !== null &&
    start === asked.offset &&
    end >= start &&
    (length === undefined || length === end - start + 1) &&
    // A page in the middle of a file: what a part is must be read off its media type (RFC 9110 section 15.3.7).
    (!isPage(mediaType) || PAGE_NAME.test(pathOf(asked.url))) &&
    // Without a total, and without a digest to decide, nothing would tell that the part is all of the rest.
    (total === undefined ? asked.validator === undefined : end < total) &&
    // Ranges count coded bytes (RFC 9110 section 14.1.2); only a total that is the pinned size shows that they are ours.
    (coding === undefined || (total !== undefined && total === asked.expectedSize)) &&
    (asked.validator === undefined || validator === asked.validator);
  if (!usable) {
    if (asked.range === "none")
      return fail("BAD_RESPONSE", `${asked.url} answered 206 to a request for the whole file.`);
    return { do: "ask-again", range: "none" };
  }
  const wrong = contradiction(total, asked, mediaType);
  if (wrong !== undefined) return { do: "fail", error: wrong };
  return { do: "read", offset: start, end: end + 1, totalSize: total, validator, mediaType };
}

/** Whether coded bytes are the wanted file as they are: servers label `.gz` files with a content coding. */
function isFileItself(length: number | undefined, asked: Asked): boolean {
  if (asked.expectedSize !== undefined) return length === asked.expectedSize;
  return PACKED_NAME.test(pathOf(asked.url));
}

/** A stated size that is not the pinned one. A body this small is left to be looked at: it may be a Git LFS pointer. */
function contradiction(
  total: number | undefined,
  asked: Asked,
  mediaType: string | undefined,
  whole = false,
): AssetsError | undefined {
  if (total === undefined || asked.expectedSize === undefined || total === asked.expectedSize) return undefined;
  if (isPage(mediaType)) {
    return new AssetsError(
      "BAD_RESPONSE",
      `${asked.url} sends a web page of ${total} bytes instead of the file of ${asked.expectedSize} bytes.`,
      { hint: "Open the URL in a browser: it may ask for a login, a licence or a network sign-in." },
    );
  }
  if (whole && total > 0 && total < POINTER_SIZE_LIMIT && POINTER_TYPES.has(mediaType)) return undefined;
  return new AssetsError(
    "SIZE_MISMATCH",
    `${asked.url} announces ${total} bytes where ${asked.expectedSize} are expected.`,
  );
}

function isPage(mediaType: string | undefined): boolean {
  return mediaType === "text/html" || mediaType === "application/xhtml+xml";
}

function statusError(status: number, headers: Headers, { url, elsewhere = false }: Asked, now: number): AssetsError {
  const cause: Refusal = { status, reason: single(headers["x-error-code"]), elsewhere };
  // A date is one of the server's clock, which may differ from this one.
  const date = Date.parse(single(headers.date) ?? "");
  const askedMs = retryAfter(single(headers["retry-after"]), Number.isNaN(date) ? now : date);
  const quotaMs = quotaPause(headers, now);
  // GitHub says so by 403 as well as by 429.
  if (quotaMs !== undefined ? status === 403 || status === 429 : askedMs !== undefined && status === 403) {
    const afterMs = Math.max(askedMs ?? 0, quotaMs ?? 0);
    const until = new Date(now + afterMs).toISOString().replace("T", " ").slice(0, 19);
    const message = `${url} takes no more requests before ${until} UTC: there is a limit, and it is used up (HTTP ${status}).`;
    return new AssetsError("NETWORK", message, {
      retry: { afterMs, wholeHost: true },
      cause: { ...cause, limited: true },
    });
  }
  if (status === 401 || status === 403) {
    return new AssetsError("ACCESS", `${url} refuses access (HTTP ${status}).`, {
      hint: "Check whether the file needs a login or an accepted licence; open the URL in a browser to see.",
      cause,
    });
  }
  if (status === 404 || status === 410) {
    return new AssetsError("NOT_FOUND", `${url} does not exist (HTTP ${status}).`, {
      hint: "Check the URL in the manifest: the file may have been moved, renamed or taken away.",
      cause,
    });
  }
  if (COME_BACK.has(status) || status >= 500) {
    const afterMs = askedMs ?? quotaMs;
    // Too many requests or too much work: that is said of the host, not of this file (RFC 6585 section 4).
    const wholeHost = status === 429 || status === 503;
    const answered = status !== 429;
    return new AssetsError("NETWORK", `${url} cannot answer now (HTTP ${status}).`, {
      retry: {
        ...(afterMs !== undefined && { afterMs }),
        ...(wholeHost && { wholeHost }),
        ...(answered && { answered }),
      },
      cause,
    });
  }
  return new AssetsError("BAD_RESPONSE", `${url} answered HTTP ${status} instead of the file.`, { cause });
}

/** An entity tag or date under which parts may be combined (RFC 9110 sections 8.8.2.2, 8.8.3 and 13.1.5). */
function strongValidator(headers: Headers): string | undefined {
  const etag = single(headers.etag)?.trim();
  // One that repeats a secret would rest on disk with it.
  if (etag !== undefined) return /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag) && redact(etag) === etag ? etag : undefined;
  const modified = single(headers["last-modified"]);
  const date = Date.parse(single(headers.date) ?? "");
  // A date is strong when the answer was made at least a second later, so that no second change hides behind it.
  return modified !== undefined && date - Date.parse(modified) >= 1000 ? modified : undefined;
}

function contentLength(headers: Headers): number | undefined {
  if (headers["transfer-encoding"] !== undefined) return undefined;
  const text = single(headers["content-length"]);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function contentCoding(headers: Headers): "gzip" | "deflate" | "br" | "unknown" | undefined {
  const coding = single(headers["content-encoding"])?.trim().toLowerCase();
  if (coding === undefined || NO_CODING.has(coding)) return undefined;
  if (coding === "x-gzip") return "gzip";
  return coding === "gzip" || coding === "deflate" || coding === "br" ? coding : "unknown";
}

function mediaTypeOf(headers: Headers): string | undefined {
  return single(headers["content-type"])?.split(";", 1)[0]?.trim().toLowerCase() || undefined;
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}

function fail(code: "BAD_RESPONSE", message: string): Decision {
  return { do: "fail", error: new AssetsError(code, message) };
}
