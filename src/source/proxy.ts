/** Decides which proxy a URL is asked through, from settings and the variables that curl reads as well. */
import { AssetsError, hideSecret } from "../errors.js";
import { isLoopback } from "./loopback.js";
import { isListed } from "./no-proxy.js";

/** Proxies of one client. A field left out falls back on the environment; an empty text means none. */
export interface ProxySettings {
  /** URL of the proxy for http, with user and password if it needs them. */
  httpProxy?: string;
  /** URL of the proxy for https, with user and password if it needs them. */
  httpsProxy?: string;
  /** Hosts reached without a proxy, in the form of the NO_PROXY variable. */
  noProxy?: string;
}

/** A proxy that a URL is asked through. */
export interface ProxyRoute {
  /** Where it listens, without credentials: fit to be shown. */
  readonly origin: string;
  readonly hostname: string;
  /** Value of the Proxy-Authorization header, if user and password were given. */
  readonly authorization?: string;
  /** What a user knows its address by: the name of a variable, or {@link SETTINGS}. */
  readonly from: string;
}

/** The origin of a proxy that no variable names. */
export const SETTINGS = "the settings";

/** The environment's variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL, if there is one. Lower case outranks upper case, and a scheme's own variable ALL_PROXY; an empty
 * variable is an unset one. Throws USAGE for an address that cannot be used.
 */
export function proxyFor(url: URL, settings: ProxySettings, env: Environment): ProxyRoute | undefined {
  const found = addressFor(url.protocol, settings, env);
  if (found === undefined) return undefined;
  const list = settings.noProxy ?? firstSet(["no_proxy", "NO_PROXY"], env)?.value ?? "";
  return isListed(url, list) ? undefined : readAddress(found);
}

/**
 * An environment by which curl, and git with it, asks through the same proxies: it reads no HTTP_PROXY in capitals, and no
 * settings of ours.
 */
export function withProxies(settings: ProxySettings, env: Environment): Environment {
  const values = {
    http_proxy: addressFor("http:", settings, env)?.value,
    https_proxy: addressFor("https:", settings, env)?.value,
    no_proxy: settings.noProxy ?? firstSet(["no_proxy", "NO_PROXY"], env)?.value,
  };
  const others = Object.entries(env).filter(([name]) => !(name.toLowerCase() in values) && !/^all_proxy$/i.test(name));
  return Object.fromEntries([...others, ...Object.entries(values).filter(([, value]) => value !== undefined)]);
}

/** Whether what goes to a URL unencrypted stays on this machine. */
export function staysHere(url: URL, proxy: ProxyRoute | undefined): boolean {
  return isLoopback(url.hostname) && (proxy === undefined || isLoopback(proxy.hostname));
}

interface Address {
  name: string;
  value: string;
}

function addressFor(protocol: string, settings: ProxySettings, env: Environment): Address | undefined {
  const secure = protocol === "https:";
  const set = secure ? settings.httpsProxy : settings.httpProxy;
  if (set !== undefined) return set === "" ? undefined : { name: SETTINGS, value: set };
  // Behind a web server's CGI, HTTP_PROXY is what a client sent as its header "Proxy".
  const upper = secure ? ["HTTPS_PROXY"] : env.REQUEST_METHOD === undefined ? ["HTTP_PROXY"] : [];
  return firstSet([secure ? "https_proxy" : "http_proxy", ...upper, "all_proxy", "ALL_PROXY"], env);
}

function firstSet(names: readonly string[], env: Environment): Address | undefined {
  for (const name of names) {
    const value = env[name]?.trim();
    if (value) return { name, value };
  }
  return undefined;
}

/** Like curl, takes `host:port` for an http proxy. What it throws does not repeat the address, which may hold a password. */
function readAddress({ name, value }: Address): ProxyRoute {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const hint = `http:// and https:// proxies work: ${name === SETTINGS ? "HTTPS_PROXY" : name}=http://host:port`;
  const scheme = text.slice(0, text.indexOf(":")).toLowerCase();
  if (scheme.startsWith("socks")) {
    throw new AssetsError("USAGE", `The proxy in ${name} speaks SOCKS (${scheme}://), which is not supported.`, {
      hint: `${hint} (HTTPS_PROXY and HTTP_PROXY outrank ALL_PROXY; NO_PROXY names hosts that need none)`,
    });
  }
  if (scheme !== "http" && scheme !== "https") {
    throw new AssetsError("USAGE", `The proxy's address in ${name} is not an http or https URL.`, { hint });
  }
  if (!URL.canParse(text)) {
    throw new AssetsError("USAGE", `The proxy's address in ${name} cannot be read as a URL.`, {
      hint: `${hint} (in user and password write / # ? @ : % as %2F %23 %3F %40 %3A %25)`,
    });
  }
  const { origin, hostname, username, password } = new URL(text);
  if (username === "" && password === "") return { origin, hostname, from: name };
  return { origin, hostname, from: name, authorization: basic(percentDecoded(username), percentDecoded(password)) };
}

/** Value of an Authorization header (RFC 7617). The password is hidden wherever it would be shown. */
export function basic(user: string, password: string): string {
  const pair = Buffer.from(`${user}:${password}`).toString("base64");
  // Tokens are sent as a user without a password.
  hideSecret(password === "" ? user : password);
  hideSecret(pair);
  return `Basic ${pair}`;
}

/** The text as it stands when it is not percent-encoded. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
