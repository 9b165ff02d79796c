/** Files of Zenodo's records: where they are, and what Zenodo states of them. */
import { AssetsError, visibleLine } from "../errors.js";
import { nearestFew } from "../manifest/suggest.js";
import { encodePath, type RecordFile } from "../short-urls.js";
import type { Described } from "./described.js";
import { endpointOf } from "./endpoint.js";
import type { RemoteListing } from "./listed.js";
import type { Environment } from "./proxy.js";
import { withSecondPlace } from "./second-place.js";
import { createSingleFlight } from "./single-flight.js";
import type { Located } from "./source.js";
import type { WebSource } from "./web.js";

/** All of it throws an AssetsError, and the signal's reason. */
export interface Records {
  locate(file: RecordFile, options: { signal: AbortSignal }): Promise<Located>;
  describe(file: RecordFile, options: { signal: AbortSignal }): Promise<Described>;
  list(record: Pick<RecordFile, "record">, options: { signal: AbortSignal }): Promise<RemoteListing>;
}

interface Entry {
  readonly name: string;
  readonly size?: number;
  readonly address?: string;
  readonly digest?: NonNullable<Described["digest"]>;
}

interface ZenodoRecord {
  /** That of the newest version, where the one that was asked for stands for all of them. */
  readonly id: string;
  readonly licence?: string;
  readonly files: readonly Entry[];
}

const HOME = "https://zenodo.org";
const DIGITS = { md5: 32, sha1: 40, sha256: 64, sha512: 128 } as const;
const MOST_FILES = 10_000;

/** Reads ASSETS_ZENODO_URL, which names another Zenodo, when a URL is looked at. */
export function createRecords(web: WebSource, { env }: { env: Environment }): Records {
  const records = createSingleFlight<ZenodoRecord>();
  const base = () => endpointOf("ASSETS_ZENODO_URL", env.ASSETS_ZENODO_URL, HOME);

  async function ask(asked: string, signal: AbortSignal): Promise<ZenodoRecord> {
    const url = `${base()}/api/records/${asked}`;
    return records(url, signal, async (shared) => {
      const { bytes } = await web.ask(url, { method: "GET", signal: shared }, { accept: "application/json" });
      return readRecord(bytes, url, asked);
    });
  }

  async function find(file: RecordFile, signal: AbortSignal): Promise<Entry & Omit<ZenodoRecord, "files">> {
    const { files, ...record } = await ask(file.record, signal);
    const entry = files.find(({ name }) => name === file.file);
    if (entry !== undefined) return { ...entry, ...record };
    const names = files.map(({ name }) => name);
    const near = nearestFew(file.file, names, 3);
    const shown = near.length > 0 ? near : names.slice(0, 3);
    throw new AssetsError("NOT_FOUND", `The record ${file.record} has no file ${file.file}.`, {
      hint: shown.length === 0 ? "It has no files for everybody." : `It has ${shown.map(visibleLine).join(", ")}.`,
    });
  }

  return {
    // The address follows from the name: there is no need to ask, and a quota on questions.
    async locate(file, { signal }) {
      const page = `${base()}/records/${file.record}/files/${encodePath(file.file)}?download=1`;
      return withSecondPlace(await web.locate(page, { signal }), web, async (shared) => {
        const { address } = await find(file, shared);
        return address === page ? undefined : address;
      });
    },
    async describe(file, { signal }) {
      const { id, size, digest, licence } = await find(file, signal);
      return {
        url: `zenodo:${id}/${encodePath(file.file)}`,
        ...(size !== undefined && { size }),
        ...(digest !== undefined && { digest, statedBy: "Zenodo's record API" }),
        ...(id !== file.record && { moved: file.record }),
        ...(licence !== undefined && { licence }),
      };
    },
    async list({ record }, { signal }) {
      const { id, licence, files } = await ask(record, signal);
      return {
        url: `zenodo:${id}`,
        ...(id !== record && { moved: record }),
        ...(licence !== undefined && { licence }),
        files: files.map(({ name, address: _, ...about }) => {
          return { path: name, url: `zenodo:${id}/${encodePath(name)}`, ...about };
        }),
      };
    },
  };
}

function readRecord(bytes: Uint8Array, url: string, asked: string): ZenodoRecord {
  const strange = (what: string) => new AssetsError("BAD_RESPONSE", `${url} answers with ${what}.`);
  let answer: Record<string, unknown> | null;
  try {
    answer = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    throw strange("something that is not JSON");
  }
  const { id, files, metadata } = answer ?? {};
  if (files !== undefined && (!Array.isArray(files) || files.length > MOST_FILES)) throw strange("no list of files");
  const { license } = (metadata ?? {}) as { license?: { id?: unknown } | string };
  const licence = typeof license === "string" ? license : license?.id;
  return {
    id: /^\d{1,15}$/.test(`${id}`) ? `${id}` : asked,
    ...(typeof licence === "string" && /^[\w.+-]{1,64}$/.test(licence) && { licence }),
    files: ((files ?? []) as unknown[]).flatMap(readEntry),
  };
}

/** Older records call a file's name and size otherwise, and leave out that the checksum is an MD5. */
function readEntry(value: unknown): Entry[] {
  if (typeof value !== "object" || value === null) return [];
  const { key, filename, size, filesize, checksum, links } = value as Record<string, unknown>;
  const name = key ?? filename;
  const bytes = size ?? filesize;
  if (typeof name !== "string") return [];
  const { content, self } = (links ?? {}) as Record<string, unknown>;
  const address = [content, self].find((link) => typeof link === "string" && URL.canParse(link));
  const [, kind = "md5", hex = ""] = /^(?:(md5|sha1|sha256|sha512):)?([0-9a-f]+)$/i.exec(`${checksum ?? ""}`) ?? [];
  const algorithm = kind.toLowerCase() as keyof typeof DIGITS;
  return [
    {
      name,
      ...(Number.isSafeInteger(bytes) && (bytes as number) >= 0 && { size: bytes as number }),
      ...(address !== undefined && { address: address as string }),
      ...(hex.length === DIGITS[algorithm] && { digest: { algorithm, hex: hex.toLowerCase() } }),
    },
  ];
}
