/** What the refusals of a Git LFS server mean, and what to do about each: pure. */
import { AssetsError, type ErrorCode, safeText } from "../errors.js";

/** How a server refused an object, or all that it was asked for. */
interface LfsRefusal {
  status: number;
  /** What the server says of it. */
  said?: string | undefined;
  /** Reads as the subject of a sentence: the server, and the object if it is about one. */
  what: string;
  /** A variable that the server's login may stand in. */
  variable: string;
  /** Where the login that was shown comes from. */
  from?: string | undefined;
  /** Where a login comes from that was not sent over plain http. */
  withheld?: string | undefined;
}

/** A server's own words are cut to this many characters. */
const LONGEST_SAID = 200;
const QUOTA = /\b(?:quota|bandwidth|data packs?|budget)\b/i;

/** The error that tells of it. One that may pass has `retry`. A status of 0 stands for an answer that makes no sense. */
export function lfsError({ status, said, what, variable, from, withheld }: LfsRefusal): AssetsError {
  const own = said === undefined ? "" : safeText(said).replace(/\s+/g, " ").trim().slice(0, LONGEST_SAID);
  const told = `(${[status === 0 ? "" : status, own].filter((part) => part !== "").join(": ")})`;
  const error = (code: ErrorCode, says: string, hint: string) =>
    new AssetsError(code, `${what} ${says} ${told}.`, { hint });
  // GitHub tells of a used-up quota with 403, others with 402, 429 or 509.
  if (status === 509 || (status >= 400 && status < 500 && QUOTA.test(own))) {
    return error(
      "ACCESS",
      "is refused because the quota of its repository is used up",
      "Trying again does not help before the quota is renewed or its owner buys more. Until then: copy from another checkout with ASSETS_REFERENCE=FOLDER, or pin another URL of the same file in assets.manifest.json.",
    );
  }
  if (withheld !== undefined && (status === 401 || status === 403 || status === 404)) {
    const says = status === 404 ? "is not there" : "asks for a login";
    const hint = `The login of ${withheld} was not sent, since plain http lets others read it: use https.`;
    return error(status === 404 ? "NOT_FOUND" : "ACCESS", says, hint);
  }
  switch (status) {
    case 401:
      return error(
        "ACCESS",
        from === undefined ? "asks for a login" : `refuses the login of ${from}`,
        from === undefined
          ? `Set ${variable} to a token or to user:password, add the host to ~/.netrc, or log in once with: git fetch`
          : `Check ${from}: the login may be mistyped, expired or revoked.`,
      );
    case 403:
      return error(
        "ACCESS",
        "is forbidden",
        from === undefined
          ? `If a login may read it, set ${variable}, or add the host to ~/.netrc.`
          : `The login of ${from} may not read this repository: ask its owner for access.`,
      );
    case 404:
      return error(
        "NOT_FOUND",
        "is not there",
        `Whoever committed the pointer may not have pushed its object: git lfs push --all in a clone that has it. A private repository hides this way too: then set ${variable}.`,
      );
    case 409:
      return error("BAD_RESPONSE", "is kept under another kind of digest", "Fetch it with git-lfs: git lfs pull");
    case 410:
      return error(
        "NOT_FOUND",
        "was removed by its owner",
        "Take it from a checkout that still has it: ASSETS_REFERENCE=FOLDER assets lfs hydrate",
      );
    case 413:
      return error(
        "BAD_RESPONSE",
        "is refused as too large a request",
        "Hydrate fewer files at once: name their folder.",
      );
    case 422:
      return error(
        "BAD_RESPONSE",
        "is refused as invalid",
        "The pointer may be damaged: compare it with the committed one, git diff shows whether it was changed.",
      );
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return new AssetsError("NETWORK", `${what} cannot be had now ${told}.`, {
      retry: status === 429 ? { wholeHost: true } : {},
      hint: status === 429 ? "The server wants fewer requests: run the same command again later." : "Try again later.",
    });
  }
  return error("BAD_RESPONSE", "cannot be had", "Fetch it with git-lfs: git lfs pull");
}
