/** The models of Ollama, whose layers are plain files named by their SHA-256. */
import { join } from "node:path";
import type { UserFolders } from "../git/config-files.js";
import { existingFolders, NOWHERE, type Place } from "./place.js";

/** Where its service keeps them on Linux when it runs as a user of its own. */
const SERVICE_FOLDER = "/usr/share/ollama/.ollama/models";

/** Looks in the user's models, then in those of the service. */
export async function ollamaBlobs({ env, home }: UserFolders): Promise<Place> {
  const models = env.OLLAMA_MODELS ? [env.OLLAMA_MODELS] : [join(home, ".ollama", "models"), SERVICE_FOLDER];
  const folders = await existingFolders(models.map((folder) => join(folder, "blobs")));
  if (folders.length === 0) return NOWHERE;
  return ({ sha256 }) =>
    folders.map((folder) => ({ path: join(folder, `sha256-${sha256}`), place: "Ollama's models" }));
}
