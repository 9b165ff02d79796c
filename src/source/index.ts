/** The table of URL schemes: which source serves which URL. */
import { AssetsError, redact } from "../errors.js";
import { environment } from "../this-process.js";
import { type Again, once } from "./again.js";
import { createDescribe, type Describe } from "./describe.js";
import { fileSource } from "./file.js";
import { createHttpClient, type HttpClient } from "./http.js";
import { createHub, type Hub } from "./hub.js";
import { createLfsLogins, type LfsLoginOptions } from "./lfs-logins.js";
import { createLfsServer, type LfsServer, type LfsServerOptions } from "./lfs-server.js";
import { createList, type ListFiles } from "./list.js";
import { parseMember } from "./member.js";
import type { NetworkSettings } from "./network-settings.js";
import { createNpmSource, parseNpmUrl } from "./npm.js";
import { createRecords } from "./records.js";
import { createReleases } from "./releases.js";
import { createShortSource } from "./short.js";
import type { Located, Source } from "./source.js";
import { createWebSource, userHome, type WebSource } from "./web.js";

/** Every source, behind one door. */
export interface Sources {
  /** Whether a URL can be served without a network. Throws UNSUPPORTED_URL for a scheme that no source serves. */
  isLocal(url: string): boolean;
  /** The archive that a URL leads into: equal for all members of one. Undefined for a URL of a plain file. */
  container(url: string): string | undefined;
  /** Finds out where a URL leads, its `#member=` taken off and told. Throws, or rejects with, an AssetsError. */
  locate(url: string, options: { signal: AbortSignal }): Located | Promise<Located>;
  /** What is stated about a URL without its bytes; undefined where nothing is. Throws an AssetsError. */
  describe: Describe;
  /** The files of a repository of the Hub, a release of GitHub or a record of Zenodo. Throws an AssetsError. */
  list: ListFiles;
  /** Whole repositories of the Hugging Face Hub. */
  readonly hub: Hub;
  /** A Git LFS server. Nothing is asked of it before an object is. */
  lfsServer(options: LfsServerSettings): LfsServer;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** Which server, what will be wanted of it, and what git's settings say about it. */
export interface LfsServerSettings extends Omit<LfsServerOptions, "logins"> {
  /** Headers that every request to it carries. Default: none. */
  readonly extra?: LfsLoginOptions["extra"];
  readonly git?: LfsLoginOptions["git"];
}

/** What the sources need to know about where they run. */
export interface SourcesOptions {
  network: NetworkSettings;
  /** Folder whose `.npmrc` may name registries: the manifest's base folder. */
  projectFolder: string;
  /** How questions to services are asked. Default: once. */
  again?: Again;
  /** How many bytes will come, as far as that is known. Default: few. */
  bytes?: number;
}

/** Fewer bytes come too soon for the parser of answers to be worth optimising, however fast the network is. */
const BRIEF_BYTES = 64 * 1024 * 1024;

/** Makes the sources; nothing is opened or loaded before a URL needs it. */
export function createSources({ network, projectFolder, again = once, bytes = 0 }: SourcesOptions): Sources {
  const clients: HttpClient[] = [];
  const createClient = (settings: NetworkSettings) => {
    const client = createHttpClient(settings, environment, bytes < BRIEF_BYTES);
    clients.push(client);
    return client;
  };
  const client = createClient(network);
  const web = createWebSource(client, { network });
  // Files are the transfers' to insist on, questions ours.
  const service: WebSource = {
    ...web,
    ask: (url, question, headers) =>
      again(url, (signal) => web.ask(url, { ...question, signal }, headers), question.signal),
  };
  const hub = createHub(service);
  const services = {
    web,
    service,
    hub,
    releases: createReleases(service, { env: environment }),
    records: createRecords(service, { env: environment }),
  };
  const sources: Source[] = [
    web,
    fileSource,
    createShortSource(services),
    createNpmSource({ createClient: (settings) => createClient({ ...settings, ...network }), projectFolder }),
  ];
  const sourceOf = (url: string) => {
    const scheme = url.slice(0, url.indexOf(":")).toLowerCase();
    const source = sources.find(({ schemes }) => schemes.includes(scheme));
    if (source !== undefined) return source;
    const known = sources.flatMap(({ schemes }) => schemes).join(", ");
    throw new AssetsError("UNSUPPORTED_URL", `${url} cannot be fetched: the schemes are ${known}.`);
  };
  return {
    isLocal: (url) => sourceOf(url).local,
    container,
    locate(url, options) {
      const { url: container, member } = parseMember(url);
      const located = sourceOf(container).locate(container, options);
      if (member === undefined) return located;
      const ofMember = (archive: Located) => ({ ...archive, url: redact(url), member });
      return located instanceof Promise ? located.then(ofMember) : ofMember(located);
    },
    describe: createDescribe(services, { env: environment }),
    list: createList(services),
    hub,
    lfsServer({ extra = {}, git, ...options }) {
      const { endpoint } = options;
      const logins = createLfsLogins({ endpoint, env: environment, home: userHome(), network, extra, git });
      return createLfsServer(client, { ...options, logins });
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

function container(url: string): string | undefined {
  try {
    if (/^npm:/i.test(url)) {
      const { name, version } = parseNpmUrl(url);
      return `npm:${name}@${version}`;
    }
    const { url: archive, member } = parseMember(url);
    return member && archive;
  } catch {
    // A URL that cannot be read leads nowhere; `locate` says why.
    return undefined;
  }
}
