/** Reads tar archives, plain or gzipped. */
import { type FileHandle, open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { visibleLine } from "../errors.js";
import { type ArchiveEntry, entryPath, type ReadArchive } from "./archive.js";

const CHUNK_BYTES = 256 * 1024;
/** Archives older than POSIX carry no magic word; the checksum of each header still proves them. */
const OPTIONS = { allowUnknownFormat: true } as Parameters<typeof extract>[0];

/** What each type of entry is, in words; `file` and `contiguous-file` are regular. */
const IRREGULAR: Readonly<Record<string, string>> = {
  symlink: "a symbolic link",
  directory: "a folder",
  "character-device": "a device",
  "block-device": "a device",
  fifo: "a named pipe",
};

/** Pax records by which GNU tar marks a file with holes, whose stored bytes are not its content. */
const SPARSE_NAME = "GNU.sparse.name";
const SPARSE_MARKS = ["GNU.sparse.major", "GNU.sparse.size", "GNU.sparse.realsize", SPARSE_NAME];

/** Tells gzip by its magic number, since names lie. The whole archive is read. */
export const readTar: ReadArchive = async function* (file, { strip, seen, signal }) {
  const handle = await open(file);
  const entries = extract(OPTIONS);
  let flown: Promise<void> | undefined;
  try {
    const packed = await isGzip(handle);
    const plain = handle.createReadStream({ start: 0, autoClose: false, highWaterMark: CHUNK_BYTES });
    const flow = packed
      ? pipeline(plain, createGunzip({ chunkSize: CHUNK_BYTES }), entries, { signal })
      : pipeline(plain, entries, { signal });
    // Whatever ends the flow ends the loop too; this only keeps it from being reported as unhandled.
    flown = flow.catch(() => {});
    for await (const entry of entries) {
      const found = describe(entry.header, strip);
      if (found !== undefined && seen(found.path, found.irregular === undefined)) {
        yield { ...found, body: () => entry as AsyncIterable<Uint8Array> };
      }
      entry.resume();
    }
    await flow;
  } finally {
    entries.destroy();
    await flown;
    await handle.close();
  }
};

function describe(header: Header, strip: 0 | 1): Omit<ArchiveEntry, "body"> | undefined {
  const { name, size, linkname } = header;
  const pax = header.pax as Readonly<Record<string, string>> | null;
  const path = entryPath(pax?.[SPARSE_NAME] ?? name, strip);
  if (path === undefined) return undefined;
  const entry = { path, size };
  if (SPARSE_MARKS.some((key) => pax?.[key] !== undefined)) return { ...entry, irregular: "a sparse file" };
  const type = name.endsWith("/") ? "directory" : header.type;
  if (type === "file" || type === "contiguous-file") return entry;
  const target = linkname ? ` to "${visibleLine(linkname)}"` : "";
  if (type === "link") {
    const linkTo = entryPath(linkname ?? "", strip);
    return linkTo === undefined ? { ...entry, irregular: `a hard link${target}` } : { ...entry, linkTo };
  }
  const irregular = IRREGULAR[type] ?? "an entry of a type that is not supported";
  return { ...entry, irregular: type === "symlink" ? irregular + target : irregular };
}

async function isGzip(handle: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
  return bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b;
}
