/** Servers of files for the bench: Debian's nginx where it is installed, else one of its own. */
import { startBuiltin } from "./builtin.js";
import { startNginx } from "./nginx.js";
import type { Workshop } from "./workshop.js";

export type ServerKind = "nginx" | "built-in";

/** What a server is to do. Rates are in bytes a second. */
export interface ServerOptions {
  /** The folder whose files it serves. */
  root: string;
  /** For each connection (nginx: for each request). */
  perConnection?: number;
  /** For all connections together; only the built-in server can. */
  inAll?: number;
  /** The address it listens on. Default 127.0.0.1. */
  host?: string;
  /** A network namespace that it runs in. */
  namespace?: string;
}

export interface FileServer {
  kind: ServerKind;
  /** `http://host:port` */
  origin: string;
  /** Bytes of bodies sent since the start, in requests that have ended. */
  sent(): Promise<number>;
  /** The most requests that were answered at once; undefined where the server does not tell. */
  peak(): Promise<number | undefined>;
  stop(): Promise<void>;
}

/** Starts a server of the given kind; what nginx cannot do is done by the built-in one. */
export function startServer(shop: Workshop, kind: ServerKind, options: ServerOptions): Promise<FileServer> {
  return kind === "nginx" && options.inAll === undefined ? startNginx(shop, options) : startBuiltin(shop, options);
}
