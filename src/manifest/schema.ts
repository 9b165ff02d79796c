/** The shape of a manifest as zod schemas: what is allowed, and what is wrong with the rest. */
import * as z from "zod";
import { explainIssue } from "./explain.js";
import {
  checkChecksum,
  checkHomepage,
  checkId,
  checkLine,
  checkPattern,
  checkPieces,
  checkProse,
  checkSha256,
  checkStated,
  checkTag,
  checkType,
  PIN_ORIGINS,
  STATED_DIGITS,
} from "./fields.js";
import { type Finding, type JsonPath, MAX_ISSUES, type Problem } from "./issues.js";
import { checkFolder, checkLocalPath, checkPath, withoutDot } from "./paths.js";
import { checkSource, checkUrl } from "./urls.js";

/** A text that a pure function examines. */
function text(check: (value: string) => Problem | undefined) {
  return z.string().check((context) => {
    const problem = check(context.value);
    if (problem === undefined) return;
    const { message, suggestion } = problem;
    context.issues.push({ code: "custom", input: context.value, message, params: { suggestion } });
  });
}

const SHA256_PATTERN = "^[0-9a-fA-F]{64}$";

const stated = (key: keyof typeof STATED_DIGITS, title: string) =>
  text(checkStated(STATED_DIGITS[key]))
    .meta({
      title,
      description: `${STATED_DIGITS[key]} hexadecimal digits. Checked while the file is fetched without a sha256; no pin.`,
      pattern: `^[0-9a-fA-F]{${STATED_DIGITS[key]}}$`,
    })
    .optional();

const url = text(checkUrl).meta({
  title: "URL",
  description:
    "Where the file comes from: an https:, http: or file: URL, npm:<package>@<exact version>/<path>, hf:<org>/<name>@<commit>/<path>, github:<owner>/<name>@<tag>/<file>, zenodo:<record>/<file>, lfs:<URL of a Git LFS server>, or a path relative to the manifest. A file in a .zip, .tar, .tar.gz or .tgz is named by #member=<path in the archive>.",
  examples: [
    "https://example.com/models/model.onnx",
    "npm:package@1.2.3/model.onnx",
    "https://example.com/a.zip#member=b",
  ],
});

const filePath = (description: string) =>
  text((path) => checkPath(withoutDot(path))).meta({ title: "Path", description, pattern: "^[^/\\\\]" });

const folderPath = (description: string) =>
  text(checkFolder).meta({ title: "Folder", description, pattern: "^[^/\\\\]" });

/** Where the bytes of one file come from, and what they must be. */
const content = {
  url,
  fallbackUrls: z
    .array(url)
    .meta({ title: "Fallback URLs", description: "Other places with the same bytes, tried in this order." })
    .optional(),
  size: z
    .int()
    .nonnegative()
    .meta({ title: "Size", description: "Exact size in bytes. Checked.", maximum: Number.MAX_SAFE_INTEGER })
    .optional(),
  size_mb: z
    .number()
    .positive()
    .meta({ title: "Size in MB", description: "About how many megabytes. For totals only, never checked." })
    .optional(),
  sha256: text(checkSha256)
    .meta({ title: "SHA-256", description: "64 hexadecimal digits. Checked.", pattern: SHA256_PATTERN })
    .optional(),
  checksum: text(checkChecksum)
    .meta({
      title: "Checksum",
      description: "The same as sha256; may begin with sha256:.",
      pattern: "^([sS][hH][aA]256:)?[0-9a-fA-F]{64}$",
    })
    .optional(),
  pinnedAs: z
    .enum(PIN_ORIGINS)
    .meta({
      title: "Pinned as",
      description:
        "Where the SHA-256 came from: declared by whoever publishes the file, or measured on the first download. Written by assets add and assets lock, never checked.",
    })
    .optional(),
  sha512: stated("sha512", "SHA-512"),
  sha1: stated("sha1", "SHA-1"),
  gitBlob: stated("gitBlob", "Git blob id"),
  md5: stated("md5", "MD5"),
};

const listedFile = z
  .strictObject({ path: filePath("Where the file goes, relative to the folder of its asset."), ...content })
  .meta({ title: "File", description: "One file of an asset." });

const namedFile = z
  .strictObject({ path: filePath("Where the file goes, if not under its name.").optional(), ...content })
  .meta({ title: "File", description: "One file of an asset, under its name." });

const patterns = (title: string, description: string) =>
  z.array(text(checkPattern)).min(1).meta({ title, description }).optional();

const line = (title: string, description: string) => text(checkLine).meta({ title, description }).optional();

