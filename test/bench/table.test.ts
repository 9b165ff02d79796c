/** What the bench prints. */
import { describe, expect, it } from "vitest";
import { compare } from "../../bench/race.js";
import { bytesText, secondsText, spreadText, table } from "../../bench/table.js";

const measured = (name: string, ...seconds: number[]) => ({
  name,
  samples: seconds.map((each) => ({ seconds: each })),
});

describe("the bench's table", () => {
  it.each([
    [0.04567, "0.046 s"],
    [1.234, "1.23 s"],
    [12.34, "12.3 s"],
    [123.4, "123 s"],
  ])("writes %d seconds with three digits that count", (seconds, text) => {
    expect(secondsText(seconds)).toBe(text);
  });

  it.each([
    [2_048, "2 KiB"],
    [1.5 * 1024 ** 2, "1.5 MiB"],
    [4 * 1024 ** 3, "4 GiB"],
    [5 * 1024 ** 4, "5120 GiB"],
  ])("writes %d bytes in the unit that suits them", (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });

  it("leaves the range away where there is none to see", () => {
    expect(spreadText({ median: 1.2, min: 1, max: 2 }, secondsText)).toBe("1.20 s (1.00 to 2.00 s)");
    expect(spreadText({ median: 1.2, min: 1.2001, max: 1.2002 }, secondsText)).toBe("1.20 s");
  });

  it("says whether a limit was held, and nothing where there is none", () => {
    const [ours, theirs] = [measured("assets", 1, 1), measured("curl", 2, 2)];
    const cells = (atMost?: number) => {
      const row = compare("a task", ours, theirs, atMost === undefined ? {} : { atMost });
      return table([row]).split("\n").at(-1);
    };
    expect(cells(0.5)).toBe("| a task | 1.00 s | curl | 2.00 s | 0.50 | 0.5 | yes |  |");
    expect(cells(0.4)).toContain("| 0.50 | 0.4 | **no** |");
    expect(cells()).toContain("| 0.50 |  |  |");
  });

  it.each(["aria2c is not installed", "WRONG"])("prints %j in the place of a time, and compares nothing", (trouble) => {
    const row = compare("a task", measured("assets", 1), { name: "aria2c", samples: [], trouble }, { atMost: 0.6 });
    expect(table([row]).split("\n").at(-1)).toBe(`| a task | 1.00 s | aria2c | ${trouble} |  | 0.6 | ? |  |`);
  });

  it("counts no result that was wrong, whatever it took", () => {
    const wrong = { ...measured("assets", 0.1), trouble: "WRONG" };
    expect(compare("a task", wrong, measured("curl", 1), { atMost: 1 })).not.toHaveProperty("ratio");
  });

  it("keeps a bar in a text from ending its cell", () => {
    expect(table([{ task: "a | b", against: "" }])).toContain("a \\| b");
  });
});
