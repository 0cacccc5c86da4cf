/** What is sent to the database and what comes back. */

/** A value of a column or an argument. Numbers that are whole are stored as integers in columns of that type. */
export type Value = string | number | null;

/** A row by the names of its columns. */
export type Row = Readonly<Record<string, Value>>;

/**
 * One SQL statement with its positional arguments, or with several rows of arguments: then it runs once for each, which is the fastest way
 * to write many rows.
 */
export type Statement =
  | { readonly sql: string; readonly args?: readonly Value[] }
  | { readonly sql: string; readonly rows: readonly (readonly Value[])[] };

export interface Result {
  rows: Row[];
  /** Rows written; of a statement with several rows of arguments their sum. */
  rowsAffected: number;
}
