/** Tells by its name what an interrupted download has left. */

/** Ending of a name, and whose it is. */
const ENDINGS: readonly [RegExp, string][] = [
  [/\.part(?:\.json)?$/i, "an interrupted download of assets, Firefox or curl"],
  [/\.incomplete$/i, "an interrupted download of the Hugging Face client"],
  [/\.aria2$/i, "the control file of aria2: the file of that name is not complete"],
  [/\.(?:crdownload|opdownload)$/i, "an interrupted download of Chrome or its kin"],
  [/\.(?:download|partial|!ut|filepart)$/i, "an interrupted download"],
  [/\.(?:tmp|temp)$/i, "a temporary file of a download or an editor"],
  // As Python names temporary files, which earlier Hugging Face clients downloaded into.
  [/^tmp[a-z0-9_]{8}$/, "a temporary file of Python, as earlier Hugging Face clients left them"],
];

/** What a file's name says it is left of; undefined for other names. */
export function leftover(name: string): string | undefined {
  return ENDINGS.find(([ending]) => ending.test(name))?.[1];
}
