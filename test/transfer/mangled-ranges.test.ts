/** Proxies and servers that cope with one request for a file at a time, and give something else to others. */
import { expect, it } from "vitest";
import { from, MB, waste } from "../helpers/mirrors.js";
import type { Mangled, Part } from "../helpers/paced-server.js";

const SHIFT = 1000;

function shifted({ start, end }: Part): Part {
  return { start: start - SHIFT, end: end - SHIFT };
}

/** What an answer to a range is while another request is under way, in place of the range. */
const MANGLED: Record<string, (asked: Part) => Mangled> = {
  "answers everything": () => "everything",
  "names and sends another range": (asked) => ({ named: shifted(asked), sent: shifted(asked) }),
  "names another range": (asked) => ({ named: shifted(asked), sent: asked }),
  "names the range and sends another": (asked) => ({ named: asked, sent: shifted(asked) }),
  "gives the beginning of the file for every range": ({ start, end }) => {
    const sent = { start: 0, end: end - start };
    return { named: sent, sent };
  },
  "gives the beginning of the file as every range": ({ start, end }) => ({
    named: { start, end },
    sent: { start: 0, end: end - start },
  }),
  "gives half of every range": ({ start, end }) => {
    const sent = { start, end: Math.ceil((start + end) / 2) };
    return { named: sent, sent };
  },
  "promises every range and gives half of it": ({ start, end }) => ({
    named: { start, end },
    sent: { start, end: Math.ceil((start + end) / 2) },
  }),
};

it("a server that mangles a second request meanwhile still gives the file, by itself, over one connection", async () => {
  const found = Object.entries(MANGLED).map(async ([name, lie]) => {
    let lies = 0;
    const mangle = (asked: Part, others: number) => (others > 0 && ++lies > 0 ? lie(asked) : undefined);
    // However long it takes this process to try a second request, the first has not ended before.
    const breaks = (_: unknown, sent: number) => (lies === 0 && sent > MB ? "trickle" : undefined);
    const { servers, right, outcome, tree } = await from([{ perConnection: 1.5 * MB, mangle, breaks }]);
    // Where only the digest could tell, the file came twice.
    const much = waste(servers) > 1.5;
    return [name, { lied: lies > 0, status: outcome.status, right, much, leftovers: tree.leftovers() }] as const;
  });
  const well = { lied: true, status: "downloaded", right: true, much: false, leftovers: [] };
  expect(Object.fromEntries(await Promise.all(found))).toEqual(
    Object.fromEntries(Object.keys(MANGLED).map((name) => [name, well])),
  );
});

it("a server whose first answer breaks off while others are at work, and that then answers everything, gives the file", async () => {
  let broken = false;
  const { right, outcome, tree, servers } = await from([
    {
      perConnection: 1.5 * MB,
      mangle: () => (broken ? "everything" : undefined),
      breaks(request, sent) {
        if (request.headers.range !== undefined || sent < 500_000) return undefined;
        broken = true;
        return "cut";
      },
    },
  ]);
  expect([outcome.status, right, tree.leftovers()]).toEqual(["downloaded", true, []]);
  expect(waste(servers)).toBeLessThan(1.5);
});
