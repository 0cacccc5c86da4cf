/**
 * Regular expressions for messages, for RE2, whose syntax is Kusto's: it has no look-behind and no possessive loops, and needs none, because its work
 * grows as the length of the message whatever that holds. Each pattern is for what the one before it finds, so that most work is done on short texts.
 *
 * Each is bound to the beginning, and passes over what stands before element by element and parameter by parameter: a value is somebody else's text,
 * and the quote that ends it can be taken for the one that begins another (`title="x [rule@1 ip=" level="high"`).
 */

/** A value between its quotes, with its escapes: to be unescaped in a step of its own. */
const escapedValue = String.raw`[^"\\\]]*(?:\\.[^"\\\]]*)*`;

const parameters = String.raw`(?: [^ ="\]]+="${escapedValue}")*`;

/** What relays and agents have left before structured data: the whole header, some of it (`TAG[123]: `) or nothing. */
const before = String.raw`[^"{\[]*(?:\[\d+\][^"{\[]*)?`;
const anyElement = String.raw`\[[A-Za-z][^ ="\]]*${parameters}\]`;

/**
 * In a message, as group 1: its structured data with what is left before it. That ends before the first quote and the first brace: where an agent has dropped
 * structured data no log is taken for it.
 */
export const structuredDataPattern = `^(${before}(?:${anyElement})+)`;

/** In structured data, as group 1: an element's parameters, each with a space before it. The enterprise number is a setting; `meta` has none. */
export function elementPattern(element: string): string {
  const start = element === "meta" ? String.raw`\[meta` : String.raw`\[${element}@\d+`;
  return String.raw`^${before}(?:${anyElement})*?${start}(${parameters})\]`;
}

/** In an element, as group 1: the value of a parameter. */
export const valuePattern = (parameter: string): string =>
  String.raw`^(?: [^ ="\]]+="${escapedValue}")*? ${parameter}="(${escapedValue})"`;

/** In a message that still has its header, as group 1: 2 is TIMESTAMP, 3 HOSTNAME. */
export function headerPattern(field: 2 | 3): string {
  return String.raw`^(?:<\d+>)?1 ${String.raw`\S+ `.repeat(field - 2)}(\S+) `;
}
