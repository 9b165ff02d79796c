/** The words for one event, on one line. */
import type { AssetEvent, Outcome } from "../events.js";
import type { Colors } from "./colors.js";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatExactBytes,
  formatSpeed,
  oneLine,
  plural,
  sourceName,
} from "./format.js";

type EventOf<T extends AssetEvent["type"]> = AssetEvent & { type: T };

/** What is about to happen: `Fetching 12 of 14 files, 118.3 MB.` Undefined where nothing is: the answer says so. */
export function planLine({ files, bytesToFetch }: EventOf<"plan">): string | undefined {
  const wanted = files.filter((file) => file.action === "download" || file.action === "replace");
  if (wanted.length === 0) {
    const conflicts = files.filter((file) => file.action === "conflict").length;
    const blocked = `${plural(conflicts, "file")} cannot be put in place.`;
    return conflicts === 0 ? undefined : `Nothing to fetch for ${plural(files.length, "file")}. ${blocked}`;
  }
  const of = wanted.length === files.length ? "" : `${wanted.length} of `;
  const unknown = wanted.some((file) => file.size === undefined);
  // A plan of files without sizes knows no total, and one with a few of them only a lower bound.
  const bytes = bytesToFetch === 0 && unknown ? "" : `, ${unknown ? "at least " : ""}${formatBytes(bytesToFetch)}`;
  return `Fetching ${of}${plural(files.length, "file")}${bytes}.`;
}

/** What became of a file. `ms`: how long it was worked on, where that is known. `verbose`: also how it came. */
export function outcomeLine(outcome: Outcome, ms: number | undefined, colors: Colors, verbose = false): string {
  const path = oneLine(outcome.path);
  const { attempts, received, url } = outcome;
  switch (outcome.status) {
    case "downloaded":
      return fields(
        `${colors.good("downloaded")} ${path}`,
        formatBytes(outcome.size),
        ms === undefined ? "" : formatDuration(ms),
        verbose && received !== outcome.size ? `${formatBytes(received)} received` : "",
        verbose ? speedOf(received, ms) : "",
        verbose && attempts > 1 ? plural(attempts, "attempt") : "",
        url === undefined ? "" : verbose ? oneLine(url) : sourceName(url),
      );
    case "reused":
      return fields(
        `${colors.good("reused")} ${path}`,
        formatBytes(outcome.size),
        ms === undefined ? "" : formatDuration(ms),
        outcome.from === undefined ? "" : `from ${oneLine(outcome.from)}`,
      );
    case "present":
      return `${colors.quiet("present")} ${path}`;
    case "skipped":
      return `${colors.quiet("skipped")} ${path}`;
    case "failed":
      return fields(
        `${colors.bad("failed")} ${path}`,
        verbose && attempts > 0 ? plural(attempts, "attempt") : "",
        oneLine(outcome.error?.message ?? ""),
      );
  }
}

/** That something goes another way than planned. Undefined for events which are nothing of that kind. */
export function noticeLine(event: AssetEvent, colors: Colors): string | undefined {
  switch (event.type) {
    case "warning": {
      const about = event.path === undefined ? "" : `${oneLine(event.path)}: `;
      return `${colors.warn("warning")} ${about}${oneLine(event.message)}`;
    }
    case "transfer:retry": {
      const when = event.delayMs > 0 ? ` in ${formatDuration(event.delayMs)}` : "";
      const what = `${colors.warn("retry")} ${oneLine(event.path)}`;
      return fields(what, `attempt ${event.attempt}${when}`, oneLine(event.error.message));
    }
    case "transfer:fallback": {
      const what = `${colors.warn("fallback")} ${oneLine(event.path)}`;
      return fields(what, oneLine(event.error.message), `next: ${sourceName(event.to)}`);
    }
    case "transfer:leave": {
      const what = `${colors.warn("left")} ${oneLine(event.path)}`;
      return fields(what, oneLine(event.error.message), "the other sources go on");
    }
    case "transfer:pause": {
      const what = `${colors.warn("waiting")} ${oneLine(event.path)}`;
      return fields(what, `${oneLine(event.host)} is left alone for ${formatDuration(event.delayMs)}`);
    }
    case "transfer:restart":
      return fields(`${colors.warn("dropped")} ${oneLine(event.path)}`, oneLine(event.reason));
    case "transfer:wait":
      return `${colors.warn("waiting")} ${oneLine(event.path)}  for ${oneLine(event.owner)}`;
    default:
      return undefined;
  }
}

/**
 * For those who want to know: where bytes come from and where they begin, when an archive is over; for other events
 * {@link noticeLine}. `ms`: how long the file or archive was worked on.
 */
export function detailLine(event: AssetEvent, ms: number | undefined, colors: Colors): string | undefined {
  switch (event.type) {
    case "transfer:start": {
      const { kind, path, url, received, size } = event;
      const all = size === undefined ? "" : formatExactBytes(size);
      const what = kind === "member" ? "unpacking" : kind === "copy" ? "copying" : "receiving";
      const where = received === 0 ? all : `from byte ${formatCount(received)}${all && ` of ${all}`}`;
      return fields(`${colors.quiet(what)} ${oneLine(path)}`, oneLine(url), where);
    }
    case "transfer:end":
      return fields(`${colors.quiet("ended")} ${oneLine(event.path)}`, ms === undefined ? "" : formatDuration(ms));
    default:
      return noticeLine(event, colors);
  }
}

function speedOf(received: number, ms: number | undefined): string {
  return ms === undefined || ms <= 0 || received === 0 ? "" : formatSpeed((received * 1000) / ms);
}

function fields(...parts: string[]): string {
  return parts.filter((part) => part !== "").join("  ");
}
