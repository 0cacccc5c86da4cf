/** DATETIME columns: ISO 8601 UTC with milliseconds, always 24 characters, so that text order is time order. */

import { textOrNull } from "./rows.ts";
import type { Row } from "./statement.ts";

export function fromIso(text: string): number {
  return Date.parse(text);
}

/** Epoch milliseconds of a DATETIME column that may be null. */
export function timeOrNull(row: Row, column: string): number | null {
  const value = textOrNull(row, column);
  return value === null ? null : fromIso(value);
}
