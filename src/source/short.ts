/** The `hf:`, `github:` and `zenodo:` sources: short names for files that the web source brings. */
import { AssetsError, visibleLine } from "../errors.js";
import { parseHub, parseRecord, parseRelease, SHORT_SCHEMES, type ShortProblem } from "../short-urls.js";
import { resolveUrlOf } from "./hub.js";
import type { Records } from "./records.js";
import type { Releases } from "./releases.js";
import type { Source } from "./source.js";
import type { WebSource } from "./web.js";

/** Who knows where the files of each service are. */
export interface Services {
  readonly web: WebSource;
  readonly releases: Releases;
  readonly records: Records;
}

/** Makes the source. */
export function createShortSource({ web, releases, records }: Services): Source {
  return {
    schemes: SHORT_SCHEMES,
    local: false,
    locate(url, options) {
      const scheme = url.slice(0, url.indexOf(":")).toLowerCase();
      if (scheme === "github") return releases.locate(orRefuse(parseRelease(url), url), options);
      if (scheme === "zenodo") return records.locate(orRefuse(parseRecord(url), url), options);
      const { path, ...repository } = orRefuse(parseHub(url), url);
      if (path === undefined) {
        throw new AssetsError("UNSUPPORTED_URL", `${visibleLine(url)} names a whole repository, and no file.`);
      }
      return web.locate(resolveUrlOf({ ...repository, path }), options);
    },
  };
}

/** What a short form names. Throws UNSUPPORTED_URL when it names nothing. */
export function orRefuse<T extends object>(parsed: T | ShortProblem, url: string): T {
  if (!("message" in parsed)) return parsed as T;
  const { message, suggestion } = parsed as ShortProblem;
  throw new AssetsError("UNSUPPORTED_URL", `${visibleLine(url)}: ${message}.`, { hint: suggestion });
}
