/**
 * `insert … values (…), (…)` for rows with long texts, which are bound as they are: a third faster than unpacking them from one
 * JSON argument. For many short columns `json_each` is faster (docs/benchmarks.md).
 */
import type { Statement } from "./statement.ts";

type Value = string | number | null;

const rowsPerStatement = 50;

/** The number of columns in a list such as `id, name`. */
function countColumns(columns: string): number {
  return columns.split(",").length;
}

/** SQL for the values of these columns, in order, from a row of `json_each` that is a JSON array. */
export function unpacked(columns: string): string {
  return Array.from({ length: countColumns(columns) }, (_, at) => `value->>${at}`).join(", ");
}

/** One insert statement per 50 rows; `tail` is SQL after the values, such as an `on conflict` clause. */
export function insertRows(
  table: string,
  columns: string,
  rows: readonly (readonly Value[])[],
  tail = "",
): Statement[] {
  const placeholders = `(${Array(countColumns(columns)).fill("?").join(", ")})`;
  const statements: Statement[] = [];
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    const part = rows.slice(start, start + rowsPerStatement);
    const values = Array(part.length).fill(placeholders).join(", ");
    statements.push({ sql: `insert into ${table} (${columns}) values ${values} ${tail}`, args: part.flat() });
  }
  return statements;
}

/**
 * Updates existing rows with `insert … on conflict … do update`, the fastest way measured. `rest` are constants for columns
 * that must not be null; they are never stored.
 */
export function upsertRows(
  into: string,
  rows: readonly (readonly Value[])[],
  rest: string,
  onConflict: string,
): Statement[] {
  const statements: Statement[] = [];
  for (let start = 0; start < rows.length; start += 250) {
    const part = rows.slice(start, start + 250);
    const values = part.map((row) => `(${row.map(() => "?").join(", ")}, ${rest})`).join(", ");
    statements.push({ sql: `insert into ${into} values ${values} ${onConflict}`, args: part.flat() });
  }
  return statements;
}
