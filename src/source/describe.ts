/** Finds out what an upstream states about a URL, without asking it for the bytes. */
import { AssetsError, redact } from "../errors.js";
import { parseRaw } from "../raw-files.js";
import { parseHub, parseRecord, parseRelease, SHORT_SCHEMES, shortForm } from "../short-urls.js";
import { MEMBER_FRAGMENT } from "../url-forms.js";
import { describeRaw } from "./describe-raw.js";
import type { Described } from "./described.js";
import type { Headers } from "./headers.js";
import { refusalOf } from "./http-answer.js";
import { type Hub, resolveUrlOf } from "./hub.js";
import type { Environment } from "./proxy.js";
import { orRefuse, type Services } from "./short.js";
import { createSumBeside } from "./sums-beside.js";
import type { WebSource } from "./web.js";

/** How much is asked. */
export interface DescribeOptions {
  readonly signal: AbortSignal;
  /** Leave out what takes further questions: the licence, lists of checksums beside a file. Default false. */
  readonly bytesOnly?: boolean;
}

/** Answers undefined where nothing is stated. Throws an AssetsError, and the signal's reason. */
export type Describe = (url: string, options: DescribeOptions) => Promise<Described | undefined>;

/** Who is asked. `service`: GitHub, for what is no release. */
type DescribeServices = Services & { readonly hub: Hub; readonly service: Pick<WebSource, "ask"> };

/** Longest wait for what a host that is no service states, in milliseconds. */
const PATIENCE_MS = 30_000;

/** Makes it. */
export function createDescribe(
  { web, service, releases, records, hub }: DescribeServices,
  { env }: { env: Environment },
): Describe {
  const sumBeside = createSumBeside(web);

  async function describeShort(url: string, options: DescribeOptions): Promise<Described> {
    const scheme = url.slice(0, url.indexOf(":")).toLowerCase();
    if (scheme === "github") return releases.describe(orRefuse(parseRelease(url), url), options);
    if (scheme === "zenodo") return records.describe(orRefuse(parseRecord(url), url), options);
    const { path, ...repository } = orRefuse(parseHub(url), url);
    if (path === undefined) {
      throw new AssetsError("UNSUPPORTED_URL", `${redact(url)} names a whole repository, and no file.`);
    }
    return hub.describe({ ...repository, path }, options);
  }

  return async (url, options) => {
    // What is stated of an archive says nothing of the files in it.
    if (url.includes(MEMBER_FRAGMENT)) return undefined;
    const scheme = url.slice(0, url.indexOf(":")).toLowerCase();
    if (SHORT_SCHEMES.includes(scheme)) return describeShort(url, options);
    if (scheme !== "https" && scheme !== "http") return undefined;
    const short = shortForm(url);
    const raw = parseRaw(url);
    if (raw !== undefined) return describeRaw(raw, service, { env, signal: options.signal });
    if (short === undefined) {
      const { signal, bytesOnly = false } = options;
      const patience = AbortSignal.timeout(PATIENCE_MS);
      const own = AbortSignal.any([signal, patience]);
      const told = await web.ask(url, { method: "HEAD", signal: own }).catch((error) => {
        signal.throwIfAborted();
        // Who is asked and never answers states nothing.
        if (patience.aborted) return undefined;
        // Some servers know no HEAD; what else they refuse, they refuse.
        if (![400, 403, 405, 501].includes(refusalOf(error)?.status ?? 0)) throw error;
        return undefined;
      });
      const head = told?.status === 200 ? fromHead(url, told.headers) : undefined;
      if (head?.digest !== undefined || bytesOnly || patience.aborted) return head;
      const sum = await sumBeside(url, signal);
      if (sum === undefined) return head;
      return { url, ...(head?.size !== undefined && { announced: head.size }), ...sum };
    }
    const described = await describeShort(short, options);
    // Whoever wrote a long address reads a long address.
    return { ...described, url: longForm(described.url) };
  };
}

/** The web address that a short form of {@link shortForm} came from. */
function longForm(url: string): string {
  const hub = parseHub(url);
  if ("path" in hub && hub.path !== undefined) return resolveUrlOf({ ...hub, path: hub.path });
  const [, repository, rest = ""] = /^github:([^@]+)@(.*)$/s.exec(url) ?? [];
  if (repository !== undefined) return `https://github.com/${repository}/releases/download/${rest}`;
  const [, record, file] = /^zenodo:(\d+)\/(.*)$/s.exec(url) ?? [];
  return `https://zenodo.org/records/${record}/files/${file}`;
}

/** Size and digest that a server states of what it would send. */
function fromHead(url: string, headers: Headers): Described | undefined {
  const header = (name: string) => [headers[name] ?? []].flat().join(", ");
  const isCoded = !/^(?:identity)?$/i.test(header("content-encoding"));
  const length = header("content-length");
  // Some servers answer every HEAD with a length of nothing.
  const size = !isCoded && /^\d+$/.test(length) && Number(length) > 0 ? Number(length) : undefined;
  // RFC 9530 section 3: of the whole representation, however it is sent.
  const [, algorithm = "", value = ""] = /\b(sha-256|sha-512)=:([A-Za-z0-9+/=]+):/.exec(header("repr-digest")) ?? [];
  const hex = Buffer.from(value, "base64").toString("hex");
  const fits = !isCoded && hex.length === (algorithm === "sha-512" ? 128 : 64);
  if (size === undefined && !fits) return undefined;
  return {
    url,
    ...(size !== undefined && { size }),
    ...(fits && {
      digest: { algorithm: algorithm === "sha-512" ? "sha512" : "sha256", hex },
      statedBy: "the server (Repr-Digest)",
    }),
  };
}
