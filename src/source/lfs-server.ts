/** A Git LFS server: tells where objects lie, asking for many at once, and only when the first of them is needed. */
import { AssetsError, redact } from "../errors.js";
import type { HttpClient } from "./http.js";
import { refusalOf } from "./http-answer.js";
import { BATCH_OBJECTS, batchRequest, type LfsAction, type LfsAnswer, type LfsObject, readBatch } from "./lfs-batch.js";
import type { LfsLogins } from "./lfs-logins.js";
import { lfsError } from "./lfs-refusal.js";
import type { Located, Opened, OpenOptions } from "./source.js";

/** One server. */
export interface LfsServer {
  /** Where it is, as users may see it: without credentials. */
  readonly url: string;
  /** Where an object lies. Throws an AssetsError. */
  locate(object: LfsObject, options: { signal: AbortSignal }): Promise<Located>;
}

/** What is asked, by whom. */
export interface LfsServerOptions {
  readonly endpoint: URL;
  /** What will be wanted, in about this order, so that it can be asked for together. */
  readonly objects: readonly LfsObject[];
  readonly ref?: string | undefined;
  readonly logins: LfsLogins;
}

/** An address that expires sooner than this is not used any more, in milliseconds. */
const SOON_MS = 5_000;
/** Longest wait for an answer about many objects, in milliseconds. */
const LONGEST_MS = 60_000;
/** Refusals of an address that may only mean that it has expired. */
const MAY_BE_EXPIRED = new Set([400, 401, 403, 410]);

/** An answer that was asked for; each question has its own. */
interface Known {
  readonly answer: Promise<LfsAnswer>;
  /** Once it has come: as of {@link LfsAction}. */
  expiresAt: number | undefined;
}

/** Makes it; nothing is asked before the first object is. */
export function createLfsServer(client: HttpClient, options: LfsServerOptions): LfsServer {
  const { objects, ref, logins } = options;
  const endpoint = new URL(options.endpoint);
  // Whether the login in it is sent is not for the client to say.
  endpoint.username = "";
  endpoint.password = "";
  const shown = redact(endpoint.href);
  const known = new Map<string, Known>();
  const places = new Map(objects.map(({ oid }, index) => [oid, index]));
  let most = BATCH_OBJECTS;
  const refusal = (status: number, said: string | undefined, oid?: string) =>
    lfsError({
      status,
      said,
      what: oid === undefined ? shown : `The object ${oid.slice(0, 12)}… of ${shown}`,
      variable: logins.variable,
      from: logins.shown(),
      withheld: logins.withheld(),
    });

  /** Asks for an object, and for those that come after it as far as no usable answer is known. */
  function ask(wanted: LfsObject): Known {
    const from = places.get(wanted.oid);
    const batch = new Map([[wanted.oid, wanted]]);
    for (let step = 1; from !== undefined && step < objects.length && batch.size < most; step++) {
      const place = (from + step) % objects.length;
      const other = objects[place] as LfsObject;
      const before = known.get(other.oid);
      // What comes earlier has most likely been fetched, and needs no new address.
      if (before === undefined || (place > from && isExpired(before))) batch.set(other.oid, other);
    }
    // Files leave at any time: what is asked for several of them is no single one's to abort. Its own patience bounds it.
    const answers = post([...batch.values()]);
    for (const { oid } of batch.values()) {
      const one: Known = {
        answer: answers.then((all) => {
          const found = all.get(oid) ?? { status: 404, said: "the answer does not tell of it" };
          if ("expiresAt" in found) one.expiresAt = found.expiresAt;
          return found;
        }),
        expiresAt: undefined,
      };
      one.answer.catch(() => {
        if (known.get(oid) === one) known.delete(oid);
      });
      known.set(oid, one);
    }
    return known.get(wanted.oid) as Known;
  }

  async function post(batch: readonly LfsObject[]): Promise<Map<string, LfsAnswer>> {
    const url = `${endpoint.href.replace(/\/+$/, "")}/objects/batch`;
    const signal = AbortSignal.timeout(LONGEST_MS);
    try {
      const answer = await logins.ask((headers) =>
        client.postJson(url, batchRequest(batch, ref), { signal }, { headers }),
      );
      return readBatch(answer, endpoint, Date.now());
    } catch (error) {
      const { status, said } = refusalOf(error) ?? {};
      if (status === 413 && batch.length > 1) {
        most = Math.max(1, Math.floor(batch.length / 2));
        const halves = [batch.slice(0, most), batch.slice(most)].filter(({ length }) => length > 0);
        return new Map((await Promise.all(halves.map(post))).flatMap((half) => [...half]));
      }
      if (signal.aborted) throw new AssetsError("NETWORK", `${shown} did not answer.`, { retry: {} });
      throw status === undefined ? error : explained(error, refusal(status, said));
    }
  }

  async function actionFor(
    object: LfsObject,
    before: Known | undefined,
    signal: AbortSignal,
  ): Promise<[Known, LfsAction]> {
    const now = known.get(object.oid);
    let one = now === undefined || now === before ? ask(object) : now;
    let answer = await orAborted(one.answer, signal);
    // What was only just told is used however the clocks differ.
    if (one === now && isExpired(one)) {
      const later = known.get(object.oid);
      one = later === undefined || later === one ? ask(object) : later;
      answer = await orAborted(one.answer, signal);
    }
    if ("href" in answer) return [one, answer];
    // Another attempt asks anew.
    known.delete(object.oid);
    throw refusal(answer.status, answer.said, object.oid);
  }

  async function openAt(action: LfsAction, openOptions: OpenOptions): Promise<Opened> {
    const { href, headers, authenticated } = action;
    const own = authenticated || "authorization" in headers ? {} : logins.headersFor(href);
    return client.open(href.href, openOptions, { headers: { ...own, ...headers } });
  }

  return {
    url: shown,
    async locate(object, { signal }) {
      let [one, action] = await actionFor(object, undefined, signal);
      return {
        url: redact(action.href.href),
        async open(openOptions) {
          const refused = (error: unknown) => {
            const { status } = refusalOf(error) ?? {};
            return status === undefined ? error : explained(error, refusal(status, undefined, object.oid));
          };
          try {
            return await openAt(action, openOptions);
          } catch (error) {
            if (!MAY_BE_EXPIRED.has(refusalOf(error)?.status ?? 0)) throw refused(error);
            [one, action] = await actionFor(object, one, openOptions.signal);
            return await openAt(action, openOptions).catch((again) => {
              throw refused(again);
            });
          }
        },
      };
    },
  };
}

function isExpired({ expiresAt = Number.POSITIVE_INFINITY }: Known): boolean {
  return expiresAt - SOON_MS < Date.now();
}

/** Where the server itself says how long to wait, that is what counts. */
function explained(error: unknown, refusal: AssetsError): unknown {
  const says = error instanceof AssetsError && error.retry?.afterMs !== undefined;
  return says && (refusal.retry !== undefined || refusalOf(error)?.limited) ? error : refusal;
}

/** The promise's outcome, or the signal's reason if that comes first. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
