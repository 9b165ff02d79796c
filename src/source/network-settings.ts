/** How a client reaches the network, as the user or the user's npm configuration says. */
import type { AuthoritySettings } from "./authorities.js";
import type { ProxySettings } from "./proxy.js";

/** Every field left out falls back on the environment: proxies, authorities (docs/network.md). */
export interface NetworkSettings extends ProxySettings, AuthoritySettings {
  /** Client certificate in PEM. */
  cert?: string;
  /** Key of the client certificate in PEM. */
  key?: string;
  /** False accepts any certificate. Default true. */
  rejectUnauthorized?: boolean;
  /** Address of this machine to connect from. */
  localAddress?: string;
  /** Default `assets/<version>`. */
  userAgent?: string;
}
