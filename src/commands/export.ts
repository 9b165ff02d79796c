/** `assets export`: writes the files of the manifest as a list of another tool's. */
import { setMaxListeners } from "node:events";
import { join } from "node:path";
import { abortError } from "../errors.js";
import type { ExportedFile, Written } from "../interchange/exported.js";
import type { Writer } from "../interchange/index.js";
import { publicFiles } from "../interchange/public-files.js";
import { pinsOfFile } from "../manifest/merge.js";
import { type Selection, select } from "../manifest/select.js";
import type { Manifest } from "../manifest/types.js";
import { createHasher } from "../store/digest.js";
import { regularSize } from "../store/regular-size.js";
import { replaceWhole } from "../store/whole-text.js";
import { runPool } from "../transfer/pool.js";

export interface ExportOptions {
  manifest: Manifest;
  /** Default: every file. */
  selection?: Selection;
  writer: Writer;
  /** Absolute path of the file to write; undefined to answer the text only. */
  output?: string | undefined;
  signal?: AbortSignal;
}

/** Answer of `assets export`. */
export interface ExportReport extends Written {
  /** Absolute path of what was written. */
  output?: string;
  files: number;
}

/** Files that are hashed side by side. */
const FILES = 8;

/** Throws UNKNOWN_ID, NOTHING_SELECTED, LOCAL_IO, DISK_FULL, ABORTED. */
export async function exportList(options: ExportOptions): Promise<ExportReport> {
  const { manifest, selection = {}, writer, output, signal = new AbortController().signal } = options;
  const assets = new Map(manifest.assets.map((asset) => [asset.id, asset]));
  const files = select(manifest, selection).flatMap((file): ExportedFile[] => {
    const asset = assets.get(file.asset);
    return asset === undefined ? [] : [{ asset, path: file.path, urls: file.urls, ...pinsOfFile(file) }];
  });
  const open = publicFiles(files, writer);
  const known = writer.wantsMd5 ? await withMd5(open.files, manifest.root, signal) : open.files;
  const written = await writer.write(known);
  if (output !== undefined) await replaceWhole(output, written.text);
  const left = [...open.left, ...written.left];
  return { ...written, left, ...(output !== undefined && { output }), files: files.length - written.left.length };
}

/** The files with the MD5 of those that are here as pinned: both digests are taken of the same bytes. */
async function withMd5(files: readonly ExportedFile[], root: string, signal: AbortSignal): Promise<ExportedFile[]> {
  setMaxListeners(0, signal);
  const hasher = createHasher();
  try {
    return await runPool(files, FILES, async (file) => {
      const path = join(root, file.path);
      if (file.md5 !== undefined || file.sha256 === undefined || typeof (await regularSize(path)) !== "number")
        return file;
      const [sha256, md5] = await Promise.all(
        ["sha256", "md5"].map((algorithm) => hasher.hash(path, { algorithm, signal })),
      );
      const isSame = sha256?.hex === file.sha256 && md5?.stat.mtimeNs === sha256.stat.mtimeNs;
      return isSame && md5 !== undefined ? { ...file, size: md5.size, md5: md5.hex } : file;
    });
  } catch (error) {
    throw signal.aborted ? abortError() : error;
  } finally {
    await hasher.close();
  }
}
