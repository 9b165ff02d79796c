/** What is particular about GitHub: which of its hosts take a token, and what its refusals mean. */
import { plainEndpoint } from "./endpoint.js";
import type { Environment } from "./proxy.js";
import type { Service } from "./services.js";

/** Where its API is, unless GITHUB_API_URL says otherwise. */
export const GITHUB_API = "https://api.github.com";

/** Its other hosts (objects, release assets, codeload) are reached by signed redirects and refuse a token. */
const ORIGINS = new Set([
  "https://github.com",
  GITHUB_API,
  "https://raw.githubusercontent.com",
  "https://media.githubusercontent.com",
]);
const RELEASE_FILE = /^\/([^/]+\/[^/]+)\/releases\/download\/([^/]+)\//;

/** GitHub, whose own tool lets GH_TOKEN outrank GITHUB_TOKEN. */
export function createGitHub({ env }: { env: Environment }): Service {
  // A value that makes no sense matters to nobody but those who ask there.
  const api = env.GITHUB_API_URL ? plainEndpoint(env.GITHUB_API_URL) : undefined;
  const isApi = ({ href, origin }: URL) => origin === GITHUB_API || (api !== undefined && href.startsWith(`${api}/`));
  return {
    serves: (url) => ORIGINS.has(url.origin) || isApi(url),
    async token() {
      for (const from of ["GH_TOKEN", "GITHUB_TOKEN"]) {
        const value = env[from]?.trim();
        if (value) return { value, from };
      }
      return undefined;
    },
    hint({ status, limited }, { pathname }, from) {
      if (limited) {
        return from === undefined
          ? "GitHub answers those without a login 60 questions an hour: set GITHUB_TOKEN or GH_TOKEN (gh auth token prints one)"
          : `That is the limit of the token of ${from}: wait until then.`;
      }
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
    headers(url): Record<string, string> {
      const isFile = isApi(url) && /\/repos\/[^/]+\/[^/]+\/releases\/assets\/\d+$/.test(url.pathname);
      return isFile ? { accept: "application/octet-stream" } : {};
    },
  };
}
