/** Turns the bytes of a list into text: UTF-8, or UTF-16 with its mark, as some tools of Windows write. */
import { decodeText } from "../manifest/decode.js";

/** The text without its mark, or why there is none. */
export function decodeList(bytes: Uint8Array): { text: string } | { place: string; problem: string } {
  const [first, second] = bytes;
  const encoding = first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "";
  if (encoding !== "" && bytes.length % 2 === 0) {
    try {
      return { text: new TextDecoder(encoding, { fatal: true }).decode(bytes) };
    } catch {
      return { place: "line 1", problem: "this is not UTF-16, though it begins as such" };
    }
  }
  const decoded = decodeText(bytes);
  if ("text" in decoded) return decoded;
  return { place: `line ${decoded.issue.line}`, problem: decoded.issue.message };
}
