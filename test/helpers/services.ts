/** The sources that ask services, with the environment of a test. */
import { createDescribe } from "../../src/source/describe.js";
import { createHub } from "../../src/source/hub.js";
import { createRecords } from "../../src/source/records.js";
import { createReleases } from "../../src/source/releases.js";
import { createShortSource } from "../../src/source/short.js";
import { createWebSource } from "../../src/source/web.js";
import { makeClient, readAll } from "./client.js";
import { makeTree } from "./tree.js";

/** Nobody aborts. */
export const signal = new AbortController().signal;

/** Everything that knows the services, and nothing of this process's environment. */
export function servicesIn(env: Record<string, string>) {
  const web = createWebSource(makeClient({}, env), { network: {}, env, home: makeTree().root });
  const services = {
    web,
    service: web,
    hub: createHub(web),
    releases: createReleases(web, { env }),
    records: createRecords(web, { env }),
  };
  const source = createShortSource(services);
  const describe = createDescribe(services, { env });
  return {
    ...services,
    describe: (url: string) => describe(url, { signal }),
    /** The text that a URL gives. */
    async text(url: string): Promise<string> {
      const located = await source.locate(url, { signal });
      return (await readAll(await located.open({ offset: 0, signal }))).bytes.toString();
    },
  };
}
