/** Limits of how much a service may be asked: told from refusals of access, with the time at which they end. */
import { describe, expect, it } from "vitest";
import { runBin } from "../helpers/bin.js";
import { listen } from "../helpers/hub.js";
import { servicesIn } from "../helpers/services.js";
import { makeTree } from "../helpers/tree.js";

const FILE = "github:o/r@v1/a.bin";

/** A GitHub that refuses everything in this way; how it was asked. */
async function refusing(status: number, headers: Record<string, string>) {
  const logins: (string | undefined)[] = [];
  const url = await listen((request, response) => {
    logins.push(request.headers.authorization);
    response.writeHead(status, headers).end();
  });
  return { url, logins };
}

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

describe("a used-up limit", () => {
  it.each([
    ["the hour's limit by 403", 403, () => ({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": `${inAnHour()}` })],
    ["the hour's limit by 429", 429, () => ({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": `${inAnHour()}` })],
    ["a burst", 403, () => ({ "retry-after": "3600" })],
  ])("is told as one, with its end, and may pass: %s", async (_, status, headers) => {
    const { url } = await refusing(status, headers());
    const error = await servicesIn({ GITHUB_API_URL: url })
      .describe(FILE)
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "NETWORK", retry: { wholeHost: true } });
    expect(error.retry.afterMs).toBeGreaterThan(3_590_000);
    expect(error.message).toMatch(/no more requests before \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC.*used up/);
    expect(error.hint).toContain("set GITHUB_TOKEN");
  });

  it("is that of the token, and those without one are not asked in its place", async () => {
    const { url, logins } = await refusing(403, {
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": `${inAnHour()}`,
    });
    const at = servicesIn({ GITHUB_API_URL: url, GITHUB_TOKEN: "mine" });
    await expect(at.describe(FILE)).rejects.toMatchObject({ hint: expect.stringContaining("token of GITHUB_TOKEN") });
    expect(logins).toEqual(["Bearer mine"]);
  });

  it("is no used-up limit while some of it is left: then access is refused", async () => {
    const { url } = await refusing(403, { "x-ratelimit-remaining": "7", "x-ratelimit-reset": `${inAnHour()}` });
    await expect(servicesIn({ GITHUB_API_URL: url }).describe(FILE)).rejects.toMatchObject({ code: "ACCESS" });
  });

  it("ends a command at once, with the time that is asked for", async () => {
    const { url, logins } = await refusing(403, {
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": `${inAnHour()}`,
    });
    const tree = makeTree();
    const done = await runBin(["remote", "ls", "github:o/r@v1"], { cwd: tree.root, env: { GITHUB_API_URL: url } });
    expect(done).toMatchObject({ code: 4, stderr: expect.stringMatching(/It asks to wait 3\d{3} s, longer than/) });
    expect(done.stderr).toContain("GITHUB_TOKEN");
    expect(logins).toHaveLength(1);
  });
});
