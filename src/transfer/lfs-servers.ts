/** The Git LFS servers that URLs of a manifest name: each is one for the whole run, so that it is asked for many at once. */
import { gitLogin } from "../git/credential.js";
import type { PlanItem } from "../plan.js";
import type { Sources } from "../source/index.js";
import type { LfsServer } from "../source/lfs-server.js";
import { lfsEndpointIn } from "../url-forms.js";

/** The server of an `lfs:` URL; undefined for any other URL. */
export type LfsServers = (url: string) => LfsServer | undefined;

/** Makes them as they are asked for; `planned` tells what will be wanted of each. Git is asked for logins in `root`. */
export function createLfsServers(
  planned: readonly Pick<PlanItem, "file">[],
  { sources, root, signal }: { sources: Sources; root: string; signal: AbortSignal },
): LfsServers {
  const servers = new Map<string, LfsServer>();
  return (url) => {
    const endpoint = lfsEndpointIn(url);
    if (endpoint === undefined) return undefined;
    const known = servers.get(endpoint.href);
    if (known !== undefined) return known;
    const objects = planned.flatMap(({ file: { urls, sha256, size } }) => {
      const isOfIt = urls.some((other) => lfsEndpointIn(other)?.href === endpoint.href);
      return isOfIt && sha256 !== undefined && size !== undefined ? [{ oid: sha256, size }] : [];
    });
    const server = sources.lfsServer({ endpoint, objects, git: () => gitLogin(endpoint, root, signal) });
    servers.set(endpoint.href, server);
    return server;
  };
}
