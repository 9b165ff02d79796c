/** Bills of materials in CycloneDX 1.6: every asset a component, models and data apart, with the digests of its files. */
import { createHash } from "node:crypto";
import type { Asset } from "../manifest/types.js";
import { version } from "../version.js";
import type { ExportedFile, Written } from "./exported.js";

/** Identifiers of the SPDX list that models and datasets come under most; others are given as names. */
const SPDX = new Set(
  "0BSD AGPL-3.0-only AGPL-3.0-or-later Apache-2.0 Artistic-2.0 BSD-2-Clause BSD-3-Clause BSL-1.0 CC-BY-3.0 CC-BY-4.0 CC-BY-NC-4.0 CC-BY-NC-ND-4.0 CC-BY-NC-SA-4.0 CC-BY-ND-4.0 CC-BY-SA-3.0 CC-BY-SA-4.0 CC0-1.0 CDLA-Permissive-1.0 CDLA-Permissive-2.0 CDLA-Sharing-1.0 EPL-2.0 EUPL-1.2 GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later ISC LGPL-2.1-only LGPL-3.0-only MIT MIT-0 MPL-2.0 ODbL-1.0 ODC-By-1.0 OFL-1.1 PDDL-1.0 Unlicense Zlib".split(
    " ",
  ),
);
/** Names of digests in CycloneDX, those that are harder to forge first. */
const HASHES = [
  ["SHA-256", "sha256"],
  ["SHA-512", "sha512"],
  ["SHA-1", "sha1"],
  ["MD5", "md5"],
] as const;

/** The same manifest gives the same text: there is no date in it, and the serial number is made of the content. */
export function writeCycloneDx(files: readonly ExportedFile[]): Written {
  const groups = new Map<Asset, ExportedFile[]>();
  for (const file of files) {
    const own = groups.get(file.asset);
    if (own === undefined) groups.set(file.asset, [file]);
    else own.push(file);
  }
  const components = [...groups].map(([asset, own], index) => componentOf(asset, own, index));
  const document = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(components))}`,
    version: 1,
    metadata: {
      tools: { components: [{ type: "application", name: "assets", version }] },
    },
    components,
  };
  return { text: `${JSON.stringify(document, null, 2)}\n`, left: [] };
}

function componentOf(asset: Asset, files: readonly ExportedFile[], index: number): object {
  const { id, type, name, description, license, homepage, tags } = asset;
  const [only] = files.length === 1 ? files : [];
  const own = only === undefined ? [] : hashesOf(only);
  return {
    type: type === "model" ? "machine-learning-model" : "data",
    "bom-ref": `asset-${index + 1}`,
    name: name ?? id,
    ...(asset.version !== undefined && { version: asset.version }),
    ...(description !== undefined && { description }),
    ...(own.length > 0 && { hashes: own }),
    ...(license !== undefined && { licenses: [{ license: SPDX.has(license) ? { id: license } : { name: license } }] }),
    ...referencesOf(only === undefined ? [] : only.urls, homepage),
    ...(tags.length > 0 && { tags: [...new Set(tags)] }),
    properties: [
      { name: "assets:id", value: id },
      { name: "assets:type", value: type },
    ],
    components: files.map((file, at) => fileOf(file, `asset-${index + 1}-${at + 1}`)),
  };
}

function fileOf(file: ExportedFile, ref: string): object {
  const hashes = hashesOf(file);
  return {
    type: "file",
    "bom-ref": ref,
    name: file.path,
    ...(hashes.length > 0 && { hashes }),
    ...referencesOf(file.urls, undefined),
    ...(file.size !== undefined && { properties: [{ name: "assets:size", value: String(file.size) }] }),
  };
}

function hashesOf(file: ExportedFile): object[] {
  return HASHES.flatMap(([alg, key]) => (file[key] === undefined ? [] : { alg, content: file[key] }));
}

/** Files of this machine are nothing to others. */
function referencesOf(urls: readonly string[], homepage: string | undefined): object {
  const references = [
    ...urls.filter((url) => !url.startsWith("file:")).map((url) => ({ type: "distribution", url: iri(url) })),
    ...(homepage === undefined ? [] : [{ type: "website", url: iri(homepage) }]),
  ];
  return references.length === 0 ? {} : { externalReferences: references };
}

/** The schema takes no other signs in a reference. */
function iri(url: string): string {
  return url.replace(/[\s<>"{}|\\^`]/g, (sign) => encodeURIComponent(sign));
}

/** A UUID of a content (RFC 9562, version 8). */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const variant = ((Number.parseInt(hex[16] ?? "0", 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
