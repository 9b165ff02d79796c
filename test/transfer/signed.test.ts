/** Addresses that redirect to signed ones, which are good for some requests or some bytes only. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { BODY, from, MB, waste } from "../helpers/mirrors.js";

/** Redirects to an address with a new signature each time; `expired` is asked for each request under a signature. */
function signing(expired: (signature: string, earlier: number) => boolean) {
  const uses = new Map<string, number>();
  let issued = 0;
  let refused = 0;
  return {
    issued: () => issued,
    refused: () => refused,
    intercept(request: IncomingMessage, response: ServerResponse): boolean {
      const signature = /sig=(\d+)/.exec(request.url ?? "")?.[1];
      if (signature === undefined) {
        response.writeHead(302, { location: `/signed?sig=${++issued}` }).end();
        return true;
      }
      const earlier = uses.get(signature) ?? 0;
      uses.set(signature, earlier + 1);
      if (!expired(signature, earlier)) return false;
      refused++;
      response.writeHead(403).end("expired");
      return true;
    },
  };
}

it("a signed address that is cut off and refused in mid-file is asked for anew, and the file goes on where it was", async () => {
  const signer = signing((_, earlier) => earlier > 0);
  const { first, right, outcome } = await from(
    [{ intercept: signer.intercept, breaks: (_, sent) => (sent >= 900_000 ? "cut" : undefined) }],
    { policy: { connections: 1 } },
  );
  expect([right, outcome.status, outcome.tried]).toEqual([true, "downloaded", []]);
  expect(signer.issued()).toBe(3);
  // What is under way to a connection that is cut comes again.
  expect(first.sent()).toBeLessThan(BODY.length + 300_000);
  // A signature would be good for nobody else, and is nobody else's business.
  expect(JSON.stringify(outcome)).not.toMatch(/sig=/);
});

it("signed addresses that are good for one request each serve several connections, none of which is refused", async () => {
  const signer = signing((_, earlier) => earlier > 0);
  const { first, right, outcome } = await from([{ intercept: signer.intercept, perConnection: MB }]);
  expect([right, outcome.tried, signer.refused()]).toEqual([true, [], 0]);
  expect(first.peak()).toBeGreaterThan(1);
  expect(waste([first])).toBeLessThan(0.5);
});

it("signed addresses that expire under several connections cost what was on its way, and each is asked for anew", async () => {
  let served = 0;
  // Every third connection is cut, as a gateway does that looks at the signature again.
  const cut = (_: IncomingMessage, sent: number) => (sent === 16 * 1024 * 4 && ++served % 3 === 0 ? "cut" : undefined);
  const signer = signing((_, earlier) => earlier > 0);
  const { first, right, outcome } = await from([{ intercept: signer.intercept, perConnection: MB, breaks: cut }]);
  expect([right, outcome.status, signer.refused()]).toEqual([true, "downloaded", 0]);
  expect(waste([first])).toBeLessThan(0.5);
});

it("an address that signs nothing more in mid-file is left for the next, which goes on where it was", async () => {
  const signer = signing((signature) => Number(signature) > 1);
  const { servers, right, outcome } = await from(
    [{ intercept: signer.intercept, breaks: (_, sent) => (sent >= 900_000 ? "cut" : undefined) }, {}],
    { policy: { connections: 1 } },
  );
  expect([right, outcome.url]).toEqual([true, servers[1]?.url]);
  expect(outcome.tried).toMatchObject([{ url: servers[0]?.url, error: { code: "ACCESS" } }]);
  expect(waste(servers)).toBeLessThan(0.2);
});
