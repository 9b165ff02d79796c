/** The certificate authorities that servers are trusted by: Node's own, and those that the user adds. */
import { X509Certificate } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import * as tls from "node:tls";
import { AssetsError } from "../errors.js";
import type { Environment } from "./proxy.js";

/** Authorities of one client. */
export interface AuthoritySettings {
  /** In PEM, replacing the built-in ones and those of the environment. */
  ca?: string | string[];
  /** File of authorities in PEM (or one in DER), trusted beside all others. */
  caFile?: string;
}

/** What there is to trust. */
export interface Authorities {
  /** In PEM. Undefined: nothing was added, and Node's own way is the best. */
  ca?: string[];
  /** Places that the environment names and that hold no certificate that can be read, as users know them. */
  unusable: string[];
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
/** How OpenSSL names the certificates of a folder: by a hash of their subject. */
const HASHED_NAME = /^[0-9a-f]{8}\.\d+$/;

/**
 * Gathers the authorities: `ca`, else Node's own with NODE_EXTRA_CA_CERTS, SSL_CERT_FILE and SSL_CERT_DIR; `caFile` is
 * added to either. Variables may name what is not there (some shells set them so): that alone is no error.
 * Throws USAGE when `caFile` cannot be used.
 */
export async function gatherAuthorities(settings: AuthoritySettings, env: Environment): Promise<Authorities> {
  const added = settings.caFile === undefined ? [] : await readAuthorities(settings.caFile);
  if (settings.ca !== undefined) return { ca: [...[settings.ca].flat(), ...added], unusable: [] };
  const { found, unusable } = await readNamed(env);
  if (found.length + added.length === 0) return { unusable };
  // The system's bundle mostly holds what Node has as well: a list without anything new is no list.
  const known = new Map((await builtIn(env)).map(keyed));
  const before = known.size;
  for (const pem of [...found, ...added]) known.set(...keyed(pem));
  return { ...(known.size > before && { ca: [...known.values()] }), unusable };
}

/**
 * What another program has to be told so that it trusts whom this one does, in PEM; undefined where that is nothing that
 * it would not know by itself. Throws USAGE when `caFile` cannot be used.
 */
export async function authoritiesForOthers(
  settings: AuthoritySettings,
  env: Environment,
): Promise<string[] | undefined> {
  const { ca } = await gatherAuthorities(settings, env);
  return ca ?? (env.NODE_EXTRA_CA_CERTS ? await builtIn(env) : undefined);
}

/** Reads a file of authorities into PEM texts. Throws USAGE when there is none in it, or one is damaged. */
export async function readAuthorities(file: string): Promise<string[]> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : "cannot be read";
    throw new AssetsError("USAGE", `The file of certificate authorities ${file} ${why}.`, {
      hint: "Name a file of certificates in PEM: assets download ... --ca-file /path/ca.pem",
    });
  }
  const blocks = blocksIn(bytes);
  try {
    return (blocks.length > 0 ? blocks : [bytes]).map((block) => new X509Certificate(block).toString());
  } catch {
    throw new AssetsError(
      "USAGE",
      `The file of certificate authorities ${file} holds no certificate that can be read.`,
      {
        hint: "It needs one or more blocks that begin with -----BEGIN CERTIFICATE-----",
      },
    );
  }
}

function blocksIn(bytes: Buffer): string[] {
  return bytes.toString("latin1").match(PEM) ?? [];
}

/** A certificate with what makes it the same as another, however its lines are broken. */
function keyed(pem: string): [key: string, pem: string] {
  return [pem.replace(/\s/g, ""), pem];
}

/** What SSL_CERT_FILE and SSL_CERT_DIR name, which Node does not read by itself. OpenSSL leaves out what is damaged. */
async function readNamed(env: Environment): Promise<{ found: string[]; unusable: string[] }> {
  const read = async (file: string) => blocksIn(await readFile(file).catch(() => Buffer.alloc(0)));
  const file = env.SSL_CERT_FILE;
  const found = file ? await read(file) : [];
  const unusable = file && found.length === 0 ? [`SSL_CERT_FILE (${file})`] : [];
  for (const folder of (env.SSL_CERT_DIR ?? "").split(delimiter).filter((name) => name !== "")) {
    const names = await readdir(folder).catch(() => undefined);
    if (names === undefined) unusable.push(`SSL_CERT_DIR (${folder})`);
    const hashed = (names ?? []).filter((name) => HASHED_NAME.test(name));
    found.push(...(await Promise.all(hashed.map((name) => read(join(folder, name))))).flat());
  }
  return { found, unusable };
}

/** Node's own authorities, which a list of one's own replaces: so they are a part of that list. */
async function builtIn(env: Environment): Promise<string[]> {
  // Newer Nodes tell all that they trust, the system's store and NODE_EXTRA_CA_CERTS included.
  const { getCACertificates } = tls as { getCACertificates?: (type: "default") => string[] };
  if (getCACertificates !== undefined) return getCACertificates("default");
  const extra = env.NODE_EXTRA_CA_CERTS ? await readFile(env.NODE_EXTRA_CA_CERTS).catch(() => undefined) : undefined;
  // Node has warned already when it could not use the file.
  return extra === undefined ? [...tls.rootCertificates] : [...tls.rootCertificates, ...blocksIn(extra)];
}
