/** Reads what a registry says about a package, believing none of its shapes. */
import { parse as parseIntegrity } from "ssri";
import { AssetsError, visibleLine } from "../errors.js";
import { nearestFew } from "../manifest/suggest.js";
import type { Digest } from "./source.js";

/** One exact version of a package. */
export interface PackageVersion {
  name: string;
  version: string;
}

/** The registry that was asked. */
export interface Registry {
  /** Base URL with a final slash. */
  url: string;
  /** Whether tarballs said to be at a host are to be asked of this registry instead. */
  replacesHost(host: string): boolean;
}

/** Where the bytes of a version are. */
export interface Release {
  tarball: URL;
  /** Strongest digest that the registry states for the tarball. */
  digest?: Digest;
}

/** The versions of a package and what the registry calls its latest, as they came. */
export interface Packument {
  versions: Readonly<Record<string, unknown>>;
  latest?: string;
}

const HEX_LENGTH: Readonly<Record<Digest["algorithm"], number>> = { sha512: 128, sha384: 96, sha256: 64, sha1: 40 };
const STRONGEST_FIRST = ["sha512", "sha384", "sha256", "sha1"] as const;
const LONGEST_URL = 8192;
const LONGEST_VERSION = 100;
const MOST_COMPARED = 10_000;

/** Keeps of a registry's answer what is needed later. Throws BAD_RESPONSE. */
export function readPackument(answer: unknown, name: string): Packument {
  const versions = property(answer, "versions");
  if (!isRecord(versions)) {
    throw new AssetsError("BAD_RESPONSE", `The npm registry's answer about "${name}" lists no versions.`);
  }
  const latest = property(property(answer, "dist-tags"), "latest");
  return { versions, ...(typeof latest === "string" && { latest }) };
}

/** Finds a version. Throws NOT_FOUND with the nearest versions, BAD_RESPONSE when its entry cannot be used. */
export function findRelease(packument: Packument, { name, version }: PackageVersion, registry: Registry): Release {
  if (!Object.hasOwn(packument.versions, version)) throw missingVersion(packument, name, version);
  const dist = property(packument.versions[version], "dist");
  const tarball = property(dist, "tarball");
  if (typeof tarball !== "string" || tarball.length > LONGEST_URL || !URL.canParse(tarball)) {
    throw new AssetsError("BAD_RESPONSE", `The npm registry names no usable tarball for "${name}@${version}".`);
  }
  const digest = strongestDigest(property(dist, "integrity"), property(dist, "shasum"));
  return { tarball: reachable(new URL(tarball), registry, name), ...(digest && { digest }) };
}

function missingVersion({ versions, latest }: Packument, name: string, version: string): AssetsError {
  const listed = Object.keys(versions).filter(({ length }) => length <= LONGEST_VERSION);
  const known = nearestFew(version, listed.slice(-MOST_COMPARED), 3);
  if (latest !== undefined && listed.includes(latest) && !known.includes(latest)) known.push(latest);
  return new AssetsError("NOT_FOUND", `The npm registry has "${name}", but no version ${version} of it.`, {
    hint:
      known.length === 0
        ? `npm view ${name} versions`
        : `It has ${known.map(visibleLine).join(", ")}; for all of them: npm view ${name} versions`,
  });
}

/** A registry behind a proxy may write http for its own https host; any other step down to http is refused. */
function reachable(tarball: URL, registry: Registry, name: string): URL {
  if (registry.replacesHost(tarball.host)) {
    return new URL(`${registry.url}${tarball.pathname.replace(/^\/+/, "")}${tarball.search}`);
  }
  const { protocol, host } = new URL(registry.url);
  if (tarball.protocol === "https:" || (tarball.protocol === "http:" && protocol === "http:")) return tarball;
  if (tarball.protocol === "http:" && tarball.host === host) {
    tarball.protocol = "https:";
    return tarball;
  }
  throw new AssetsError(
    "BAD_RESPONSE",
    tarball.protocol === "http:"
      ? `The npm registry is reached by https, but names a tarball for "${name}" at http://${tarball.host}.`
      : `The npm registry names a ${tarball.protocol} address as the tarball of "${name}".`,
  );
}

/** The strongest well-formed digest of an SRI text, else the older SHA-1 field. */
function strongestDigest(integrity: unknown, shasum: unknown): Digest | undefined {
  const stated = typeof integrity === "string" ? parseIntegrity(integrity) : null;
  for (const algorithm of STRONGEST_FIRST) {
    const hex = Buffer.from(stated?.[algorithm]?.[0]?.digest ?? "", "base64").toString("hex");
    if (hex.length === HEX_LENGTH[algorithm]) return { algorithm, hex };
  }
  if (typeof shasum === "string" && /^[0-9a-f]{40}$/i.test(shasum)) {
    return { algorithm: "sha1", hex: shasum.toLowerCase() };
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own property of whatever this is. */
function property(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
