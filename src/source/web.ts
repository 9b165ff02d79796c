/** The `https:` and `http:` source: asks with the login that the user keeps for a host, and explains its refusals. */
import { devNull, homedir } from "node:os";
import { AssetsError, redact } from "../errors.js";
import { environment } from "../this-process.js";
import { type Credential, createCredentials, tokenVariables } from "./credentials.js";
import { createGitHub } from "./github.js";
import type { HttpClient, Question, Told } from "./http.js";
import { type Refusal, refusalOf } from "./http-answer.js";
import { createHuggingFace } from "./hugging-face.js";
import { type Environment, type ProxySettings, proxyFor, staysHere } from "./proxy.js";
import type { Service } from "./services.js";
import type { OpenOptions, Source } from "./source.js";

/** What the source needs to know about where it runs. */
export interface WebSourceOptions {
  /** The proxies of the client. */
  network: ProxySettings;
  /** Default: that of this process. */
  env?: Environment;
  /** The user's home folder. Default: as the system says. */
  home?: string;
}

/** Statuses by which a host may refuse a login although the file is anybody's. */
const REFUSALS = new Set([400, 401, 403, 404]);

/** Where a file is asked for, and as whom. */
interface Place extends Login {
  readonly url: URL;
  readonly service: Service | undefined;
}

/** What the user keeps for a host. */
interface Login {
  readonly credential: Credential | undefined;
  /** The login is not sent, since others could read it on the way. */
  readonly withheld: boolean;
}

/** The source, and what else can be asked of the web in the same way. */
export interface WebSource extends Source {
  /** Asks with the user's login for the host, and explains its refusals. URLs of the Hub lead to its mirror. */
  ask(url: string, question: Question, headers?: Record<string, string>): Promise<Told>;
  /** Where a URL is really asked for, as users may see it. */
  addressOf(url: string): string;
  /** Where a URL is really asked for, and the Authorization that would be sent there, if any. */
  accessTo(url: string): Promise<{ url: string; authorization?: string }>;
}

/** Makes the source. Logins are looked for when the first URL of their host is opened. */
export function createWebSource(client: HttpClient, options: WebSourceOptions): WebSource {
  const { network, env = environment, home = userHome() } = options;
  const hub = createHuggingFace({ env, home });
  const services: readonly Service[] = [hub, createGitHub({ env })];
  const findCredential = createCredentials({ env, home });
  /** Origins that refused a login and gave the file without: there the login comes second. */
  const open = new Set<string>();

  /** By service and origin, looked up once: that takes longer than to send a request. */
  const logins = new Map<string, Login | Promise<Login>>();

  async function findLogin(key: string, url: URL, service: Service | undefined): Promise<Login> {
    const credential = await findCredential(url, service);
    const safe = url.protocol === "https:" || staysHere(url, proxyFor(url, network, env));
    const login = { credential, withheld: credential !== undefined && !safe };
    logins.set(key, login);
    return login;
  }

  function loginFor(url: URL, service: Service | undefined): Login | Promise<Login> {
    // What the URL says itself outranks all that the user keeps elsewhere.
    if (url.username || url.password) return { credential: undefined, withheld: false };
    const key = `${service === undefined ? "" : services.indexOf(service)} ${url.origin}`;
    const login = logins.get(key) ?? findLogin(key, url, service);
    logins.set(key, login);
    return login;
  }

  function placeOf(url: URL): Place | Promise<Place> {
    const service = services.find((each) => each.serves(url));
    const login = loginFor(url, service);
    const placeWith = ({ credential, withheld }: Login) => ({ url, service, credential, withheld });
    return login instanceof Promise ? login.then(placeWith) : placeWith(login);
  }

  /** Asks with the login and, if it is refused, once without: a stale token must not keep anybody from a public file. */
  async function askAt<T>(url: URL, send: (url: string, headers: Record<string, string>) => Promise<T>): Promise<T> {
    const place = await placeOf(url);
    const { credential, withheld } = place;
    const sendAs = (shown: Credential | undefined) =>
      send(place.url.href, Object.assign({}, place.service?.headers?.(place.url), shown && authorizationOf(shown)));
    if (credential === undefined || withheld) {
      try {
        return await sendAs(undefined);
      } catch (error) {
        throw explained(error, place);
      }
    }
    const order = open.has(url.origin) ? [undefined, credential] : [credential, undefined];
    let refused: unknown;
    for (const [index, each] of order.entries()) {
      try {
        const answer = await sendAs(each);
        if (index === 1 && each === undefined) open.add(url.origin);
        return answer;
      } catch (error) {
        // Of two refusals, that of the login tells more.
        if (refused === undefined || each !== undefined) refused = error;
        if (!mayDependOnLogin(refusalOf(error), each)) break;
      }
    }
    throw explained(refused, place);
  }

  return {
    schemes: ["https", "http"],
    local: false,
    locate(url) {
      const asked = hub.mirrored(url);
      const open = (options: OpenOptions) =>
        askAt(new URL(asked), (at, headers) => client.open(at, options, { headers }));
      return { url: redact(asked), open };
    },
    async ask(url, question, more = {}) {
      return askAt(new URL(hub.mirrored(url)), (at, headers) =>
        client.ask(at, question, { headers: { ...more, ...headers } }),
      );
    },
    addressOf: (url) => redact(hub.mirrored(url)),
    async accessTo(url) {
      const asked = hub.mirrored(url);
      const { credential, withheld } = await placeOf(new URL(asked));
      return { url: asked, ...(credential && !withheld && { authorization: credential.authorization }) };
    },
  };
}

