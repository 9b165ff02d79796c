/** Turns the bytes of a manifest file into text, which must be UTF-8. */
import type { ManifestIssue } from "./issues.js";

const SAVE = "Save the file as UTF-8.";

/** The text, or why there is none. A byte order mark is left out. */
export function decodeText(bytes: Uint8Array): { text: string } | { issue: ManifestIssue } {
  const [first, second] = bytes;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (isUtf16 || (bytes.length >= 2 && (first === 0) !== (second === 0))) {
    return { issue: { line: 1, column: 1, path: "", message: "the file is UTF-16", suggestion: SAVE } };
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { issue: { ...placeOfFirstError(bytes), path: "", message: "this is not UTF-8", suggestion: SAVE } };
  }
}

/** Line feeds never occur inside a character of UTF-8, so the first line that does not decode has the error. */
function placeOfFirstError(bytes: Uint8Array): { line: number; column: number } {
  const strict = new TextDecoder("utf-8", { fatal: true });
  for (let line = 1, start = 0; ; line++) {
    const feed = bytes.indexOf(0x0a, start);
    const end = feed === -1 ? bytes.length : feed;
    try {
      strict.decode(bytes.subarray(start, end));
    } catch {
      const text = new TextDecoder("utf-8").decode(bytes.subarray(start, end));
      return { line, column: text.indexOf("\ufffd") + 1 };
    }
    if (feed === -1) return { line, column: 1 };
    start = end + 1;
  }
}
