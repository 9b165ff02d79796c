/** Tasks side by side: how many, in which order, and who goes on while others wait. */
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type Lane, runPool } from "../../src/transfer/pool.js";
import { gate } from "../helpers/faults.js";

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

/** A task that notes when it runs and how many do, each for a few turns. */
function watched() {
  const began: number[] = [];
  let running = 0;
  let most = 0;
  const task = async (n: number) => {
    began.push(n);
    most = Math.max(most, ++running);
    for (let turns = 0; turns < 3; turns++) await turn();
    running--;
    return n * 10;
  };
  return { began, most: () => most, task };
}

describe("tasks", () => {
  it("run as many at once as are allowed, in order, and are answered in order", async () => {
    const { began, most, task } = watched();
    expect(await runPool(numbers(9), 3, task)).toEqual(numbers(9).map((n) => n * 10));
    expect([began, most()]).toEqual([numbers(9), 3]);
  });

  it("that are heavy take the place of several, and are not passed by lighter ones", async () => {
    const { began, most, task } = watched();
    await runPool(numbers(12), 4, task, { weightOf: (n) => (n === 2 ? 4 : 1) });
    expect([began, most()]).toEqual([numbers(12), 4]);
  });

  it("heavier than all that is allowed run alone", async () => {
    const { most, task } = watched();
    await runPool(numbers(4), 2, task, { weightOf: () => 5 });
    expect(most()).toBe(1);
  });

  it("end with what the first of them threw, once those under way have ended", async () => {
    const { began, task } = watched();
    const failing = async (n: number) => {
      await task(n);
      throw new Error(`task ${n}`);
    };
    await expect(runPool(numbers(9), 3, failing)).rejects.toThrow("task 0");
    expect(began).toEqual([0, 1, 2]);
  });
});

describe("a task that rests", () => {
  it("leaves its place to others, and goes on before further ones begin once it has what it waited for", async () => {
    const { opened, open } = gate();
    const order: string[] = [];
    const task = async (n: number, lane: Lane) => {
      order.push(`begins ${n}`);
      if (n === 0) await lane.rest(() => opened);
      if (n === 2) open();
      await turn();
      order.push(`ends ${n}`);
    };
    await runPool(numbers(5), 1, task);
    expect(order.indexOf("ends 0")).toBeLessThan(order.indexOf("begins 4"));
    expect(order.slice(0, 4)).toEqual(["begins 0", "begins 1", "ends 1", "begins 2"]);
  });

  it("again and again holds up nobody", async () => {
    let left = 3;
    const task = async (n: number, lane: Lane) => {
      if (n === 0) while (left > 0) await lane.rest(() => turn());
      else left--;
    };
    await runPool(numbers(4), 1, task);
    expect(left).toBe(0);
  });

  it("passes on what it waited for threw", async () => {
    const task = (_: number, lane: Lane) => lane.rest(() => Promise.reject(new Error("in vain")));
    await expect(runPool([0], 1, task)).rejects.toThrow("in vain");
  });
});

describe("tasks that would have to wait", () => {
  it("begin behind those that need not, and at once when they need not any more", async () => {
    let isOpen = false;
    const began: number[] = [];
    const task = async (n: number) => {
      began.push(n);
      await turn();
      if (n === 7) isOpen = true;
    };
    await runPool(numbers(10), 1, task, { isReady: (n) => isOpen || n >= 5 });
    expect(began).toEqual([5, 6, 7, 0, 1, 2, 3, 4, 8, 9]);
  });

  it.each([
    [1, 32],
    [3, 32],
    [20, 40],
  ])("begin all the same when nobody else is left, with %i at once until %i of them wait", async (limit, most) => {
    const { opened, open } = gate();
    let resting = 0;
    const task = (_: number, lane: Lane) => {
      if (++resting === most) setImmediate(open);
      return lane.rest(() => opened);
    };
    let atOpening = 0;
    void opened.then(() => (atOpening = resting));
    await runPool(numbers(60), limit, task, { isReady: () => false });
    expect([atOpening, resting]).toEqual([most, 60]);
  });

  it("for the same are looked at once, however many they are", async () => {
    const count = 20_000;
    let looks = 0;
    const isReady = (n: number) => {
      looks++;
      return n >= count;
    };
    const groupOf = (n: number) => `host ${n % 3}`;
    await runPool(numbers(count + 500), 4, async () => turn(), { isReady, groupOf });
    expect(looks).toBeLessThan(8 * count);
  });
});
