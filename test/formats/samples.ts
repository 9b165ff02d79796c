/** The least that each format takes to be one, made byte by byte. */
import { deflateSync, gzipSync } from "node:zlib";
import { makeZip } from "../helpers/archives.js";

/** A safetensors file: its header, then `rest` bytes. */
export function safetensors(header: unknown, rest: number): Buffer {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(rest, 7)]);
}

const TENSORS = {
  __metadata__: { format: "pt" },
  a: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] },
  b: { dtype: "U8", shape: [4], data_offsets: [16, 20] },
};

/** A GGUF file of a version that announces so many tensors and keys; in all `size` bytes. */
export function gguf(version: number, tensors: number, pairs: number, size: number): Buffer {
  const bytes = Buffer.alloc(Math.max(size, 24));
  bytes.write("GGUF", "latin1");
  bytes.writeUInt32LE(version, 4);
  bytes.writeBigUInt64LE(BigInt(tensors), 8);
  bytes.writeBigUInt64LE(BigInt(pairs), 16);
  return bytes.subarray(0, size);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(content.length)]), content]);
}

/** An ONNX model whose graph has so many bytes. */
function onnx(graph: number): Buffer {
  const producer = field(2, Buffer.from("pytorch"));
  return Buffer.concat([
    Buffer.from([8, 7]),
    producer,
    field(7, Buffer.alloc(graph, 1)),
    field(8, Buffer.from([16, 17])),
  ]);
}

function hdf5(version: number): Buffer {
  const bytes = Buffer.alloc(2048);
  bytes.write("\x89HDF\r\n\x1a\n", "latin1");
  bytes[8] = version;
  bytes[version < 2 ? 13 : 9] = 8;
  const from = version === 0 ? 24 : version === 1 ? 28 : 12;
  bytes.writeBigUInt64LE(2048n, from + 16);
  return bytes;
}

function npy(): Buffer {
  const header = Buffer.from("{'descr': '<f4', 'fortran_order': False, 'shape': (10, 20), }".padEnd(117).concat("\n"));
  return Buffer.concat([Buffer.from("\x93NUMPY\x01\x00", "latin1"), Buffer.from([118, 0]), header, Buffer.alloc(800)]);
}

const png = Buffer.concat([
  Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1"),
  Buffer.alloc(200, 3),
  Buffer.from("\0\0\0\0IEND\xaeB`\x82", "latin1"),
]);

/** A good file of each format, by a name for it. */
export const GOOD: Readonly<Record<string, Buffer>> = {
  "a.safetensors": safetensors(TENSORS, 20),
  "a.gguf": gguf(3, 2, 3, 500),
  "a.onnx": onnx(5000),
  "a.zip": makeZip({ "a.txt": "some text", "b.txt": "more" }),
  "a.npz": makeZip({ "a.npy": npy() }),
  "a.pt": makeZip({ "a/data.pkl": Buffer.alloc(5000, 1) }),
  "a.gz": gzipSync("some text that is not short"),
  "a.parquet": Buffer.concat([
    Buffer.from("PAR1"),
    Buffer.alloc(300),
    Buffer.from([100, 0, 0, 0]),
    Buffer.from("PAR1"),
  ]),
  "a.h5": hdf5(0),
  "a.hdf5": hdf5(2),
  "a.png": png,
  "a.npy": npy(),
};

/** Files that are right, and in which nothing tells where they end. */
export const GOOD_HEADS: Readonly<Record<string, Buffer>> = {
  "a.pkl": Buffer.from("\x80\x04\x95\x05\0\0\0\0\0\0\0K\x01.", "latin1"),
  "old.pickle": Buffer.from("(lp0\n.", "latin1"),
  "old.pth": Buffer.from("\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "latin1"),
  "paths.pth": Buffer.from("import os\n./lib\n"),
  "packed.joblib": gzipSync("some text that is not short"),
  "packed.pkl": gzipSync("some text that is not short"),
  "zlib.pkl": deflateSync("some text"),
  "lzma.joblib": Buffer.from("]\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0", "latin1"),
  "lz4.joblib": Buffer.from("\x04\x22\x4d\x18\x64\x40\xa7", "latin1"),
  "a.zst": Buffer.from("\x28\xb5\x2f\xfd\x20\0\x01\0\0", "latin1"),
  "skipped.zst": Buffer.from("\x5e\x2a\x4d\x18\x02\0\0\0..\x28\xb5\x2f\xfd\x20\0\x01\0\0", "latin1"),
  "windows.zip": Buffer.concat([Buffer.from("MZ"), Buffer.alloc(9000), makeZip({ "a.txt": "some text" })]),
  "script.zip": Buffer.concat([Buffer.from("#!/usr/bin/env python3\n"), makeZip({ "a.txt": "some text" })]),
  "more.png": Buffer.concat([png, Buffer.alloc(9000, 7)]),
  "model.ckpt": Buffer.from('model_checkpoint_path: "model.ckpt-100"\n'),
  "table.ckpt": Buffer.concat([Buffer.alloc(500, 3), Buffer.from("57fb808b247547db", "hex")]),
  "a.model": Buffer.from("\n\x0e\n\x05<unk>", "latin1"),
  "a.bin": Buffer.from([0, 1, 2]),
  "a.json": Buffer.from('{"a": 1}'),
  "old.gguf": gguf(1, 0, 0, 100),
  "a.tflite": Buffer.from("\x1c\0\0\0TFL3....", "latin1"),
  "page.html": Buffer.from("<!DOCTYPE html><html><body>hi</body></html>"),
  "notes.txt": Buffer.from("<html> is how a page begins"),
  "no-ending": Buffer.from("<html>"),
};
