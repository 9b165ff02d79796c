/** Files inside packages of the npm registry that the user's npm configuration names. */
import { AssetsError, visibleLine } from "../errors.js";
import { environment } from "../this-process.js";
import { isExactVersion, isPackageName } from "../url-forms.js";
import type { HttpClient } from "./http.js";
import { decodeMemberPath } from "./member.js";
import type { NetworkSettings } from "./network-settings.js";
import type { NpmConfig } from "./npm-config.js";
import type { PackageVersion, Packument, Release } from "./packument.js";
import { createSingleFlight } from "./single-flight.js";
import type { Open, Source } from "./source.js";

/** What the `npm:` source stands on. */
export interface NpmSourceOptions {
  createClient: (settings: NetworkSettings) => HttpClient;
  /** Folder whose `.npmrc` may name registries. */
  projectFolder: string;
  /** Environment to read npm's configuration from. Default: that of this process. */
  env?: Readonly<Record<string, string | undefined>>;
}

interface PackageFile extends PackageVersion {
  /** Path inside the package, without the folder that every package is wrapped in. */
  path: string;
}

interface Npm {
  findRelease: typeof import("./packument.js").findRelease;
  readPackument: typeof import("./packument.js").readPackument;
  config: NpmConfig;
  client: HttpClient;
}

const NPM_URL = /^npm:((?:@[^/@]+\/)?[^/@]+)@([^/]*)\/(.*)$/is;
/** The short form of what a registry knows, which most of them offer. */
const ACCEPT = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*";
const MAX_PACKUMENT_BYTES = 64 * 1024 * 1024;

/** The `npm:` source. It reads the user's npm configuration when the first URL needs it, and asks once per package. */
export function createNpmSource({ createClient, projectFolder, env = environment }: NpmSourceOptions): Source {
  const packuments = createSingleFlight<Packument>();
  let connected: Promise<Npm> | undefined;
  const connect = async (): Promise<Npm> => {
    const { readNpmConfig } = await import("./npm-config.js");
    const { findRelease, readPackument } = await import("./packument.js");
    const config = await readNpmConfig({ projectFolder, env });
    return { findRelease, readPackument, config, client: createClient(config.network) };
  };

  return {
    schemes: ["npm"],
    local: false,
    async locate(url, { signal }) {
      const file = parseNpmUrl(url);
      connected ??= connect();
      const npm = await connected;
      const registry = npm.config.registryFor(file.name);
      const packument = await packuments(file.name, signal, (shared) =>
        fetchPackument(npm, file.name, registry, shared),
      );
      const release = npm.findRelease(packument, file, {
        url: registry,
        replacesHost: npm.config.replacesHost,
      });
      return {
        url,
        open: openTarball(npm, file, release, registry),
        ...(release.digest && { digest: release.digest }),
        member: { format: "tar", path: file.path, strip: 1 },
      };
    },
  };
}

/** Reads `npm:<package>@<version>/<path>`. Throws UNSUPPORTED_URL. */
export function parseNpmUrl(url: string): PackageFile {
  const refuse = (why: string) =>
    new AssetsError("UNSUPPORTED_URL", `${visibleLine(url)} ${why}.`, {
      hint: "The form is npm:<package>@<exact version>/<path in the package>.",
    });
  const [, name, version, path] = NPM_URL.exec(url) ?? [];
  if (name === undefined || version === undefined || path === undefined) {
    throw refuse("does not name a package, a version and a path");
  }
  if (!isPackageName(name)) throw refuse("has no valid package name");
  if (!isExactVersion(version)) throw refuse(`needs an exact version in place of "${visibleLine(version)}"`);
  if (path.includes("#")) throw refuse("contains #, which a path needs as %23");
  return { name, version, path: decodeMemberPath(path, url) };
}

async function fetchPackument(
  { readPackument, config, client }: Npm,
  name: string,
  registry: string,
  signal: AbortSignal,
) {
  const url = new URL(name.replace("/", "%2f"), registry);
  const headers = { accept: ACCEPT, ...authorization(config, url, registry) };
  try {
    const answer = await client.getJson(url.href, { signal, maxBytes: MAX_PACKUMENT_BYTES }, { headers });
    return readPackument(answer, name);
  } catch (error) {
    throw explained(error, registry, {
      what: `package "${name}"`,
      missing: `The npm registry ${registry} has no package "${name}".`,
      hint: `npm view ${name}`,
    });
  }
}

function openTarball({ config, client }: Npm, file: PackageVersion, { tarball }: Release, registry: string): Open {
  const label = `"${file.name}@${file.version}"`;
  const headers = authorization(config, tarball, registry);
  const asked = tarball.origin === new URL(registry).origin ? registry : `${tarball.origin}/`;
  return async (options) => {
    try {
      return await client.open(tarball.href, options, { headers });
    } catch (error) {
      throw explained(error, asked, {
        what: `the tarball of ${label}`,
        missing: `The npm registry ${registry} lists ${label}, but its tarball is not there.`,
        hint: `npm view ${file.name}@${file.version} dist.tarball`,
      });
    }
  };
}

function authorization(config: NpmConfig, url: URL, registry: string): Record<string, string> {
  const value = config.authorizationFor(url, registry);
  return value === undefined ? {} : { authorization: value };
}

interface Asked {
  what: string;
  missing: string;
  hint: string;
}

/** Says in npm's terms what the refusal of a registry, or of the host that keeps its tarballs, means. */
function explained(error: unknown, registry: string, { what, missing, hint }: Asked): unknown {
  if (!(error instanceof AssetsError)) return error;
  if (error.code === "NOT_FOUND") {
    return new AssetsError("NOT_FOUND", missing, {
      cause: error,
      hint: `${hint}   (some registries hide a private package this way: it needs a login)`,
    });
  }
  if (error.code !== "ACCESS") return error;
  const { host, pathname } = new URL(registry);
  return new AssetsError("ACCESS", `The npm registry ${registry} refuses access to ${what}.`, {
    cause: error,
    hint: `npm login --registry ${registry}   (or set //${host}${pathname}:_authToken in your own .npmrc)`,
  });
}