function authorizationOf({ authorization }: Credential): Record<string, string> {
  return { authorization };
}

/** A reason beside the status of a refused login means that the host knew whom it refused. */
function mayDependOnLogin(refusal: Refusal | undefined, shown: Credential | undefined): boolean {
  // Those who show no login have a limit of their own, and a lower one.
  if (refusal?.limited && !refusal.elsewhere) return shown === undefined;
  if (refusal === undefined || refusal.elsewhere || !REFUSALS.has(refusal.status)) return false;
  return shown === undefined || refusal.reason === undefined || refusal.status === 401;
}

/** Somebody without a home folder has no files in it. */
export function userHome(): string {
  try {
    return homedir() || devNull;
  } catch {
    return devNull;
  }
}

/** Says what a refusal of the host that was asked means to a user with this login, or without one. */
function explained(error: unknown, { url, service, credential, withheld }: Place): unknown {
  const refusal = refusalOf(error);
  if (!(error instanceof AssetsError) || refusal === undefined || refusal.elsewhere) return error;
  const { code, cause } = error;
  if (refusal.limited) {
    const more = service?.hint(refusal, url, withheld ? undefined : credential?.from);
    const { retry = {} } = error;
    return new AssetsError(code, error.message, { cause, retry, ...(more !== undefined && { hint: more }) });
  }
  if (code !== "ACCESS" && code !== "NOT_FOUND") return error;
  if (withheld) {
    const hint = `The login of ${credential?.from} was not sent, since plain http lets others read it: use https.`;
    return new AssetsError(code, error.message, { cause, hint });
  }
  const from = credential?.from;
  const hint = service?.hint(refusal, url, from) ?? (code === "ACCESS" ? generalHint(url, from) : error.hint);
  const isLogin = refusal.status === 401 && from !== undefined;
  const message = isLogin ? `${redact(url.href)} refuses the login of ${from} (HTTP 401).` : error.message;
  return new AssetsError(code, message, { cause, ...(hint !== undefined && { hint }) });
}

function generalHint(url: URL, from: string | undefined): string {
  if (from !== undefined) return `Check ${from}: the login may be mistyped, expired, or not allowed to read this file.`;
  if (url.username || url.password) return "Check user and password in the URL.";
  const variable = tokenVariables(url)[1];
  return `If it needs a login, set ${variable}, or add the host to ~/.netrc. If it needs a licence accepted, open the URL in a browser.`;
}
