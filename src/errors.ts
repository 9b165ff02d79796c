/** The errors a user can meet: a stable code each, the exit code it leads to, and text made safe to show. */

/** Stable name of what went wrong. Part of the API: match on it, never on the message. */
export type ErrorCode = keyof typeof EXIT_CODES;

/** Process exit code of every error code. */
const EXIT_CODES = {
  USAGE: 2,
  UNKNOWN_ID: 2,
  NOTHING_SELECTED: 2,
  MANIFEST_NOT_FOUND: 3,
  MANIFEST_INVALID: 3,
  /** The network or the server failed in a way that may pass: reset, stall, short body, 5xx. */
  NETWORK: 4,
  /** The server answers, and says that this is not there. */
  NOT_FOUND: 4,
  /** The server answers with something that is not the file: another status, a web page, an unusable range. */
  BAD_RESPONSE: 4,
  /** A Git LFS pointer came where the file should be. */
  LFS_POINTER: 4,
  UNSUPPORTED_URL: 4,
  SIZE_MISMATCH: 5,
  DIGEST_MISMATCH: 5,
  /** An archive came whole but cannot be read, or has not the member asked for. */
  BAD_ARCHIVE: 5,
  UNPINNED: 5,
  DISK_FULL: 6,
  LOCAL_IO: 6,
  UNSAFE_PATH: 6,
  CONFLICT: 6,
  ACCESS: 7,
  OFFLINE: 8,
  LOCKED: 9,
  ABORTED: 130,
} as const;

/** How a failure may pass. */
interface Retry {
  /** The server said that it will not before this, in milliseconds: `Retry-After`. */
  afterMs?: number;
  /** Every other request to the host has to wait as well: 429, 503. */
  wholeHost?: boolean;
  /** The server did answer, so that it may be only this that it fails with: 500, 503. */
  answered?: boolean;
  /** Only where the host served a moment ago: an unknown name, an answer that is not HTTP. */
  ifServed?: boolean;
  /** It works, but another source may be faster. */
  slow?: boolean;
  /** Nothing came for long. */
  silent?: boolean;
  /** Nobody was asked, since many had asked in vain. */
  unasked?: boolean;
}

/** What an {@link AssetsError} carries beside its code and message. */
export interface AssetsErrorOptions {
  /** The next thing to do, as a command where there is one. */
  hint?: string | undefined;
  /** Present when the same request may succeed later. */
  retry?: Retry;
  /** The host could not be reached at all: other hosts are the better bet. Default false. */
  unreachable?: boolean;
  cause?: unknown;
}

/**
 * A failure that a user can act on. The message says what, where, expected and found; the hint what to do next.
 * Both are stripped of credentials and terminal control characters when the error is made.
 */
export class AssetsError extends Error {
  override readonly name = "AssetsError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retry: Retry | undefined;
  readonly unreachable: boolean;

  constructor(code: ErrorCode, message: string, options: AssetsErrorOptions = {}) {
    super(safeText(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint === undefined ? undefined : safeText(options.hint);
    this.retry = options.retry;
    this.unreachable = options.unreachable ?? false;
  }

  /** The process exit code for this error. */
  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}

/** The exit code of an error code. */
export function exitCodeOf(code: ErrorCode): number {
  return EXIT_CODES[code];
}

// C0, DEL and C1 controls; bidirectional overrides and isolates; line and paragraph separators; lone surrogates.
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** What most texts are made of alone, which takes less time to see. */
const HARMLESS = /^[\n -~]*$/;

/** Makes every character that could drive a terminal or reorder text visible as `\u{…}`. Line feeds stay. */
export function visible(text: string): string {
  if (HARMLESS.test(text)) return text;
  return text.replace(UNSAFE, (char) => `\\u{${char.charCodeAt(0).toString(16)}}`);
}

/** {@link visible}, with line feeds shown as well: for one-line fields such as names and paths. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll("\n", "\\n");
}

const URL_USERINFO = /\b([a-z][a-z0-9+.-]*:\/\/)[^/?#\s]*@/gi;
// Query values that sign or authorise a request (S3, Azure, GCS, CloudFront, Akamai, tokens of any kind).
const URL_SECRET =
  /((?:[?&]|&amp;)(?:[^=&#\s]*(?:token|signature|credential|secret|passw|pwd|api[_-]?key|auth|jwt|policy|key-pair-id|session)[^=&#\s]*|sig|se|sp|sv|st|key|code|hdnts|hdnea)=)(?!\*{3}[:,;.]?(?:[\s&#]|$))[^&#\s]+/gi;
const AUTH_VALUE = /\b(authorization:\s*\S+\s+|bearer\s+)[A-Za-z0-9._~+/=-]{6,}/gi;

/** Secrets that were read in this process. */
const hidden = new Set<string>();
/** Shorter ones are left: they would tear holes into every text, and guard nothing. */
const SHORTEST_HIDDEN = 8;

/** Has a secret cut out of every text from now on, whoever repeats it: a server may send back what it was sent. */
export function hideSecret(secret: string): void {
  if (secret.length >= SHORTEST_HIDDEN) hidden.add(secret);
}

/** Whether a text holds a secret that was read in this process. */
export function isHidden(text: string): boolean {
  return [...hidden].some((secret) => text.includes(secret));
}

/** Whether a header is one that logins are sent in, told from its name. */
export function isSecretHeader(name: string): boolean {
  return /auth|cookie|token|key|secret/i.test(name);
}

/** What may be secret in the value of a header: its words, what they name, both halves of a pair for Basic (RFC 7617). */
export function secretsIn(value: string): string[] {
  const words = value.split(/[\s;,]+/);
  const named = words.map((word) => word.slice(word.indexOf("=") + 1));
  const [, encoded] = /^basic\s+(\S+)$/i.exec(value.trim()) ?? [];
  const pair = encoded === undefined ? "" : Buffer.from(encoded, "base64").toString();
  return [...words, ...named, pair, pair.slice(pair.indexOf(":") + 1)];
}

/** Cuts credentials out of a text: known secrets, user info and signing values of URLs, authorization values. */
export function redact(text: string): string {
  // A pattern is searched for only where a character stands that it cannot do without: most texts have none of them.
  // User info goes first: a secret that was cut out across its end would hide where it ends.
  let cut = text.includes("@") ? text.replace(URL_USERINFO, "$1") : text;
  for (const secret of hidden) cut = cut.replaceAll(secret, "***");
  if (cut.includes("=")) cut = cut.replace(URL_SECRET, "$1***");
  return /\s/.test(cut) ? cut.replace(AUTH_VALUE, "$1***") : cut;
}

/** A text from outside, fit to be shown: no credentials, nothing that drives a terminal. */
export function safeText(text: string): string {
  return visible(redact(text));
}

/** An error as events and reports carry it. */
export function errorInfo({ code, message, hint }: AssetsError): { code: ErrorCode; message: string; hint?: string } {
  return { code, message, ...(hint !== undefined && { hint }) };
}

/** The abort error of a run that the user or the caller stopped. */
export function abortError(): AssetsError {
  return new AssetsError("ABORTED", "Stopped before it was finished.", {
    hint: "Run the same command again to continue: what has arrived is kept.",
  });
}
