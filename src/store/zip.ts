/** Reads zip archives. */
import { pipeline, type Readable } from "node:stream";
import { crc32, createInflateRaw } from "node:zlib";
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from "yauzl";
import { entryPath, type ReadArchive } from "./archive.js";

const STORED = 0;
const DEFLATED = 8;
/** Systems, named in the upper byte of "version made by", whose file modes stand in the external attributes. */
const UNIX_SYSTEMS = [3, 19];
const FILE_TYPE = 0o170000;
const REGULAR = 0o100000;
const LINK = 0o120000;

/**
 * Reads the directory at the end of the archive, then the wanted entries. Sizes and CRC-32 of those are checked here;
 * a fault of an entry that nobody wants does no harm.
 */
export const readZip: ReadArchive = async function* (file, { strip, seen, signal }) {
  const zip = await openPromise(file, { autoClose: false, decodeStrings: false, validateEntrySizes: false });
  const closed = new Promise((resolve) => zip.once("close", resolve));
  // Each use of the archive tells its own error; one that nobody hears must not end the process.
  zip.on("error", () => {});
  try {
    // Of two entries with one name the later counts, as when both are unpacked.
    const wanted = new Map<string, { entry: Entry; irregular: string | undefined }>();
    for await (const entry of zip.eachEntry()) {
      signal.throwIfAborted();
      const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry;
      const name = getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);
      const path = entryPath(name, strip);
      const irregular = irregularity(entry, name);
      if (path !== undefined && seen(path, irregular === undefined)) wanted.set(path, { entry, irregular });
    }
    for (const [path, { entry, irregular }] of wanted) {
      yield { path, size: entry.uncompressedSize, ...(irregular && { irregular }), body: () => read(zip, entry) };
    }
  } finally {
    zip.close();
    await closed;
  }
};

function irregularity(entry: Entry, name: string): string | undefined {
  if (name.endsWith("/")) return "a folder";
  const onUnix = UNIX_SYSTEMS.includes(entry.versionMadeBy >> 8);
  const type = onUnix ? (entry.externalFileAttributes >>> 16) & FILE_TYPE : 0;
  if (type === LINK) return "a symbolic link";
  if (type !== 0 && type !== REGULAR) return "not a regular file";
  if (entry.isEncrypted()) return "encrypted";
  const { compressionMethod } = entry;
  if (compressionMethod === STORED || compressionMethod === DEFLATED) return undefined;
  return `compressed with method ${compressionMethod}, which is not supported`;
}

async function* read(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  const raw = await zip.openReadStreamPromise(entry, { decodeFileData: false });
  const stream: Readable = entry.compressionMethod === DEFLATED ? pipeline(raw, createInflateRaw(), () => {}) : raw;
  let size = 0;
  let crc = 0;
  try {
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > entry.uncompressedSize)
        throw new Error(`it holds more than the ${entry.uncompressedSize} bytes stated`);
      crc = crc32(chunk, crc);
      yield chunk;
    }
  } finally {
    stream.destroy();
  }
  if (size < entry.uncompressedSize) throw new Error(`it holds ${size} of the ${entry.uncompressedSize} bytes stated`);
  if (crc !== entry.crc32) throw new Error("its CRC-32 does not match");
}
