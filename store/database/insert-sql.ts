/** SQL of statements that run once for each row of arguments. */
import type { Statement, Value } from "./statement.ts";

/** `insert into table (columns) values (?, …)`, with a parameter for each column; `tail` is SQL after it, such as an `on conflict` clause. */
export function insertSql(table: string, columns: string, tail = ""): string {
  const parameters = columns.replace(/\w+/g, "?");
  return `insert into ${table} (${columns}) values (${parameters}) ${tail}`;
}

/** The statement for these rows; none without rows. */
export function forRows(sql: string, rows: readonly (readonly Value[])[]): Statement[] {
  return rows.length === 0 ? [] : [{ sql, rows }];
}
