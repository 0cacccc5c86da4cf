/**
 * Regular expressions for messages, for RE2, whose syntax is Kusto's: it has no look-behind and no possessive loops, and needs none, because its work
 * grows as the length of the message whatever that holds. Each pattern is for what the one before it finds, so that most work is done on short texts.
 *
 * Within structured data a quote that has no backslash before it begins or ends a value, and no bracket ends an element without one: so ` name="` and
 * `[element@` are found at whatever place they stand, and never in a value.
 */

/** A value between its quotes, with its escapes: to be unescaped in a step of its own. */
const escapedValue = String.raw`[^"\\\]]*(?:\\.[^"\\\]]*)*`;

const parameters = String.raw`(?: [^ ="\]]+="${escapedValue}")*`;

/**
 * In a message, as group 1: its structured data with what relays and agents have left before it, which is the whole header, some of it (`TAG[123]: `) or
 * nothing. That ends before the first quote and the first brace: where an agent has dropped structured data no log is taken for it.
 */
export const structuredDataPattern = String.raw`^([^"{\[]*(?:\[\d+\][^"{\[]*)?(?:\[[A-Za-z][^ ="\]]*${parameters}\])+)`;

/** In structured data, as group 1: an element's parameters, each with a space before it. The enterprise number is a setting; `meta` has none. */
export function elementPattern(element: string): string {
  const start = element === "meta" ? String.raw`\[meta` : String.raw`\[${element}@\d+`;
  return String.raw`${start}(${parameters})\]`;
}

/** In an element, as group 1: the value of a parameter. */
export const valuePattern = (parameter: string): string => ` ${parameter}="(${escapedValue})"`;

/** In a message that still has its header, as group 1: 2 is TIMESTAMP, 3 HOSTNAME. */
export function headerPattern(field: 2 | 3): string {
  return String.raw`^(?:<\d+>)?1 ${String.raw`\S+ `.repeat(field - 2)}(\S+) `;
}
