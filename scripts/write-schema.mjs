/** Writes assets.manifest.schema.json from the built code. Run `npm run build` first. */
import { writeFile } from "node:fs/promises";
import { manifestJsonSchema } from "../dist/manifest/schema.js";

const target = new URL("../assets.manifest.schema.json", import.meta.url);
await writeFile(target, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
