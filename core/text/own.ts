/** What a table says of a word from outside; undefined for one that it does not have, also where every object has it (`constructor`). */
export function ownOf<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
