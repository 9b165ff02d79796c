/** Makes tar and zip archives byte by byte, so that malformed ones can be made as well. */
import { crc32, deflateRawSync, gzipSync } from "node:zlib";

/** Contents by path. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** One tar entry; a regular file unless said otherwise. */
export interface TarEntry {
  name: string;
  body?: string | Uint8Array;
  type?: keyof typeof TAR_TYPES;
  /** Where a link leads. */
  target?: string;
  /** Pax records that stand before the entry. */
  pax?: Readonly<Record<string, string>>;
  /** How a name too long for its field is written. Default `pax`. */
  longName?: "pax" | "gnu" | "prefix";
  /** Writes the size as a number of base 256, as is done from 8 GiB on. */
  binarySize?: boolean;
  /** Leaves out the magic word, as archives did before POSIX. */
  ancient?: boolean;
}

const TAR_TYPES = {
  file: "0",
  link: "1",
  symlink: "2",
  device: "3",
  directory: "5",
  fifo: "6",
  contiguous: "7",
  sparse: "S",
  pax: "x",
  gnuName: "L",
} as const;

/** A tar archive. `prefix` is put before each name; `end: false` leaves out the blocks that end it. */
export function makeTar(
  entries: Files | readonly TarEntry[],
  options: { prefix?: string; end?: boolean } = {},
): Buffer {
  const { prefix = "", end = true } = options;
  const list: readonly TarEntry[] = Array.isArray(entries)
    ? entries
    : Object.entries(entries).map(([name, body]) => ({ name, body }));
  const blocks = list.flatMap((entry) => tarBlocks({ ...entry, name: prefix + entry.name }));
  return Buffer.concat([...blocks, Buffer.alloc(end ? 1024 : 0)]);
}

/** {@link makeTar}, gzipped. */
export function makeTgz(
  entries: Files | readonly TarEntry[],
  options: { prefix?: string; end?: boolean } = {},
): Buffer {
  return gzipSync(makeTar(entries, options));
}

function tarBlocks({ longName = "pax", pax = {}, ...entry }: TarEntry): Buffer[] {
  const { name } = entry;
  const long = Buffer.byteLength(name) > 100;
  const records = long && longName === "pax" ? { ...pax, path: name } : pax;
  const before: Buffer[] = [];
  if (Object.keys(records).length > 0) {
    const text = Object.entries(records).map(([key, value]) => paxRecord(key, value));
    before.push(...simpleBlocks({ name: "pax", type: "pax", body: text.join("") }));
  }
  if (long && longName === "gnu") {
    before.push(...simpleBlocks({ name: "././@LongLink", type: "gnuName", body: `${name}\0` }));
  }
  return [...before, ...simpleBlocks(entry)];
}

function simpleBlocks({ body = "", ...entry }: Omit<TarEntry, "longName" | "pax">): Buffer[] {
  const content = Buffer.from(body);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return [tarHeader(entry, content.length), content, padding];
}

function tarHeader(entry: Omit<TarEntry, "longName" | "pax" | "body">, size: number): Buffer {
  const header = Buffer.alloc(512);
  const slash = entry.name.indexOf("/");
  const split = Buffer.byteLength(entry.name) > 100 && slash !== -1;
  header.write(split ? entry.name.slice(slash + 1) : entry.name, 0, 100);
  header.write("0000644\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  if (entry.binarySize) {
    header[124] = 0x80;
    header.writeUInt32BE(size, 132);
  } else {
    header.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  }
  header.write("00000000000\0", 136);
  header.write(TAR_TYPES[entry.type ?? "file"], 156);
  header.write(entry.target ?? "", 157, 100);
  if (!entry.ancient) header.write("ustar\x0000", 257);
  if (split) header.write(entry.name.slice(0, slash), 345, 155);
  header.write("        ", 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

/** A record states its own length, the digits of that length included. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (Buffer.byteLength(`${length}${rest}`) !== length) length += 1;
  return `${length}${rest}`;
}

/** One zip entry; deflated unless said otherwise. */
export interface ZipEntry {
  name: string;
  body?: string | Uint8Array;
  stored?: boolean;
  encrypted?: boolean;
  /** A Unix symbolic link; `body` is where it leads. */
  symlink?: boolean;
  /** Compression method stated in place of the one used. */
  method?: number;
  /** Size stated in place of the real one. */
  statedSize?: number;
  /** CRC-32 stated in place of the real one. */
  statedCrc?: number;
  /** States the sizes in the fields for large files. */
  zip64?: boolean;
}

/** A zip archive. `before` is put at its beginning and counted in no offset; `comment` ends it. */
export function makeZip(entries: Files | readonly ZipEntry[], { before = "", comment = "" } = {}): Buffer {
  const list: readonly ZipEntry[] = Array.isArray(entries)
    ? entries
    : Object.entries(entries).map(([name, body]) => ({ name, body }));
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const entry of list) {
    const made = zipEntry(entry, offset);
    local.push(...made.local);
    central.push(made.central);
    offset += made.local.reduce((total, { length }) => total + length, 0);
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(list.length, 8);
  end.writeUInt16LE(list.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(Buffer.byteLength(comment), 20);
  return Buffer.concat([Buffer.from(before), ...local, directory, end, Buffer.from(comment)]);
}

function zipEntry(entry: ZipEntry, offset: number): { local: Buffer[]; central: Buffer } {
  const content = Buffer.from(entry.body ?? "");
  const packed = entry.stored ? content : deflateRawSync(content);
  const name = Buffer.from(entry.name);
  const size = entry.statedSize ?? content.length;
  // Version 2.0, names in UTF-8; then method, time, CRC-32 and sizes, which both kinds of header share.
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(20, 0);
  shared.writeUInt16LE(0x800 | (entry.encrypted ? 1 : 0), 2);
  shared.writeUInt16LE(entry.method ?? (entry.stored ? 0 : 8), 4);
  shared.writeUInt32LE(entry.statedCrc ?? crc32(content), 10);
  shared.writeUInt32LE(entry.zip64 ? 0xffffffff : packed.length, 14);
  shared.writeUInt32LE(entry.zip64 ? 0xffffffff : size, 18);
  shared.writeUInt16LE(name.length, 22);
  const extra = entry.zip64 ? zip64Field(size, packed.length) : Buffer.alloc(0);
  shared.writeUInt16LE(extra.length, 24);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE((entry.symlink ? 0o120777 : 0o100644) * 0x10000, 6);
  tail.writeUInt32LE(offset, 10);
  const madeOnUnix = Buffer.from([30, 3]);
  return {
    local: [Buffer.from("PK\x03\x04"), shared, name, extra, packed],
    central: Buffer.concat([Buffer.from("PK\x01\x02"), madeOnUnix, shared, tail, name, extra]),
  };
}

function zip64Field(size: number, packed: number): Buffer {
  const field = Buffer.alloc(20);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(16, 2);
  field.writeBigUInt64LE(BigInt(size), 4);
  field.writeBigUInt64LE(BigInt(packed), 12);
  return field;
}
