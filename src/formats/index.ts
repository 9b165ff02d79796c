/** Which judge is asked of a file, told by the ending of its name. */
import { gguf } from "./gguf.js";
import { gzip } from "./gzip.js";
import { hdf5 } from "./hdf5.js";
import { either, magic } from "./magic.js";
import { npy } from "./npy.js";
import { onnx } from "./onnx.js";
import { parquet } from "./parquet.js";
import { pickle } from "./pickle.js";
import { png } from "./png.js";
import { begins, type Judge } from "./probe.js";
import { safetensors } from "./safetensors.js";
import { zip } from "./zip.js";

/** What may begin with frames that are to be skipped (RFC 8878, 3.1.2), as seekable and parallel writers put them. */
const zstd: Judge = ({ head }) => {
  const isSkipped = begins(head, "\x2a\x4d\x18", 1) && ((head[0] ?? 0) & 0xf0) === 0x50;
  return isSkipped || begins(head, "\x28\xb5\x2f\xfd") ? undefined : "it does not begin like zstd";
};
const xz = magic("xz", ["\xfd7zXZ\0"]);
const bzip2 = magic("bzip2", ["BZh"]);
/** joblib compresses as it is told, and so do many who write pickles, whatever the ending. */
const packedPickle = either(
  pickle,
  gzip,
  bzip2,
  xz,
  zstd,
  magic("zlib", ["\x78\x01", "\x78\x5e", "\x78\x9c", "\x78\xda"]),
  magic("LZMA", ["\x5d\0\0"]),
  magic("LZ4", ["\x04\x22\x4d\x18"]),
);
/** TensorFlow writes tables of its own under the ending of weights, and the text that names the latest of them. */
const tensorflow: Judge = ({ head, tail }) =>
  tail.toString("latin1").endsWith("\x57\xfb\x80\x8b\x24\x75\x47\xdb") || begins(head, "model_checkpoint_path: ")
    ? undefined
    : "it is no checkpoint of TensorFlow";
/** What `torch.save` wrote before PyTorch 1.6: pickles that tell their protocol, then the tensors. */
const oldTorch = magic("weights of PyTorch", ["\x80\x02", "\x80\x03", "\x80\x04", "\x80\x05"]);
const torch = either(zip, oldTorch);
/** Python gives the ending of weights to its lists of folders as well. */
const lines: Judge = ({ head, size }) =>
  size < 4096 && /^[\t\n\r -~]*$/.test(head.toString("latin1")) ? undefined : "";
const jpeg = magic("JPEG", ["\xff\xd8\xff"]);
/** No form is held against these; but what is no web page is known. */
const anything: Judge = () => undefined;

const JUDGES: Readonly<Record<string, Judge>> = {
  safetensors,
  gguf,
  onnx,
  zip,
  npz: zip,
  whl: zip,
  jar: zip,
  // Keras 3; before it, the ending was that of HDF5 or a folder.
  keras: either(zip, hdf5),
  pt: torch,
  pth: either(zip, oldTorch, lines),
  ckpt: either(zip, oldTorch, hdf5, tensorflow),
  pkl: packedPickle,
  pickle: packedPickle,
  joblib: packedPickle,
  gz: gzip,
  tgz: gzip,
  parquet,
  h5: hdf5,
  hdf5,
  png,
  npy,
  zst: zstd,
  xz,
  bz2: bzip2,
  "7z": magic("7-Zip", ["7z\xbc\xaf\x27\x1c"]),
  jpg: jpeg,
  jpeg,
  gif: magic("GIF", ["GIF87a", "GIF89a"]),
  webp: magic("WebP", ["WEBP"], 8),
  wav: magic("WAVE", ["WAVE"], 8),
  flac: magic("FLAC", ["fLaC", "ID3"]),
  arrow: anything,
  tflite: magic("TensorFlow Lite", ["TFL3"], 4),
  bin: anything,
  dat: anything,
  data: anything,
  ggml: anything,
  model: anything,
  pb: anything,
  tar: anything,
  mp3: anything,
  mp4: anything,
  json: anything,
  jsonl: anything,
  csv: anything,
  tsv: anything,
};

/** The judge of a file of this name; undefined for one that may hold anything, a web page too. */
export function judgeOf(name: string): Judge | undefined {
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return name.includes(".") && Object.hasOwn(JUDGES, ending) ? JUDGES[ending] : undefined;
}
