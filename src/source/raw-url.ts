/** Where the content lies of a file whose raw link answers with its Git LFS pointer: pure. */

/** Other URLs of the same file, and the Git LFS servers of its repository, the likeliest first. */
export interface ContentPlaces {
  urls: string[];
  servers: string[];
}

/** Raw links of forges: what stands before is the repository. */
const RAW_LINK = /^(\/[^/]+(?:\/[^/]+)+?)(?:\/-)?\/raw\/./;
const HUB_HOSTS = new Set(["huggingface.co", "hf.co"]);

/** Reads them off the link; nothing where it has none of the forms that are known. */
export function contentOf(link: string): ContentPlaces {
  const nowhere = { urls: [], servers: [] };
  if (!URL.canParse(link)) return nowhere;
  const url = new URL(link);
  if (url.protocol !== "https:" && url.protocol !== "http:") return nowhere;
  const { hostname, origin, pathname } = url;
  if (hostname === "raw.githubusercontent.com") {
    const [, owner, repository] = pathname.split("/");
    if (!owner || !repository) return nowhere;
    return {
      urls: [`https://media.githubusercontent.com/media${pathname}`],
      servers: [serverOf(`https://github.com/${owner}/${repository}`)],
    };
  }
  const repository = RAW_LINK.exec(pathname)?.[1];
  if (repository === undefined) return nowhere;
  if (HUB_HOSTS.has(hostname)) {
    return { urls: [`${origin}${pathname.replace("/raw/", "/resolve/")}`], servers: [] };
  }
  return { urls: [], servers: [serverOf(`${origin}${repository}`)] };
}

function serverOf(repository: string): string {
  return `${repository.replace(/\.git$/, "")}.git/info/lfs`;
}
