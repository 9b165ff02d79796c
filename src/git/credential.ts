/** Asks git's credential helpers for the login of a server, and tells them what came of it. */
import { runGit } from "./run-git.js";

/** A login that the user keeps with git. */
export interface GitLogin {
  user: string;
  password: string;
  /**
   * Tells the helpers whether the server took it, so that they keep it, or forget it as git would: what has expired stands
   * in the way of a new one otherwise. Throws the signal's reason, and nothing else.
   */
  tell(verdict: "approve" | "reject"): Promise<void>;
}

/** A helper that was told something has nothing to wait for, in milliseconds. */
const LONGEST_TELLING_MS = 10_000;

/** The login for a URL; undefined where git is not installed or has none without asking somebody. Throws the signal's reason. */
export async function gitLogin(url: URL, cwd: string, signal?: AbortSignal): Promise<GitLogin | undefined> {
  const { protocol, host, pathname, username } = url;
  const facts = { protocol: protocol.slice(0, -1), host, path: pathname.slice(1), username };
  const lines = Object.entries(facts).map(([name, value]) => [name, decoded(value)] as const);
  // The form of gitcredentials(7) has a line each: nothing may add one.
  if (lines.some(([, value]) => /[\0\r\n]/.test(value))) return undefined;
  const input = lines.flatMap(([name, value]) => (value === "" ? [] : `${name}=${value}\n`)).join("");
  const answer = await runGit(["credential", "fill"], { cwd, input: `${input}\n`, signal });
  const found = new Map(
    answer?.split("\n").map((line): [string, string] => {
      const sign = line.indexOf("=");
      return [line.slice(0, sign), line.slice(sign + 1)];
    }),
  );
  const password = found.get("password");
  if (answer === undefined || password === undefined) return undefined;
  return {
    user: found.get("username") ?? "",
    password,
    async tell(verdict) {
      // All that git has answered, as other facts than these may name the login among several.
      const call = { cwd, input: `${answer.replace(/\n+$/, "")}\n\n`, signal, timeoutMs: LONGEST_TELLING_MS };
      await runGit(["credential", verdict], call);
    },
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
