/** Texts that are kept for long. */

/** The same text in memory of its own: a part of a larger text otherwise keeps all of that in memory. */
export function detached(text: string): string {
  return JSON.parse(JSON.stringify(text));
}
