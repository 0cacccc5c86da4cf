import { asciiJson } from "../../../core/text/ascii-json.ts";
import { visible } from "../../../core/text/visible.ts";
import type { Terminal } from "../command.ts";

/** The smallest width of a column. */
const narrowest = 4;
const gap = "  ";

/** Formats rows in columns, for terminals and for `cut`. `columns`: the terminal's width, to which the widest columns are shortened; null = no limit. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number | null = null,
): string {
  const lines = [head, ...rows].map((row) => row.map(visible));
  const widths = fitted(
    head.map((_, column) => Math.max(...lines.map((line) => lengthOf(line[column] ?? "")))),
    columns,
  );
  const cut = (cell: string, width: number) =>
    lengthOf(cell) <= width ? cell : `${[...cell].slice(0, Math.max(0, width - 1)).join("")}…`;
  return lines
    .map((line) => {
      const cells = line.map((cell, column) => {
        const shown = cut(cell, widths[column] ?? 0);
        return shown + " ".repeat(Math.max(0, (widths[column] ?? 0) - lengthOf(shown)));
      });
      return `${cells.join(gap).trimEnd()}\n`;
    })
    .join("");
}

/** Formats a value for programs: JSON in ASCII, so that no control character reaches a terminal. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.out(`${asciiJson(JSON.stringify(value, null, 2))}\n`);
}

/** Narrows the widest columns, one character at a time, until all fit. */
function fitted(natural: readonly number[], columns: number | null): number[] {
  const widths = [...natural];
  const room = columns === null ? Number.POSITIVE_INFINITY : columns - gap.length * (widths.length - 1);
  for (let excess = widths.reduce((sum, width) => sum + width, 0) - room; excess > 0; excess--) {
    const widest = Math.max(...widths);
    if (widest <= narrowest) break;
    widths[widths.lastIndexOf(widest)] = widest - 1;
  }
  return widths;
}

function lengthOf(text: string): number {
  return [...text].length;
}
