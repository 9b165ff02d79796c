/** Recognises a web page, or an error of a store in XML, where a file should be. */

// A byte order mark, comments and an XML declaration may come first.
const PAGE =
  /^(?:\u00ef\u00bb\u00bf)?\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--[\s\S]{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body)[\s>]/i;
const STORE_ERROR = /^\s*(?:<\?xml[^>]{0,200}>\s*)?<Error>\s*<Code>/;

/** What was saved in a file's place, told from its first bytes; undefined for anything else. */
export function webPage(head: Buffer): string | undefined {
  const text = head.toString("latin1", 0, 1024);
  if (PAGE.test(text)) return "a web page was saved in its place";
  return STORE_ERROR.test(text) ? "the error of a server was saved in its place" : undefined;
}
