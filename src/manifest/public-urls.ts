/** Which URLs a manifest may not name, because they carry what only their owner should know: pure but for logins that were read. */
import { isHidden } from "../errors.js";
import type { Problem } from "./issues.js";

/** Words that begin or hold a login wherever they stand: GitHub, GitLab, the Hub, npm, Slack, AWS; a signed JWT (RFC 7519). */
const TOKENS = [
  /gh[pousr]_[A-Za-z0-9]{30,}/,
  /github_pat_\w{20,}/,
  /glpat-[\w-]{20,}/,
  /hf_[A-Za-z0-9]{30,}/,
  /npm_[A-Za-z0-9]{36,}/,
  /xox[abprs]-[A-Za-z0-9-]{20,}/,
  /A(?:KIA|SIA)[A-Z0-9]{16}(?![A-Za-z0-9])/,
  /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/,
].map(({ source }) => new RegExp(`(?<![A-Za-z0-9_])${source}`));

/** Parameters that sign a request when they stand together: S3, Google, Aliyun, Azure, CloudFront and S3 of before, Akamai. */
const SIGNATURES: readonly (readonly [key: RegExp, besides?: RegExp])[] = [
  [/^x-(?:amz|goog|oss)-signature$/],
  [/^sig$/, /^(?:sv|se)$/],
  [/^signature$/, /^(?:expires|key-pair-id)$/],
  [/^hdn(?:ts|ea)$/, /^hmac$/],
];

const URL_LOGIN = /\b[a-z][a-z0-9+.-]*:\/\/([^/?#\s]*)@/gi;
/** A user without a password whose name nobody would choose. */
const RANDOM_NAME = /^(?=.*\d)(?=.*[a-z])[\w.-]{20,}$/i;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Shorter ones count pages and the like. */
const SHORTEST_TOKEN = 8;

/**
 * What keeps a URL from being written into a manifest, which others read. It refuses what is certain: a password, the
 * shape of a known token, a known set of signing parameters, a parameter named a token, password or secret, unless its
 * value is a UUID, as Firebase gives to everybody, or too short. What `redact` cuts besides may be a mere name.
 */
export function checkPublic(url: string): Problem | undefined {
  if (!hasLogin(url) && !TOKENS.some((token) => token.test(decoded(url))) && !isSigned(url) && !isHidden(url)) {
    return undefined;
  }
  return {
    message: "it carries a login or a signature, which has no place in a manifest",
    suggestion: "Name the URL without it; logins belong into ~/.netrc or a variable (docs/network.md).",
  };
}

function hasLogin(url: string): boolean {
  return [...url.matchAll(URL_LOGIN)].some(([, login = ""]) => {
    const [user = "", ...password] = login.split(":");
    return isSecret(password.join(":")) || RANDOM_NAME.test(decoded(user));
  });
}

function isSigned(url: string): boolean {
  const parameters = parametersOf(url);
  const has = (key: RegExp) => parameters.some(([name, value]) => key.test(name.toLowerCase()) && isSecret(value));
  if (SIGNATURES.some(([key, besides]) => has(key) && (besides === undefined || has(besides)))) return true;
  return parameters.some(([name, value]) => {
    const words = name
      .replace(/([a-z])(?=[A-Z])/g, "$1-")
      .toLowerCase()
      .split(/[^a-z]+/);
    if (words.some((word) => /^(?:password|passwd|pwd)$/.test(word))) return isSecret(value);
    const isNamed = words.some((word) => /^(?:token|secret)$/.test(word));
    return isNamed && value.length >= SHORTEST_TOKEN && !UUID.test(value) && isSecret(value);
  });
}

/** Names and values of everything that looks like a query, decoded; Akamai puts pairs of its own into a value. */
function parametersOf(url: string): (readonly [name: string, value: string])[] {
  return url
    .split(/[?&#;~]/)
    .slice(1)
    .map((part) => {
      const at = part.indexOf("=");
      return at === -1 ? [decoded(part), ""] : [decoded(part.slice(0, at)), decoded(part.slice(at + 1))];
    });
}

/** What was cut out before is no secret any more. */
function isSecret(value: string): boolean {
  return value !== "" && !/^\*{3}[:,;.]?$/.test(value);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
