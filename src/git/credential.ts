/** Asks git's credential helpers for the login of a server. */
import { runGit } from "./run-git.js";

/** A login that the user keeps with git. */
export interface GitLogin {
  user: string;
  password: string;
}

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
  return password === undefined ? undefined : { user: found.get("username") ?? "", password };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
