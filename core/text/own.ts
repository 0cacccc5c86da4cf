/** What a table says of a word from outside; undefined for one that it does not have, also where every object has it (`constructor`). */
export function ownOf<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}

/** A value of parsed JSON as text; "" for an object or a list, which may hold a `toString` that is no function. */
export function scalarText(value: unknown): string {
  return typeof value === "object" || value === undefined ? "" : String(value);
}
