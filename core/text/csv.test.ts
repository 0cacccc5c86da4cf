import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseCsv, withoutApostrophe, writeCsv } from "./csv.ts";

function cells(text: string): string[][] {
  const parsed = parseCsv(text);
  if ("fault" in parsed) throw new Error(JSON.stringify(parsed.fault));
  return parsed.rows.map((row) => row.cells);
}

test("quotes, line ends, byte order mark, empty lines", () => {
  expect(cells('\uFEFFa,b\r\n"x, ""y""\nz",2\n\n , \r3,\r\n')).toEqual([
    ["a", "b"],
    ['x, "y"\nz', "2"],
    ["3", ""],
  ]);
  expect(cells("")).toEqual([]);
  expect(cells("a")).toEqual([["a"]]);
});

test("semicolons and tabs, as the first row has them or a first line says", () => {
  expect(cells('kind;name;"a,b,c,d"\nhost;x,y;')).toEqual([
    ["kind", "name", "a,b,c,d"],
    ["host", "x,y", ""],
  ]);
  expect(cells("\nkind\tname\nhost\tx")).toEqual([
    ["kind", "name"],
    ["host", "x"],
  ]);
  expect(cells("sep=;\r\na,b;c\r\n1;2")).toEqual([
    ["a,b", "c"],
    ["1", "2"],
  ]);
});

test("each row has the line at which it begins", () => {
  const parsed = parseCsv('a\n"x\r\ny"\n\nz');
  expect("rows" in parsed && parsed.rows.map(({ line }) => line)).toEqual([1, 2, 5]);
});

test("a cell without an end, and text behind one, with their line", () => {
  expect(parseCsv('a,b\n1,"2\n3')).toEqual({
    fault: { line: 2, found: 'a cell without a closing "', accepted: 'a " at its end' },
  });
  expect(parseCsv('a\n"x\ny" z')).toMatchObject({ fault: { line: 3, found: 'text behind the closing " of a cell' } });
});

test("no cell is a formula to a spreadsheet, and it comes back as it was", () => {
  for (const text of ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\tx", "'=1", "''-", "plain", "'quoted'"]) {
    const written = writeCsv([[text]]);
    expect(written).not.toMatch(/^"?[=+\-@\t]/);
    expect(cells(written).map((row) => row.map(withoutApostrophe))).toEqual([[text]]);
  }
});

test("what is written is read again", () => {
  const text = fc.string({ unit: fc.constantFrom("a", ",", ";", '"', "\n", "\r", "\t", "=", "'", " ", "ü") });
  const row = fc.array(text, { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
      const header = ["kind", "name"];
      // A row of blanks is no row, whether a blank was written with an apostrophe (tab, line end) or not.
      const hasText = (one: readonly string[]) => one.some((cell) => cell.trim() !== "");
      const read = cells(writeCsv([header, ...rows])).slice(1);
      expect(read.map((one) => one.map(withoutApostrophe)).filter(hasText)).toEqual(rows.filter(hasText));
    }),
  );
});
