/** Reads git's configuration, as its files have it and as `git config --list -z` prints it: pure. */

/** Settings by key, each with all its values; the last one counts where there can be only one. */
export interface GitConfig {
  /** The value that counts. `key` as git prints it: section and name in lower case, what stands between them as it is. */
  get(key: string): string | undefined;
  /** Every key and value, in the order in which they were read. */
  readonly entries: readonly (readonly [key: string, value: string])[];
}

/** Settings from several places, the ones that outrank others last. */
export function gitConfig(entries: GitConfig["entries"]): GitConfig {
  const last = new Map(entries);
  return { get: (key) => last.get(key), entries };
}

/** What `git config --list -z` prints: keys and values apart by a line feed, entries by NUL. */
export function parseConfigList(text: string): [string, string][] {
  return text
    .split("\0")
    .filter((entry) => entry !== "")
    .map((entry) => {
      const feed = entry.indexOf("\n");
      // A key without a value is a switch that is on.
      return feed < 0 ? [entry, "true"] : [entry.slice(0, feed), entry.slice(feed + 1)];
    });
}

const SECTION = /^\s*\[\s*([-.\w]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]/;
const SETTING = /^\s*([A-Za-z][-A-Za-z0-9]*)\s*(?:=\s*(.*))?$/s;

/**
 * A configuration file (git-config(1), "Syntax"). Lines that are none are left out: git itself would stop, but where
 * a store lies is not worth that. `include` is not followed.
 */
export function parseConfigFile(text: string): [string, string][] {
  const entries: [string, string][] = [];
  let prefix = "";
  for (const line of joined(text.replace(/^\ufeff/, ""))) {
    const section = SECTION.exec(line);
    if (section !== null) {
      const [head, name = "", sub] = section;
      prefix = sub === undefined ? `${name.toLowerCase()}.` : `${name.toLowerCase()}.${sub.replace(/\\(.)/g, "$1")}.`;
      if (!/^\s*(?:[#;].*)?$/s.test(line.slice(head.length))) read(line.slice(head.length));
    } else read(line);
  }
  return entries;

  function read(line: string): void {
    const [, name, value] = SETTING.exec(line) ?? [];
    if (name === undefined || prefix === "") return;
    entries.push([`${prefix}${name.toLowerCase()}`, value === undefined ? "true" : unquoted(value)]);
  }
}

/** Lines, those that end in a backslash with the next one; comments are left out. */
function joined(text: string): string[] {
  const lines: string[] = [];
  let open = "";
  for (const line of text.split(/\r?\n/)) {
    if (open === "" && /^\s*[#;]/.test(line)) continue;
    const whole = `${open}${line}`;
    if (/(?:^|[^\\])(?:\\\\)*\\$/.test(whole)) open = whole.slice(0, -1);
    else {
      lines.push(whole);
      open = "";
    }
  }
  return open === "" ? lines : [...lines, open];
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", b: "\b" };

/** A value without its quotes, its comment and the space around it. */
function unquoted(text: string): string {
  let value = "";
  let kept = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') quoted = !quoted;
    else if (char === "\\") {
      at += 1;
      value += ESCAPES[text.charAt(at)] ?? text.charAt(at);
    } else if (!quoted && (char === "#" || char === ";")) break;
    else value += char;
    // Space counts within quotes, and between words.
    if (quoted || char === '"' || char === "\\" || !/\s/.test(char)) kept = value.length;
  }
  return value.slice(0, kept);
}
