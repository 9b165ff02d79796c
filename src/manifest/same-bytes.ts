/** Tells whether a file that is imported is the one that the manifest has: pure. */

/** What is known of the bytes of a file, under the keys of the manifest. Digests in lower-case hex digits. */
export interface KnownPins {
  readonly size?: number;
  readonly sha256?: string;
  readonly sha512?: string;
  readonly sha1?: string;
  readonly gitBlob?: string;
  readonly md5?: string;
}

/** A file with all that is known of its bytes. */
export interface KnownBytes {
  readonly pins: KnownPins;
  /** As the sources open them. */
  readonly urls: readonly string[];
}

const DIGESTS = ["sha256", "sha512", "sha1", "gitBlob", "md5"] as const;
const KEYS = ["size", ...DIGESTS] as const;

/** What keeps two from being one file; else the pins that the first lacks and the second has. */
export function compareBytes(there: KnownBytes, wanted: KnownBytes): { reason: string } | { news: KnownPins } {
  const [has, wants] = [there.pins, wanted.pins];
  for (const key of KEYS) {
    const [own, other] = [has[key], wants[key]];
    if (own === undefined || other === undefined || own === other) continue;
    const [old, now] = brief(`${own}`, `${other}`);
    return { reason: `its ${key} is ${old} in the manifest, and ${now} in what is imported` };
  }
  // Beside a SHA-256, what is weaker says nothing more.
  const news = KEYS.filter((key) => has[key] === undefined && wants[key] !== undefined).filter(
    (key) => key === "size" || has.sha256 === undefined,
  );
  const [own, theirs] = [digestsOf(has), digestsOf(wants)];
  const isOne = own.some((key) => theirs.includes(key)) || hasOneSource(there, wanted);
  if (isOne) return { news: Object.fromEntries(news.map((key) => [key, wants[key]])) };
  if (own.length > 0 && theirs.length > 0) {
    const kinds = `the manifest has its ${own.join(", ")}, what is imported its ${theirs.join(", ")}`;
    return { reason: `${kinds}: nothing tells whether they are of the same bytes` };
  }
  if (news.length === 0 || theirs.length === 0) return { news: {} };
  const reason =
    "it has another source in the manifest, of which what is imported says nothing: assets lock pins it, or delete the entry";
  return { reason };
}

function digestsOf(pins: KnownPins): (typeof DIGESTS)[number][] {
  return DIGESTS.filter((key) => pins[key] !== undefined);
}

/** Whether both come from one URL, or from stores of DVC, where an object is called after its MD5. */
function hasOneSource({ urls, pins: { md5: own } }: KnownBytes, { urls: others, pins: { md5 } }: KnownBytes): boolean {
  if (urls.some((url) => others.includes(url))) return true;
  return urls.some((url) => isObject(url, md5)) || others.some((url) => isObject(url, own));
}

function isObject(url: string, md5: string | undefined): boolean {
  return md5 !== undefined && url.endsWith(`/${md5.slice(0, 2)}/${md5.slice(2)}`);
}

/** So much of both that they are seen to differ. */
function brief(one: string, other: string): [string, string] {
  const same = [...one].findIndex((sign, index) => sign !== other[index]);
  const shown = Math.max(12, same + 1);
  const cut = (text: string) => (text.length > shown ? `${text.slice(0, shown)}…` : text);
  return [cut(one), cut(other)];
}
