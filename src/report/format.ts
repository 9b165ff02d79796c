/** Numbers, names and lengths as people read them in a terminal. */
import stringWidth from "string-width";
import { redact, visibleLine } from "../errors.js";

const BYTE_UNITS = ["kB", "MB", "GB", "TB", "PB"] as const;

/** A size in decimal units: `10 B`, `812 kB`, `34.5 MB`, `1.2 GB`. `?` when it is not a number. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return "?";
  const whole = Math.max(0, Math.round(bytes));
  if (whole < 1000) return `${whole} B`;
  let value = whole;
  let text = "";
  for (const unit of BYTE_UNITS) {
    value /= 1000;
    const digits = unit === "kB" && value >= 9.95 ? 0 : 1;
    text = `${value.toFixed(digits)} ${unit}`;
    // Rounding must not lead to "1000.0 kB".
    if (Number(value.toFixed(digits)) < 1000) break;
  }
  return text;
}

/** How much of a size is there: `40.3/118.3 MB`, `812 kB/118.3 MB`, and `812 kB` where the whole is not known. */
export function formatByteShare(part: number, whole: number | undefined): string {
  if (whole === undefined) return formatBytes(part);
  const [number = "", unit] = formatBytes(part).split(" ");
  const all = formatBytes(whole);
  return unit === all.split(" ")[1] ? `${number}/${all}` : `${number} ${unit}/${all}`;
}

/** A size to the byte: `34,512,345 bytes`, for where two sizes that look alike are held against each other. */
export function formatExactBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return "?";
  return `${formatCount(bytes)} ${bytes === 1 ? "byte" : "bytes"}`;
}

/** A whole number with `,` between the thousands. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** A speed in decimal units per second. `bytesPerSecond` may be undefined when it is not known yet. */
export function formatSpeed(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? "" : `${formatBytes(bytesPerSecond)}/s`;
}

/** A time span in words: `87 ms`, `9.8 s`, `42 s`, `2 min 05 s`, `1 h 07 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return "?";
  const span = Math.max(0, ms);
  if (Math.round(span) < 100) return `${Math.round(span)} ms`;
  if (span < 9_950) return `${(span / 1000).toFixed(1).replace(".0", "")} s`;
  const seconds = Math.round(span / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${twoDigits(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A time span as a clock that does not jitter: `0:06`, `12:34`, `1:02:03`. Partial seconds count as whole ones. */
export function formatClock(ms: number): string {
  const seconds = Math.ceil(Math.max(0, ms) / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${twoDigits(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)}:${twoDigits(seconds % 60)}`;
}

/** A share from 0 to 1 in percent, rounded down so that 100% means complete. */
export function formatPercent(fraction: number): string {
  // The tiny addition undoes what binary fractions lose: 0.29 * 100 is 28.999….
  return `${Math.floor(Math.min(1, Math.max(0, fraction)) * 100 + 1e-9)}%`;
}

/** A count with its noun: `1 file`, `2 files`. `many` defaults to the noun with an `s`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A digest short enough for a table. Machine-readable output carries it whole. */
export function shortDigest(hex: string): string {
  return hex.slice(0, 12);
}

/** Text from outside on one line: no credentials, no control characters, line feeds shown as `\n`. */
export function oneLine(text: string): string {
  return visibleLine(redact(text));
}

/** Where a URL leads, in a word or two: scheme and host of a web address, else the URL without its fragment. */
export function sourceName(url: string): string {
  const web = /^https?:\/\/[^/?#]*/i.exec(url);
  return oneLine(web ? web[0] : url.replace(/#.*$/s, ""));
}

// Western letters, digits and signs (not the soft hyphen) and our ellipsis: a column each, which needs no tables.
const SINGLE_WIDTH = /^[ -~\u00a1-\u00ac\u00ae-\u00ff\u2026]*$/;

/** How many terminal columns a text takes. */
export function displayWidth(text: string): number {
  return SINGLE_WIDTH.test(text) ? text.length : stringWidth(text);
}

/** Fills up with spaces on the right to `width` columns. */
export function padRight(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

/** Fills up with spaces on the left to `width` columns. */
export function padLeft(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - displayWidth(text))) + text;
}

const ELLIPSIS = "…";
/** Made at the first need: it takes as long as a tenth of our start. */
let graphemes: Intl.Segmenter | undefined;

/** The beginning of a text that fits into `width` columns, ending in `…` when something was cut. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  return width < 1 ? "" : take(segments(text), width - 1) + ELLIPSIS;
}

/**
 * A path that fits into `width` columns. The file name stays as long as it fits, the folders before it give way:
 * `models/small-l…/model.gguf`. A name too long by itself keeps its end, where the extension is.
 */
export function truncatePath(path: string, width: number): string {
  if (displayWidth(path) <= width) return path;
  if (width < 1) return "";
  const slash = path.lastIndexOf("/");
  const tail = slash < 0 ? path : path.slice(slash);
  const room = width - displayWidth(tail) - 1;
  if (slash > 0 && room >= 0) return take(segments(path.slice(0, slash)), room) + ELLIPSIS + tail;
  const backwards = take(segments(path).reverse(), width - 1);
  return ELLIPSIS + segments(backwards).reverse().join("");
}

function segments(text: string): string[] {
  graphemes ??= new Intl.Segmenter();
  return Array.from(graphemes.segment(text), (part) => part.segment);
}

/** As many of the clusters, from the first on, as fit into `width` columns. */
function take(clusters: readonly string[], width: number): string {
  let used = 0;
  let taken = "";
  for (const cluster of clusters) {
    used += displayWidth(cluster);
    if (used > width) break;
    taken += cluster;
  }
  return taken;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
