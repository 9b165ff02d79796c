/** Writes assets.manifest.schema.json from the sources. */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const entry = fileURLToPath(new URL("../src/manifest/json-schema.ts", import.meta.url));
const { outputFiles } = await build({
  entryPoints: [entry],
  bundle: true,
  format: "esm",
  platform: "node",
  write: false,
});
const { manifestJsonSchema } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
const target = new URL("../assets.manifest.schema.json", import.meta.url);
await writeFile(target, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
