/** Edits the text of a manifest as a careful person would: comments, order and layout of all the rest stay. */
import { applyEdits, modify } from "jsonc-parser";

/** The text with one key at its top set, in place of its old value or before the assets. */
export function withTopKey(source: string, key: string, value: string): string {
  const mark = source.startsWith("\ufeff") ? "\ufeff" : "";
  const text = source.slice(mark.length);
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const [, indent = "  "] = /^([ \t]+)"/m.exec(text) ?? [];
  const edits = modify(text, [key], value, {
    formattingOptions: { insertSpaces: !indent.includes("\t"), tabSize: indent.length, eol },
    getInsertionIndex: (names) => Math.max(0, names.indexOf("assets")),
  });
  return mark + applyEdits(text, edits);
}
