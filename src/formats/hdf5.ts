/** Judges HDF5: its signature, and the end that its superblock tells. */
import { begins, cutOff, type Judge } from "./probe.js";

const SIGNATURE = "\x89HDF\r\n\x1a\n";
/** A user's own block may stand before the signature. */
const PLACES = [0, 512, 1024, 2048];

/** See https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, II.A. */
export const hdf5: Judge = ({ size, head }) => {
  const at = PLACES.find((place) => begins(head, SIGNATURE, place));
  if (at === undefined) return "it has no HDF5 signature";
  const version = head[at + 8] ?? 0;
  // Where the size of addresses stands, and the addresses themselves, of which the third is the end of the file.
  const [sizeAt, from] = version <= 1 ? [13, version === 0 ? 24 : 28] : [9, 12];
  const addressBytes = head[at + sizeAt];
  if (version > 3) return `there is no HDF5 superblock of version ${version}`;
  if (addressBytes === undefined || head.length < at + from + 3 * addressBytes)
    return "it ends within its superblock: it is cut off";
  // Other sizes are allowed, and nobody writes them.
  if (addressBytes !== 8) return undefined;
  const base = head.readBigUInt64LE(at + from);
  const end = head.readBigUInt64LE(at + from + 2 * addressBytes);
  // The end counts from the beginning of the file or from the base address, as old and new libraries have it.
  const missing = (end > base ? end - base : end) - BigInt(size - at);
  return missing > 0n ? cutOff(missing, "before the end that it tells") : undefined;
};