const assetSchema = z
  .strictObject({
    id: text(checkId).meta({
      title: "Id",
      description: "Unique name: a letter or digit, then letters, digits and . _ - / @ + :",
      minLength: 1,
      maxLength: 200,
      examples: ["qwen2.5-0.5b-instruct-gguf"],
    }),
    type: text(checkType)
      .meta({
        title: "Type",
        description: "model, dataset or another word. Without it, the tag model or dataset decides.",
        pattern: "^[a-z][a-z0-9-]*$",
        examples: ["model", "dataset"],
      })
      .optional(),
    name: line("Name", "Name for people."),
    description: text(checkProse)
      .meta({ title: "Description", description: "What it is and what it is for." })
      .optional(),
    version: line("Version", "Version of the asset, as a text."),
    license: line("Licence", "SPDX expression or a few words."),
    homepage: text(checkHomepage)
      .meta({ title: "Homepage", description: "Web page that describes the asset.", format: "uri" })
      .optional(),
    tags: z.array(text(checkTag)).meta({ title: "Tags", description: "Words to select by." }).optional(),
    required: z
      .boolean()
      .meta({ title: "Required", description: "Whether a minimal installation needs it.", default: false })
      .optional(),
    metadata: z
      .record(z.string(), z.unknown())
      .meta({ title: "Metadata", description: "Free data, carried along and never read." })
      .optional(),
    path: folderPath("Folder of the files below, relative to the root.").optional(),
    destination: folderPath("The same as path.").optional(),
    source: text(checkSource)
      .meta({
        title: "Source",
        description:
          "A whole repository in place of files: hf:[datasets/|spaces/]<org>/<name>@<commit>. Beside files: where they came from.",
        pattern: "^hf:",
        examples: ["hf:org/name@0123456789abcdef0123456789abcdef01234567"],
      })
      .optional(),
    include: patterns("Include", "Only files of the source whose path or name matches one of these patterns."),
    exclude: patterns("Exclude", "No files of the source whose path or name matches one of these patterns."),
    files: z
      .union([z.array(listedFile).min(1), z.record(z.string(), namedFile)])
      .meta({ title: "Files", description: "The files: a list, or a table by file name." })
      .optional(),
    localPath: text(checkLocalPath)
      .meta({
        title: "Local path",
        description: "Where the only file goes, relative to the root; with a / at its end, the URL gives the name.",
        pattern: "^[^/\\\\]",
      })
      .optional(),
    ...content,
    url: url.optional(),
  })
  .meta({
    title: "Asset",
    description: "A model, a dataset or anything else made of files.",
    anyOf: [{ required: ["files"] }, { required: ["source"] }, { required: ["url", "localPath"] }],
  });

const top = {
  $schema: z.string().meta({ description: "Where editors find the JSON Schema of this file." }).optional(),
  version: z.literal(1).meta({ title: "Format version", description: "Always 1." }),
  root: folderPath(
    "Folder that all paths are relative to, inside the manifest's own folder. Default: that folder.",
  ).optional(),
  pieces: text(checkPieces)
    .meta({
      title: "Pieces",
      description: "SHA-256 of the file of piece digests beside this one. Written by assets lock --pieces.",
      pattern: "^sha256:[0-9a-f]{64}$",
    })
    .optional(),
};

/** A whole manifest. */
export const document = z.strictObject({ ...top, assets: z.array(assetSchema).meta({ title: "Assets" }) });
const envelope = z.strictObject({ ...top, assets: z.array(z.unknown()) });
/** When the root is set from outside, the one in the manifest need not be usable here. */
const envelopeWithoutRoot = z.strictObject({ ...envelope.shape, root: z.string().optional() });

/** An asset of the right shape, its forms not yet told apart. */
export type RawAsset = z.output<typeof assetSchema>;
/** Where the bytes of one file come from, as any of the forms has it. */
export type RawContent = Omit<z.output<typeof namedFile>, "path">;

/** Everything of a manifest but the content of its assets. */
type RawEnvelope = z.output<typeof envelope>;

/** What an examination answers: a value, or else at least one finding and at most {@link MAX_ISSUES}. */
interface Parsed<T> {
  value?: T;
  findings: Finding[];
}

/** Examines the top of the document. */
export function parseEnvelope(value: unknown, options: { ignoreRoot: boolean }): Parsed<RawEnvelope> {
  return parse(
    options.ignoreRoot ? envelopeWithoutRoot : envelope,
    withoutExtensions(value),
    [],
    Object.keys(top).concat("assets"),
  );
}

/** Examines one asset. `path` leads to it. */
export function parseAsset(value: unknown, path: JsonPath): Parsed<RawAsset> {
  return parse(assetSchema, withoutExtensionsInAsset(value), path, Object.keys(assetSchema.shape));
}

function parse<T>(schema: z.ZodType<T>, value: unknown, path: JsonPath, keys: readonly string[]): Parsed<T> {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data, findings: [] };
  const known = { here: keys, below: Object.keys(listedFile.shape) };
  const issues = result.error.issues.slice(0, MAX_ISSUES);
  return { findings: issues.flatMap((issue) => explainIssue(issue, { value, path, known })).slice(0, MAX_ISSUES) };
}

/** Keys that begin with `x-` belong to others. */
function withoutExtensions(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if (!Object.keys(value).some(isExtension)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !isExtension(key)));
}

function withoutExtensionsInAsset(value: unknown): unknown {
  const asset = withoutExtensions(value);
  if (typeof asset !== "object" || asset === null || !("files" in asset)) return asset;
  const { files } = asset;
  if (Array.isArray(files)) {
    const kept = files.map(withoutExtensions);
    return kept.every((file, index) => file === files[index]) ? asset : { ...asset, files: kept };
  }
  if (typeof files !== "object" || files === null) return asset;
  // The keys of the table are names of files, which may begin with `x-` as well.
  const entries = Object.entries(files);
  const kept = entries.map(([name, file]) => [name, withoutExtensions(file)] as const);
  return kept.every(([, file], index) => file === entries[index]?.[1])
    ? asset
    : { ...asset, files: Object.fromEntries(kept) };
}

function isExtension(key: string): boolean {
  return key.startsWith("x-");
}
