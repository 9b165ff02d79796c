/** Reads the list of hosts that are reached without a proxy, as curl and its kin write it. */
import { BlockList, isIP } from "node:net";

/**
 * Whether a list names the host of a URL. Entries are separated by commas or spaces: a domain with all below it, with or
 * without a leading dot or `*.`; an address; a network (`10.0.0.0/8`); each with a port or without; `*` for every host.
 */
export function isListed(url: URL, list: string): boolean {
  const host = withoutBrackets(url.hostname).replace(/\.$/, "");
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== "" && covers(entry, host, port));
}

function covers(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  const named = withoutPort(entry);
  if (named.port !== undefined && named.port !== port) return false;
  const family = isIP(host);
  if (family > 0) return isInNetwork(named.host, host, family === 6 ? "ipv6" : "ipv4");
  const domain = named.host.replace(/^\*?\./, "").replace(/\.$/, "");
  return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
}

/** An address that is written bare has colons of its own. */
function withoutPort(entry: string): { host: string; port?: string } {
  if (isIP(entry) === 6) return { host: entry };
  const [, host = entry, port] = /^(.+?)(?::(\d+))?$/.exec(entry) ?? [];
  if (port === undefined || isIP(host.split("/", 1)[0] ?? "") === 6) return { host: withoutBrackets(entry) };
  return { host: withoutBrackets(host), port };
}

function isInNetwork(network: string, host: string, family: "ipv4" | "ipv6"): boolean {
  const longest = family === "ipv6" ? 128 : 32;
  const [address = "", prefix = `${longest}`] = network.split("/");
  if (isIP(address) !== (family === "ipv6" ? 6 : 4) || !/^\d{1,3}$/.test(prefix) || Number(prefix) > longest)
    return false;
  const block = new BlockList();
  block.addSubnet(address, Number(prefix), family);
  return block.check(host, family);
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[([^\]]*)\]/, "$1");
}
