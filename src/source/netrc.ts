/** Reads logins out of a netrc file, as ftp, curl and git read it. */

/** A login for a host. */
export interface Login {
  user: string;
  password: string;
}

interface Entry {
  /** Undefined for `default`. */
  machine: string | undefined;
  user?: string;
  password?: string;
}

const WORD = /\s*(?:"((?:\\.|[^"\\\n])*)"?|(\S+))/y;
const MACRO = /[^\S\n]*\S+[^\n]*\n(?:[^\S\n]*\S[^\n]*\n?)*/y;
const COMMENT = /[^\n]*/y;

/**
 * The login of a host: that of its first `machine` entry with a password, else that of `default`. Values may stand in
 * quotes, with a backslash before a quote; `#` begins a comment in the place of a keyword; a `macdef` ends at an empty line.
 */
export function loginFor(host: string, text: string): Login | undefined {
  const wanted = host.toLowerCase();
  const entries = entriesOf(text).filter(({ password }) => password !== undefined);
  const found =
    entries.find(({ machine }) => machine === wanted) ?? entries.find(({ machine }) => machine === undefined);
  return found && { user: found.user ?? "", password: found.password ?? "" };
}

function entriesOf(text: string): Entry[] {
  const entries: Entry[] = [];
  const { word, skip } = createScanner(text.replaceAll("\r\n", "\n"));
  for (let keyword = word(); keyword !== undefined; keyword = word()) {
    const entry = entries.at(-1);
    if (keyword.startsWith("#")) skip(COMMENT);
    else if (keyword === "macdef") skip(MACRO);
    else if (keyword === "machine") entries.push({ machine: word()?.toLowerCase() ?? "" });
    else if (keyword === "default") entries.push({ machine: undefined });
    else if (keyword === "account") word();
    else if (keyword === "login" || keyword === "password") {
      const value = word();
      if (entry !== undefined && value !== undefined) entry[keyword === "login" ? "user" : "password"] = value;
    }
  }
  return entries;
}

/** Goes through a text once, from front to back. */
function createScanner(text: string) {
  let at = 0;
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  return {
    /** The next word or quoted value; undefined at the end. */
    word(): string | undefined {
      const [, quoted, bare] = match(WORD) ?? [];
      return quoted?.replaceAll(/\\(.)/g, "$1") ?? bare;
    },
    skip(pattern: RegExp): void {
      match(pattern);
    },
  };
}
