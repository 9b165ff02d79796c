/** Finds the login that the user keeps for a host: in variables, in token files, in a netrc file. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AssetsError, hideSecret } from "../errors.js";
import { isWindows } from "../platform.js";
import { loginFor } from "./netrc.js";
import { basic, type Environment } from "./proxy.js";
import type { Service } from "./services.js";

/** What to show a host. */
export interface Credential {
  /** Value of the Authorization header. */
  readonly authorization: string;
  /** Where the user keeps it: name of a variable, or path of a file. */
  readonly from: string;
}

/** Where to look. */
export interface CredentialOptions {
  env: Environment;
  /** The user's home folder. */
  home: string;
}

/** Finds the login for a URL's first request. Throws USAGE for one that cannot be sent. */
export type FindCredential = (url: URL, service: Service | undefined) => Promise<Credential | undefined>;

/** Looks for ASSETS_TOKEN_<HOST>, then the token of the host's service, then a login in the netrc file. */
export function createCredentials({ env, home }: CredentialOptions): FindCredential {
  let netrc: Promise<{ text: string; file: string }> | undefined;
  return async (url, service) => {
    for (const from of tokenVariables(url)) {
      const value = env[from]?.trim();
      if (value) return credentialOf(value, from);
    }
    const token = await service?.token();
    if (token !== undefined) return credentialOf(token.value, token.from, false);
    netrc ??= readNetrc(env, home);
    const { text, file } = await netrc;
    const login = loginFor(url.hostname.replace(/^\[|\]$/g, ""), text);
    return login && { authorization: basic(login.user, login.password), from: file };
  };
}

/**
 * The variables that may hold the token of a URL's host, the more particular first. A dot becomes `_` and a hyphen `__`,
 * so that no other host than the one that is meant has a variable of the same name.
 */
export function tokenVariables({ hostname, port, protocol }: URL): [withPort: string, withoutPort: string] {
  const host = hostname
    .replace(/^\[|\]$/g, "")
    .replaceAll("-", "__")
    .replaceAll(/[^a-z0-9_]/gi, "_");
  const name = `ASSETS_TOKEN_${host.toUpperCase()}`;
  return [`${name}_${port || (protocol === "https:" ? 443 : 80)}`, name];
}

/** A value with a colon is `user:password` where that may be: bearer tokens have none (RFC 6750 section 2.1). */
function credentialOf(value: string, from: string, mayBePair = true): Credential {
  const colon = mayBePair ? value.indexOf(":") : -1;
  if (colon !== -1) return { authorization: basic(value.slice(0, colon), value.slice(colon + 1)), from };
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw new AssetsError("USAGE", `The token of ${from} has characters in it that no token has.`, {
      hint: "It is one word, without spaces, line ends or quotes around it.",
    });
  }
  hideSecret(value);
  return { authorization: `Bearer ${value}`, from };
}

/** A file that is not there, or not the user's to read, has no logins. */
async function readNetrc(env: Environment, home: string): Promise<{ text: string; file: string }> {
  const usual = [...(isWindows ? ["_netrc"] : []), ".netrc"].map((name) => join(home, name));
  for (const file of env.NETRC ? [env.NETRC] : usual) {
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text !== undefined) return { text, file };
  }
  return { text: "", file: "" };
}
