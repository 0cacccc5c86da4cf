/** Reads values from rows. The type of every value from the database is checked here. */

import { StoreError } from "../../core/errors.ts";
import type { Row, Value } from "./statement.ts";

function mismatch(column: string, expected: string, value: Value | undefined): StoreError {
  const found = value === null ? "null" : typeof value;
  return new StoreError("store_corrupt", `column ${column} holds ${found} where ${expected} belongs: restore a backup`);
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw mismatch(column, "an integer", value);
  return value;
}

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw mismatch(column, "text", value);
  return value;
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function integerOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : integer(row, column);
}
