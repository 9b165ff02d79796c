/** Recognises what servers send instead of a file, from the first bytes of a body: pure. */
import { AssetsError } from "../errors.js";
import { contentDigest, POINTER_SIZE_LIMIT, type Pointer, parsePointer } from "../lfs-pointer.js";
import type { Opened } from "../source/source.js";

/** What the body should be. */
interface Expected {
  /** Path of the file in the manifest. */
  path: string;
  size?: number | undefined;
  pinned: boolean;
  /** The pinned SHA-256, hex, where that is what is pinned. */
  sha256?: string | undefined;
}

/** The pointer that a source sent instead of the file, if that is how it failed; none where the content was converted. */
export function pointerOf({ code, cause }: AssetsError): Pointer | undefined {
  const pointer = code === "LFS_POINTER" ? (cause as Pointer | undefined) : undefined;
  return pointer?.extensions.length === 0 ? pointer : undefined;
}

const HTML_NAME = /\.(?:html?|xhtml|mht|svg|xml)$/i;
const HTML_START = /^(?:\ufeff)?\s*(?:<!--[\s\S]{0,200}?-->\s*)?<(?:!doctype\s+html|html)[\s>]/i;

/**
 * Looks at the first bytes of a body that starts at 0, before any of them is kept.
 * Answers the error to fail with when they are a web page or a Git LFS pointer in the file's place, or when the size
 * that was announced is not the pinned one. A body that is announced to have just the pinned size is left to its digest.
 */
export function impostor(head: Uint8Array, opened: Opened, expected: Expected, url: string): AssetsError | undefined {
  if (expected.size !== undefined && opened.totalSize === expected.size) return undefined;
  const pointer = head.length < POINTER_SIZE_LIMIT ? parsePointer(head) : undefined;
  if ((pointer?.kind === "pointer" || pointer?.kind === "non-canonical") && expected.size !== head.length) {
    const { size, oid } = pointer;
    const isOther = expected.sha256 !== undefined && expected.sha256 !== contentDigest(pointer);
    const other = isOther ? ", and the pointer stands for other content than the pinned one" : "";
    return new AssetsError(
      "LFS_POINTER",
      `${url} sends a Git LFS pointer (for ${size} bytes, SHA-256 ${oid.slice(0, 12)}…) instead of the file${other}.`,
      {
        hint: isOther
          ? "Name a URL of the pinned version of the file, or pin the version that the URL has."
          : "Name the URL of the content itself: on GitHub media.githubusercontent.com/media/…, on Hugging Face …/resolve/….",
        cause: pointer,
      },
    );
  }
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 512)).toString("utf8");
  // With a digest to decide, only a body that says itself that it is a page is taken for one.
  const claimed = opened.mediaType === "text/html" || opened.mediaType === "application/xhtml+xml";
  if (HTML_START.test(text) && !HTML_NAME.test(expected.path) && (claimed || !expected.pinned)) {
    return new AssetsError("BAD_RESPONSE", `${url} sends a web page instead of the file.`, {
      hint: "Open the URL in a browser: it may ask for a login, a licence or a network sign-in.",
    });
  }
  if (expected.size !== undefined && opened.totalSize !== undefined) {
    return new AssetsError(
      "SIZE_MISMATCH",
      `${url} announces ${opened.totalSize} bytes where ${expected.size} are expected.`,
    );
  }
  return undefined;
}
