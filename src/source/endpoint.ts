/** Reads the variables that name another place of a service. */
import { AssetsError } from "../errors.js";

/** A web address that can be the base of others, without a final slash; undefined for any other text. */
export function plainEndpoint(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isPlain = url?.username === "" && url.password === "" && url.search === "" && url.hash === "";
  return isPlain && /^https?:$/.test(url.protocol) ? url.href.replace(/\/+$/, "") : undefined;
}

/** The base of every URL of a service, without a final slash. Throws USAGE for a value that can be none. */
export function endpointOf(variable: string, value: string | undefined, usual: string): string {
  const endpoint = value ? plainEndpoint(value) : usual;
  if (endpoint !== undefined) return endpoint;
  throw new AssetsError("USAGE", `${variable} is not a plain http or https URL.`, {
    hint: `Write it like ${variable}=${usual}, or unset it.`,
  });
}
