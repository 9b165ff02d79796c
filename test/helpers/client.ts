/** An HTTP client for one test, closed when the test ends. */
import { onTestFinished } from "vitest";
import { createHttpClient, type HttpClient } from "../../src/source/http.js";
import type { NetworkSettings } from "../../src/source/network-settings.js";
import type { Environment } from "../../src/source/proxy.js";
import type { Opened, OpenOptions } from "../../src/source/source.js";

/** What came of one request at the level of a source. */
export interface Read extends Omit<Opened, "body"> {
  bytes: Buffer;
}

/** A client that knows nothing of this process's environment, but that of the test. */
export function makeClient(settings: NetworkSettings = {}, env: Environment = {}): HttpClient {
  const client = createHttpClient(settings, env);
  onTestFinished(() => client.close());
  return client;
}

/** Reads a whole body. Throws what the source throws. */
export async function readAll({ body, ...facts }: Opened): Promise<Read> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return { ...facts, bytes: Buffer.concat(chunks) };
}

/** Asks for a URL, by default from its start and without hurry, and reads what comes. */
export async function get(
  client: HttpClient,
  url: string,
  options: Partial<OpenOptions> = {},
  headers?: Record<string, string>,
): Promise<Read> {
  const signal = options.signal ?? new AbortController().signal;
  return readAll(await client.open(url, { offset: 0, ...options, signal }, headers && { headers }));
}
