/**
 * Regular expressions for messages, for PCRE, Onigmo and java.util.regex. Loops are possessive: once a value has been read none of these goes back
 * into it, so that a long one takes neither java.util.regex's stack nor the depth at which Splunk gives up (DEPTH_LIMIT of transforms.conf).
 */

/** A value between its quotes, with its escapes: to be unescaped in a step of its own. */
export const escapedValue = String.raw`[^"\\\]]*+(?:\\.[^"\\\]]*+)*+`;

const parameters = String.raw`(?: [^ ="\]]+="${escapedValue}")*+`;

/** Elements of structured data, one behind the other. */
export const elements = String.raw`(?:\[[^ ="\]]+${parameters}\])++`;

/** The enterprise number is a setting; `meta` has none. */
const idOf = (element: string) => (element === "meta" ? "meta" : String.raw`${element}@\d+`);

/**
 * Up to the name of an element, from the beginning of structured data on. Elements that others have put before it are passed over one by one, so that
 * a value that looks like an element is none.
 */
export const elementPattern = (element: string) =>
  String.raw`(?:\[(?!${idOf(element)}[ \]])[^ ="\]]+${parameters}\])*+\[${idOf(element)}`;

/**
 * Finds a parameter by the names of its element and its own, at whatever place they stand: `start` is what is before structured data, `sd` is
 * "SD-ID PARAM-NAME" as in the list of fields, `open` and `close` what goes around the value, such as `(?<name>` and `)`. Bound to the beginning: logs and
 * values are somebody else's text, and may hold what looks like an element that the message has not.
 */
export function parameterPattern(start: string, sd: string, [open, close]: readonly [string, string] = ["(", ")"]) {
  const [element = "", parameter = ""] = sd.split(" ");
  return String.raw`${start}${elementPattern(element)}(?: (?!${parameter}=)[^ ="\]]+="${escapedValue}")*+ ${parameter}="${open}${escapedValue}${close}"`;
}

/** The header of a message, with the frame's count where there is one. */
export const header = String.raw`^(?:\d+ )?<\d{1,3}>1 \S++ \S++ \S++ \S++ \S++ `;
