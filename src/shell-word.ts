/** Writes a text as one word of a POSIX shell. */

/** The text as it is where a shell takes it literally, else in single quotes. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
