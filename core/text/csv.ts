/** Comma-separated values (RFC 4180) as spreadsheets write them: quoted cells, any line end, `;` or a tab in the comma's place. */

export interface CsvRow {
  /** Of its first character, from 1. */
  line: number;
  cells: string[];
}

/** Where and why a text is no CSV. */
export interface CsvFault {
  line: number;
  found: string;
  accepted: string;
}

const separators = [",", ";", "\t"] as const;

/** Rows with anything in them. The first row with text decides the separator; a first line `sep=;` says it. */
export function parseCsv(text: string): { rows: CsvRow[] } | { fault: CsvFault } {
  const whole = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const named = /^sep=([,;\t])(?:\r\n|\r|\n|$)/i.exec(whole);
  const start = named?.[0].length ?? 0;
  const separator = named?.[1] ?? separatorOf(whole);
  const rows: CsvRow[] = [];
  let line = named === null ? 1 : 2;
  let at = start;
  while (at < whole.length) {
    const row: CsvRow = { line, cells: [] };
    for (;;) {
      const cell = whole[at] === '"' ? quotedCell(whole, at) : plainCell(whole, at, separator);
      if (cell === null) return { fault: { line, found: 'a cell without a closing "', accepted: 'a " at its end' } };
      row.cells.push(cell.text);
      line += cell.lines;
      at = cell.end;
      if (whole[at] === separator) {
        at++;
        continue;
      }
      const isEnd = at >= whole.length || whole[at] === "\n" || whole[at] === "\r";
      if (!isEnd)
        return {
          fault: {
            line,
            found: 'text behind the closing " of a cell',
            accepted: 'the separator; a " within a cell is ""',
          },
        };
      break;
    }
    if (whole[at] === "\r" && whole[at + 1] === "\n") at++;
    at++;
    line++;
    if (row.cells.some((cell) => cell.trim() !== "")) rows.push(row);
  }
  return { rows };
}

interface Cell {
  text: string;
  end: number;
  /** Line ends in it. */
  lines: number;
}

function plainCell(text: string, start: number, separator: string): Cell {
  let end = start;
  while (end < text.length && text[end] !== separator && text[end] !== "\n" && text[end] !== "\r") end++;
  return { text: text.slice(start, end), end, lines: 0 };
}

/** Null if it has no end. */
function quotedCell(text: string, start: number): Cell | null {
  let end = start + 1;
  for (;;) {
    end = text.indexOf('"', end);
    if (end === -1) return null;
    if (text[end + 1] !== '"') break;
    end += 2;
  }
  const inner = text.slice(start + 1, end);
  return { text: inner.replaceAll('""', '"'), end: end + 1, lines: inner.match(/\r\n|\r|\n/g)?.length ?? 0 };
}

/** The one that the first line with text has most often outside quotes. */
function separatorOf(text: string): string {
  const [first = ""] = /[^\s][^\r\n]*/.exec(text) ?? [];
  const bare = first.replace(/"[^"]*"/g, "");
  const counts = separators.map((separator) => bare.split(separator).length);
  return separators[counts.indexOf(Math.max(...counts))] ?? ",";
}

/** What a spreadsheet would run as a formula, and a text that already has the sign against that. */
const formula = /^'*[=+\-@\t\r]/;

/** Rows as CSV with CRLF; a cell that a spreadsheet would run as a formula has an apostrophe before it (`withoutApostrophe`). */
export function writeCsv(rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => {
    const safe = formula.test(text) ? `'${text}` : text;
    return /[",;\t\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** A cell as it was before `writeCsv` kept it from being a formula. */
export function withoutApostrophe(cell: string): string {
  return cell.startsWith("'") && formula.test(cell) ? cell.slice(1) : cell;
}
