/** What is particular about GitHub: which of its hosts take a token, and what its refusals mean. */
import type { Environment } from "./proxy.js";
import type { Service } from "./services.js";

/** Its other hosts (objects, release assets, codeload) are reached by signed redirects and refuse a token. */
const ORIGINS = new Set([
  "https://github.com",
  "https://api.github.com",
  "https://raw.githubusercontent.com",
  "https://media.githubusercontent.com",
]);
const RELEASE_FILE = /^\/([^/]+\/[^/]+)\/releases\/download\/([^/]+)\//;

/** GitHub, whose own tool lets GH_TOKEN outrank GITHUB_TOKEN. */
export function createGitHub({ env }: { env: Environment }): Service {
  return {
    serves: (url) => ORIGINS.has(url.origin),
    async token() {
      for (const from of ["GH_TOKEN", "GITHUB_TOKEN"]) {
        const value = env[from]?.trim();
        if (value) return { value, from };
      }
      return undefined;
    },
    hint({ status }, { pathname }, from) {
      if (status === 401 && from !== undefined) {
        return "It may be mistyped, expired or revoked: see https://github.com/settings/tokens, or gh auth status";
      }
      if (status !== 404 && status !== 401 && status !== 403) return undefined;
      if (from === undefined) {
        const why = status === 404 ? "If the repository is private, GitHub hides it this way" : "If it needs a login";
        return `${why}: set GITHUB_TOKEN or GH_TOKEN (gh auth token prints one)`;
      }
      const [, repository, tag] = RELEASE_FILE.exec(pathname) ?? [];
      if (repository !== undefined) {
        return `Files of private releases have URLs of another form: gh api repos/${repository}/releases/tags/${tag} --jq '.assets[].url'`;
      }
      return `If it is there, the token of ${from} may not read it: the repository, or the organisation's single sign-on, has to allow it.`;
    },
    // Without this, the address of a release's file answers with a description of it.
    headers({ hostname, pathname }): Record<string, string> {
      const isFile = hostname === "api.github.com" && /^\/repos\/[^/]+\/[^/]+\/releases\/assets\/\d+$/.test(pathname);
      return isFile ? { accept: "application/octet-stream" } : {};
    },
  };
}
