/** A host that accepts and never answers: those who wait for it hold up nobody else. */
import { expect, it } from "vitest";
import { startFaultServer } from "../helpers/fault-server.js";
import { type Fault, gate, holdAfter } from "../helpers/faults.js";
import { run } from "../helpers/run.js";
import { makeTree } from "../helpers/tree.js";

it("a host that gives no answer keeps a few requests waiting, and no file of another host", async () => {
  const [silent, healthy] = [await startFaultServer(), await startFaultServer()];
  const { opened, open } = gate();
  const never: Fault = holdAfterHead(opened);
  const tree = makeTree();
  const names = (of: string, count: number) => Array.from({ length: count }, (_, n) => `${of}/${n}`);
  const body = { size: 20_000, seed: 72 };
  const [waiting, others] = [names("silent", 100), names("other", 40)];
  tree.manifestFor(
    Object.fromEntries([
      ...waiting.map((name) => [name, { url: silent.serve(`/${name}`, { body, fault: never }), body }]),
      ...others.map((name) => [name, { url: healthy.serve(`/${name}`, { body }), body }]),
    ]),
  );
  let asked = 0;
  const done: string[] = [];
  const report = await run(tree, {
    onEvent(event) {
      if (event.type !== "outcome") return;
      done.push(event.outcome.path);
      if (done.length < others.length) return;
      asked ||= silent.requests.length;
      open();
    },
  });
  expect(report.totals).toMatchObject({ downloaded: waiting.length + others.length, failed: 0 });
  expect(done.slice(0, others.length).sort()).toEqual(others.sort());
  expect(asked).toBeLessThanOrEqual(48);
});

/** Not even a head comes before `opened` resolves. */
function holdAfterHead(opened: Promise<void>): Fault {
  return (exchange) => opened.then(() => holdAfter(0, opened)(exchange) as Promise<void>);
}
