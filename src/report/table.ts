/** Plain aligned columns. */
import { createColors, type Paint } from "./colors.js";
import { displayWidth, oneLine, padLeft, padRight, truncate, truncatePath } from "./format.js";

/** What every renderer of a report wants to know about where its text goes. */
export interface RenderOptions {
  color: boolean;
  /** Columns of the terminal; absent where the text is piped, and then nothing is cut. */
  width?: number;
  /** Also what is as it should be. */
  verbose?: boolean;
  /** How the program is called in the commands that are told. Default `assets`. */
  program?: string;
}

/** One column of a table. */
export interface Column {
  title: string;
  align?: "left" | "right";
  /** Its cells are paths: as the last column they are cut so that the file name stays, and never left out. */
  path?: boolean;
}

/** A text, or a text with its colour. Made safe to show by the table. */
export type Cell = string | { text: string; paint: Paint };

/** How a table is laid out. */
export interface TableOptions extends RenderOptions {
  /** Spaces before each line. Default 0. */
  indent?: number;
}

const GAP = "  ";
// A last column cut to less than this says nothing.
const LEAST_LAST_COLUMN = 6;
const LEAST_PATH = 16;

/** A title line, then a line per row, each ended by a line feed. Only the last column gives way to a narrow terminal. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions,
): string {
  const colors = createColors(options.color);
  const header = columns.map((column): Cell => ({ text: column.title, paint: colors.quiet }));
  const cells = [header, ...rows].map((row) => columns.map((_, index) => toCell(row[index] ?? "")));
  const widths = columns.map((_, index) => cells.reduce((most, row) => Math.max(most, row[index]?.width ?? 0), 0));
  const shown = shownWidths(widths, columns.at(-1)?.path ?? false, options);

  return cells
    .map((row) => {
      const parts = shown.map((width, index) => {
        const { text, paint } = row[index] ?? toCell("");
        const { align, path } = columns[index] ?? {};
        const cut = path ? truncatePath(text, width) : truncate(text, width);
        // Spaces stay outside of the paint, so that those at the line's end can go.
        return align === "right"
          ? padLeft("", width - displayWidth(cut)) + paint(cut)
          : paint(cut) + padRight("", width - displayWidth(cut));
      });
      return `${" ".repeat(options.indent ?? 0)}${parts.join(GAP)}`.trimEnd();
    })
    .join("\n")
    .concat("\n");
}

/** Widths of the columns to show: all of them, the last one narrowed or left out where the terminal ends. */
function shownWidths(
  widths: readonly number[],
  keepLast: boolean,
  { width, indent = 0 }: TableOptions,
): readonly number[] {
  const last = widths.at(-1);
  if (width === undefined || last === undefined || widths.length < 2) return widths;
  const before = widths.slice(0, -1);
  const room = width - indent - before.reduce((sum, each) => sum + each + GAP.length, 0);
  if (room >= last) return widths;
  if (room >= (keepLast ? LEAST_PATH : LEAST_LAST_COLUMN)) return [...before, room];
  return keepLast ? widths : before;
}

function toCell(cell: Cell): { text: string; paint: Paint; width: number } {
  const text = oneLine(typeof cell === "string" ? cell : cell.text);
  return { text, paint: typeof cell === "string" ? (plain) => plain : cell.paint, width: displayWidth(text) };
}
