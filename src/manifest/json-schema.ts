/** The JSON Schema of a manifest, made from the zod schemas. */
import * as z from "zod";
import { document } from "./schema.js";

/** The JSON Schema of a manifest, for editors. */
export function manifestJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(document, {
    // The draft that editors know best.
    target: "draft-7",
    io: "input",
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) jsonSchema.patternProperties = { "^x-": {} };
    },
  });
  return { ...schema };
}
