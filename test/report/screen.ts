/** A terminal in a few lines: keeps what would be seen, scrollback included, and what went wrong on the way. */
import stringWidth from "string-width";

export interface Screen {
  isTTY: true;
  columns: number;
  rows: number;
  write(text: string): boolean;
  on(event: "resize", listener: () => void): void;
  off(event: "resize", listener: () => void): void;
  /** Gives it another size, as a user who drags its edge: lines that become too long are broken anew. */
  resize(columns: number, rows: number): void;
  /** All lines from the first ever written, without spaces at their ends or empty ones at the end. */
  lines(): string[];
  /** Handlers of the resize event that are installed. */
  listeners(): number;
  cursorVisible: boolean;
  wrapping: boolean;
  /** Times that text reached the right edge and went on in the next row. */
  wraps: number;
  writes: string[];
  /** Times that the whole screen was cleared while text stood on it, which some terminals then keep as a page. */
  pages: number;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal is what this plays
const SEQUENCE = /\u001b\[(\??)([\d;]*)([A-Za-z])|\r|\n|[^\u001b\r\n]+/g;
const graphemes = new Intl.Segmenter();

export function createScreen(columns: number, rows: number): Screen {
  let grid: string[][] = [[]];
  let x = 0;
  let y = 0;
  const handlers = new Set<() => void>();
  const row = () => {
    while (grid.length <= y) grid.push([]);
    return grid[y] as string[];
  };
  const lineFeed = () => {
    y++;
    row();
  };
  const top = () => Math.max(0, grid.length - screen.rows);

  function put(text: string): void {
    for (const { segment } of graphemes.segment(text)) {
      const width = stringWidth(segment);
      if (x + width > screen.columns) {
        if (!screen.wrapping) x = screen.columns - width;
        else {
          screen.wraps++;
          x = 0;
          lineFeed();
        }
      }
      const cells = row();
      while (cells.length < x) cells.push(" ");
      cells[x] = segment;
      for (let extra = 1; extra < width; extra++) cells[x + extra] = "";
      x += width;
    }
  }

  function control(mark: string, args: string, letter: string): void {
    const count = Number(args || (letter === "J" || letter === "K" ? 0 : 1));
    if (mark === "?") {
      if (args === "25") screen.cursorVisible = letter === "h";
      if (args === "7") screen.wrapping = letter === "h";
      return;
    }
    if (letter === "A") y = Math.max(top(), y - count);
    else if (letter === "B") y = Math.min(top() + screen.rows - 1, y + count);
    else if (letter === "C") x = Math.min(screen.columns - 1, x + count);
    else if (letter === "D") x = Math.max(0, x - count);
    else if (letter === "G") x = count - 1;
    else if (letter === "K") grid[y] = count === 2 ? [] : row().slice(0, x);
    else if (letter === "J" && count === 0) {
      if (x === 0 && y === top() && grid.slice(y).some((cells) => cells.length > 0)) screen.pages++;
      grid[y] = row().slice(0, x);
      for (let below = y + 1; below < grid.length; below++) grid[below] = [];
    } else if (letter !== "m") throw new Error(`unexpected control sequence ${mark}${args}${letter}`);
  }

  const screen: Screen = {
    isTTY: true,
    columns,
    rows,
    cursorVisible: true,
    wrapping: true,
    wraps: 0,
    writes: [],
    pages: 0,
    write(text) {
      screen.writes.push(text);
      let read = 0;
      for (const [all, mark, args, letter] of text.matchAll(SEQUENCE)) {
        read += all.length;
        if (letter !== undefined) control(mark ?? "", args ?? "", letter);
        else if (all === "\r") x = 0;
        else if (all === "\n") {
          // As a terminal driver has it: a line feed also returns to the first column.
          x = 0;
          lineFeed();
        } else put(all);
      }
      if (read !== text.length) throw new Error(`a broken control sequence in ${JSON.stringify(text)}`);
      return true;
    },
    on: (_event, listener) => void handlers.add(listener),
    off: (_event, listener) => void handlers.delete(listener),
    listeners: () => handlers.size,
    resize(toColumns, toRows) {
      const before = grid;
      const cursor = { x, y };
      grid = [];
      for (const [index, cells] of before.entries()) {
        if (index === cursor.y) {
          y = grid.length + Math.floor(cursor.x / toColumns);
          x = cursor.x % toColumns;
        }
        for (let from = 0; from === 0 || from < cells.length; from += toColumns)
          grid.push(cells.slice(from, from + toColumns));
      }
      screen.columns = toColumns;
      screen.rows = toRows;
      for (const handler of handlers) handler();
    },
    lines() {
      const lines = grid.map((cells) => cells.join("").trimEnd());
      while (lines.at(-1) === "") lines.pop();
      return lines;
    },
  };
  return screen;
}
