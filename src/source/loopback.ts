/** Tells this machine's own addresses, on the way to which nobody listens. */

/** Whether a hostname, as `URL` writes it, is this machine under any circumstances. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
