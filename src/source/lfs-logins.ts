/** Which login a Git LFS server is shown: what the user keeps for its host, else what git's credential helpers have. */
import { hideSecret, isSecretHeader, secretsIn } from "../errors.js";
import { type Credential, createCredentials, tokenVariables } from "./credentials.js";
import { createGitHub } from "./github.js";
import { refusalOf } from "./http-answer.js";
import { createHuggingFace } from "./hugging-face.js";
import { basic, type Environment, type ProxySettings, percentDecoded, proxyFor, staysHere } from "./proxy.js";

/** The logins of one server. */
export interface LfsLogins {
  /** The variable that a token of the server may stand in. */
  readonly variable: string;
  /** Asks as the user, the next login following on a refusal. Throws what the last one throws. */
  ask<T>(request: (headers: Record<string, string>) => Promise<T>): Promise<T>;
  /** What was last shown: where it comes from. */
  shown(): string | undefined;
  /** Where a login comes from that was not sent, since others could read it on the way. */
  withheld(): string | undefined;
  /** The headers that the server took, for another URL: none unless it is of the same origin. */
  headersFor(url: URL): Record<string, string>;
}

/** Where logins come from. */
export interface LfsLoginOptions {
  readonly endpoint: URL;
  readonly env: Environment;
  /** The user's home folder. */
  readonly home: string;
  readonly network: ProxySettings;
  /** Headers that git's settings give every request. */
  readonly extra: Readonly<Record<string, string>>;
  /** What git's helpers have for the server; undefined not to ask them. */
  readonly git?: (() => Promise<HelpedLogin | undefined>) | undefined;
}

/** A login of git's helpers. */
interface HelpedLogin {
  readonly user: string;
  readonly password: string;
  /** Has them keep it, or forget it. */
  tell(verdict: "approve" | "reject"): Promise<void>;
}

interface Login {
  readonly headers: Record<string, string>;
  readonly from: string | undefined;
  /** Tells whoever keeps it what came of it; each only once. */
  readonly tell?: HelpedLogin["tell"];
}

const EXTRA = "git's http.extraHeader";

/** Refusals after which another login may be taken: some hosts hide what is private behind a 404. */
const MAY_DEPEND = new Set([401, 403, 404]);

/** Makes them. Nothing is read before the first request. */
export function createLfsLogins(options: LfsLoginOptions): LfsLogins {
  const { endpoint, env, home, network, extra, git } = options;
  const github = createGitHub({ env });
  const services = [createHuggingFace({ env, home }), github];
  /** What the server took, or else what is asked with first. */
  let current: Promise<Login> | undefined;
  let helped: Promise<Login | undefined> | undefined;
  let shown: string | undefined;
  let withheld: string | undefined;
  let accepted: Record<string, string> = {};
  // Plain http lets others read what is sent.
  const isSafe = () => endpoint.protocol === "https:" || staysHere(endpoint, proxyFor(endpoint, network, env));

  async function own(): Promise<Credential | undefined> {
    const { username, password } = endpoint;
    if (username || password) {
      return { authorization: basic(percentDecoded(username), percentDecoded(password)), from: "the server's URL" };
    }
    if (extra.authorization !== undefined) return { authorization: extra.authorization, from: EXTRA };
    const service = services.find((each) => each.serves(endpoint));
    const found = await createCredentials({ env, home })(endpoint, service);
    const token = /^Bearer (.*)$/.exec(found?.authorization ?? "")?.[1];
    // GitHub takes tokens as passwords here.
    const isPassword = found !== undefined && service === github && token !== undefined;
    return isPassword ? { ...found, authorization: basic("x-access-token", token) } : found;
  }

  async function first(): Promise<Login> {
    const secret = Object.entries(extra).filter(([name]) => isSecretHeader(name));
    for (const [, value] of secret) secretsIn(value).forEach(hideSecret);
    const found = await own();
    if (isSafe()) {
      return { headers: { ...extra, ...(found && { authorization: found.authorization }) }, from: found?.from };
    }
    withheld = found?.from ?? (secret.length > 0 ? EXTRA : undefined);
    const open = Object.entries(extra).filter(([name]) => !isSecretHeader(name));
    return { headers: Object.fromEntries(open), from: undefined };
  }

  async function second(): Promise<Login | undefined> {
    const found = isSafe() ? await git?.() : undefined;
    if (found === undefined) return undefined;
    const authorization = basic(found.user, found.password);
    const told = new Set<string>();
    return {
      headers: { ...extra, authorization },
      from: "git's credentials",
      async tell(verdict) {
        if (told.has(verdict)) return;
        told.add(verdict);
        await found.tell(verdict);
      },
    };
  }

  return {
    variable: tokenVariables(endpoint)[1],
    shown: () => shown,
    withheld: () => withheld,
    async ask(request) {
      current ??= first();
      const login = await current;
      shown = login.from;
      const asked = async ({ headers, tell }: Login) => {
        const answer = await request(headers).catch(async (error) => {
          const refusal = refusalOf(error);
          // Only a 401 speaks of the login itself; another host has not seen it.
          if (refusal?.status === 401 && !refusal.elsewhere) await tell?.("reject");
          throw error;
        });
        accepted = headers;
        await tell?.("approve");
        return answer;
      };
      try {
        return await asked(login);
      } catch (error) {
        if (!MAY_DEPEND.has(refusalOf(error)?.status ?? 0)) throw error;
        helped ??= second();
        const other = await helped;
        if (other === undefined || other === login) throw error;
        shown = other.from;
        const answer = await asked(other);
        current = helped as Promise<Login>;
        return answer;
      }
    },
    headersFor: (url) => (url.origin === endpoint.origin ? accepted : {}),
  };
}
