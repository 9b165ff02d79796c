/** The user's npm configuration, read as npm reads it, in which a repository may only say where packages are. */
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import Config from "@npmcli/config";
import npm from "@npmcli/config/lib/definitions/index.js";
import { AssetsError, visibleLine } from "../errors.js";
import { isWindows } from "../platform.js";
import { nodeFile } from "../this-process.js";
import { isLoopback } from "./loopback.js";
import type { NetworkSettings } from "./network-settings.js";

/** What fetching a package needs to know. */
export interface NpmConfig {
  /** Base URL of the registry that serves a package, with a final slash. Throws USAGE. */
  registryFor(packageName: string): string;
  /** Value of the Authorization header for a URL that `registry` led to, if one may be sent there. */
  authorizationFor(url: URL, registry: string): string | undefined;
  /** Whether tarballs said to be at a host are to be asked of the registry instead. */
  replacesHost(host: string): boolean;
  readonly network: NetworkSettings;
}

/** Where to look. */
export interface NpmConfigOptions {
  /** Folder whose `.npmrc` may name registries. */
  projectFolder: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** The settings that matter here; with fewer known to it, the library has fewer to complain about. */
const KEYS = [
  ...["global", "location", "prefix", "userconfig", "globalconfig"],
  ...["registry", "replace-registry-host", "ca", "cafile", "cert", "key", "strict-ssl"],
  ...["proxy", "https-proxy", "noproxy", "local-address", "user-agent"],
];
const MAX_PROJECT_BYTES = 64 * 1024;

/**
 * Reads the builtin, global and user configuration and the `npm_config_*` environment. Of the project's own `.npmrc`
 * only registries count: it may come from a stranger, and so must not choose a proxy, an authority or a credential,
 * nor have a variable of the environment written into a URL. Throws USAGE when a file cannot be read or makes no sense.
 */
export async function readNpmConfig({ projectFolder, env }: NpmConfigOptions): Promise<NpmConfig> {
  const config = await load({ env: { ...env }, cwd: projectFolder, npmPath: npmFolder(env) });
  for (const layer of ["user", "global"] as const) await checkReadable(config.data.get(layer)?.source);
  const project = await readProject(projectFolder, config.data.get("user")?.source);
  const plainRegistries = plainHttpRegistries(config);
  const replace = config.get("replace-registry-host");
  const publicHost = new URL(String(config.get("registry", "default"))).host;
  return {
    registryFor: (packageName) => registryFor(config, project, packageName),
    authorizationFor(url, registry) {
      const safe = url.protocol === "https:" || isLoopback(url.hostname) || plainRegistries.has(url.origin);
      if (!safe) return undefined;
      const base = new URL(registry);
      return credentialsAt(config, url) ?? (base.origin === url.origin ? credentialsAt(config, base) : undefined);
    },
    replacesHost: (host) => replace === "always" || host === (replace === "npmjs" ? publicHost : replace),
    network: await networkOf(config),
  };
}

interface LoadOptions {
  env: Record<string, string | undefined>;
  cwd: string;
  npmPath: string;
  argv?: string[];
}

/** Global mode is what keeps the library from reading a project's file. */
async function load({ argv = [], ...options }: LoadOptions): Promise<Config> {
  const config = new Config({
    definitions: Object.fromEntries(KEYS.map((key) => [key, npm.definitions[key]])),
    shorthands: {},
    flatten: () => {},
    nerfDarts: npm.nerfDarts,
    argv: ["node", "npm", "--global", ...argv],
    warn: false,
    ...options,
  });
  try {
    await config.load();
    return config;
  } catch (error) {
    throw unusable(error instanceof Error ? error.message : String(error));
  }
}

/** Where npm lies, so that the settings shipped with it are found: as npm tells its scripts, else beside Node. */
function npmFolder(env: NpmConfigOptions["env"]): string {
  const told = /^(.*[\\/]npm)[\\/]bin[\\/]npm-cli\.js$/.exec(env.npm_execpath ?? "")?.[1];
  if (told !== undefined) return told;
  const nodeFolder = dirname(nodeFile);
  return isWindows ? join(nodeFolder, "node_modules/npm") : join(dirname(nodeFolder), "lib/node_modules/npm");
}

/** The library takes a file that it may not read for one that is not there. */
async function checkReadable(file: string | null | undefined): Promise<void> {
  await readFile(file ?? "").catch((error) => {
    if (!isMissing(error)) throw unusable(`${file} cannot be read (${error.code})`);
  });
}

/** The project's file read apart from everything else, with an empty environment, as the user layer of its own. */
async function readProject(folder: string, userFile: string | null | undefined): Promise<Config | undefined> {
  const file = join(folder, ".npmrc");
  if (file === userFile) return undefined;
  try {
    const info = await stat(file);
    if (!info.isFile() || info.size > MAX_PROJECT_BYTES) throw unusable(`${file} is not a file of a usual size`);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error instanceof AssetsError ? error : unusable(`${file} cannot be read`);
  }
  await checkReadable(file);
  const none = join(file, "none");
  return load({ env: {}, cwd: folder, npmPath: none, argv: ["--userconfig", file, "--globalconfig", none] });
}

function registryFor(config: Config, project: Config | undefined, packageName: string): string {
  const scope = packageName.startsWith("@") ? packageName.slice(0, packageName.indexOf("/")) : undefined;
  for (const key of scope === undefined ? ["registry"] : [`${scope}:registry`, "registry"]) {
    const layer = config.find(key);
    const theirs = layer === "env" || layer === "cli" ? undefined : project?.get(key, "user");
    if (theirs !== undefined) return projectRegistry(theirs, key);
    if (layer !== null) return registryUrl(config.get(key), key).href;
  }
  throw unusable("no registry is set");
}

function projectRegistry(value: unknown, key: string): string {
  const url = String(value).includes("${") ? undefined : registryUrl(value, key);
  if (url !== undefined && url.username === "" && url.password === "") return url.href;
  throw unusable(
    `the project's .npmrc sets ${visibleLine(key)} to "${visibleLine(String(value))}", and only a plain URL is taken from there`,
  );
}

function registryUrl(value: unknown, key: string): URL {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    throw unusable(`${visibleLine(key)} is "${visibleLine(String(value))}", which is not an http or https URL`);
  }
  url.search = "";
  url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

/** Origins that the user chose to reach without encryption. */
function plainHttpRegistries(config: Config): ReadonlySet<string> {
  const values = [...config.data.values()].flatMap(({ data }) =>
    Object.keys(data)
      .filter((key) => key === "registry" || /^@.*:registry$/.test(key))
      .map((key) => data[key]),
  );
  return new Set(values.flatMap((value) => (URL.canParse(String(value)) ? [new URL(String(value)).origin] : [])));
}

/** npm's rule: credentials belong to a host and path, written without scheme, and to everything below. */
function credentialsAt(config: Config, { host, pathname }: URL): string | undefined {
  for (let place = `//${host}${pathname}`; place.length > 2; ) {
    const found = credentialsOf(config, place);
    if (found !== undefined) return found;
    place = place.endsWith("/") ? place.slice(0, -1) : place.slice(0, place.lastIndexOf("/") + 1);
  }
  return undefined;
}

function credentialsOf(config: Config, place: string): string | undefined {
  const token = secret(config, `${place}:_authToken`);
  if (token !== undefined) return `Bearer ${token}`;
  const pair = secret(config, `${place}:_auth`);
  if (pair !== undefined) return `Basic ${pair}`;
  const username = secret(config, `${place}:username`);
  const password = secret(config, `${place}:_password`);
  if (username === undefined || password === undefined) return undefined;
  const plain = `${username}:${Buffer.from(password, "base64").toString("utf8")}`;
  return `Basic ${Buffer.from(plain).toString("base64")}`;
}

/** A variable that is not set stays as it is written: no credential at all. */
function secret(config: Config, key: string): string | undefined {
  const value = text(config.get(key));
  return value === undefined || value.includes("${") ? undefined : value;
}

async function networkOf(config: Config): Promise<NetworkSettings> {
  const proxy = proxyOf(config, "proxy");
  const httpsProxy = proxyOf(config, "https-proxy");
  const noProxy = config.get("noproxy");
  const agentLayer = config.find("user-agent");
  const own = agentLayer === "user" || agentLayer === "global" ? text(config.get("user-agent")) : undefined;
  return defined({
    ca: await authorities(config),
    cert: text(config.get("cert")),
    key: text(config.get("key")),
    // npm uses either proxy for both schemes when only one is set.
    httpProxy: proxy ?? httpsProxy,
    httpsProxy: httpsProxy ?? proxy,
    noProxy: text(Array.isArray(noProxy) ? noProxy.join(",") : noProxy),
    rejectUnauthorized: config.get("strict-ssl") === false ? false : undefined,
    localAddress: text(config.get("local-address")),
    // A template is npm's own name; only a fixed text is a wish of the user.
    userAgent: own?.includes("{") ? undefined : own,
  });
}

/** An empty text for a proxy that is switched off. */
function proxyOf(config: Config, key: string): string | undefined {
  const value = config.get(key);
  if (value === false) return "";
  const url = text(value);
  if (url === undefined || (URL.canParse(url) && /^https?:/i.test(url))) return url;
  throw unusable(`${key} is not an http or https URL`);
}

/** Like npm: `cafile` outranks `ca`, and a file that is not there counts as not set. */
async function authorities(config: Config): Promise<string | string[] | undefined> {
  const file = text(config.get("cafile"));
  if (file !== undefined) {
    try {
      return await readFile(file, "utf8");
    } catch (error) {
      if (!isMissing(error)) throw unusable(`cafile ${visibleLine(file)} cannot be read`);
    }
  }
  const own = [config.get("ca")].flat().flatMap((value) => text(value) ?? []);
  return own.length === 0 ? undefined : own;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function defined(settings: NetworkSettings): NetworkSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}

function unusable(why: string): AssetsError {
  return new AssetsError("USAGE", `The npm configuration cannot be used: ${why}.`, { hint: "npm config list" });
}
