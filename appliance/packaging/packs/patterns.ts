/**
 * Regular expressions for messages, for PCRE, Onigmo and java.util.regex. Loops are possessive: once a value has been read none of these goes back
 * into it, so that a long one takes neither java.util.regex's stack nor the depth at which Splunk gives up (DEPTH_LIMIT of transforms.conf).
 */

/** A value between its quotes, with its escapes: to be unescaped in a step of its own. */
export const escapedValue = String.raw`[^"\\\]]*+(?:\\.[^"\\\]]*+)*+`;

/** The enterprise number is a setting; `meta` has none. */
const elementStart = (element: string) => (element === "meta" ? String.raw`\[meta` : String.raw`\[${element}@\d+`);

/**
 * Finds a parameter by the names of its element and its own, at whatever place it stands: `sd` is "SD-ID PARAM-NAME" as in the list of fields, `group`
 * what goes around the value, such as `(?<name>` and `)`.
 */
export function parameterPattern(
  sd: string,
  [open, close]: readonly [open: string, close: string] = ["(", ")"],
): string {
  const [element = "", parameter = ""] = sd.split(" ");
  return String.raw`${elementStart(element)}(?: (?!${parameter}=)[^ ="\]]+="${escapedValue}")*+ ${parameter}="${open}${escapedValue}${close}"`;
}

/** Header and structured data of a message, with the frame's count where there is one; what follows is the body. */
export const beforeBody = String.raw`^(?:\d+ )?<\d{1,3}>1 \S+ \S+ \S+ \S+ \S+ (?:\[[^ ="\]]+(?: [^ ="\]]+="${escapedValue}")*+\])++ `;

/** The header up to the bracket of the first element. */
export const beforeFirstElement = String.raw`^(?:\d+ )?<\d{1,3}>1 \S+ \S+ \S+ \S+ \S+ `;
