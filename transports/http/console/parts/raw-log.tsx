/** @jsxImportSource hono/jsx */
/** A log as it came: text, whole, wrapped unless somebody switches that off. */
import { Icon } from "./icon.tsx";

/** Longer ones are not laid out: they hold up a browser. */
const mostIndented = 200_000;

/** A line for each of its members, with digits and order as received; other texts as they are. `log`: JSON on one line, as it is kept. */
export function readableLog(log: string): string {
  if (log.length > mostIndented) return log;
  let text = "";
  let depth = 0;
  let isText = false;
  for (let at = 0; at < log.length; at++) {
    const sign = log.charAt(at);
    if (isText) {
      text += sign;
      if (sign === "\\") text += log.charAt(++at);
      else if (sign === '"') isText = false;
      continue;
    }
    if (sign === '"') isText = true;
    const next = log.charAt(at + 1);
    if ((sign === "{" && next === "}") || (sign === "[" && next === "]")) {
      text += sign + next;
      at++;
    } else if (sign === "{" || sign === "[") text += `${sign}\n${"  ".repeat(++depth)}`;
    else if (sign === "}" || sign === "]") text += `\n${"  ".repeat(Math.max(0, --depth))}${sign}`;
    else if (sign === ",") text += `,\n${"  ".repeat(depth)}`;
    else if (sign === ":") text += ": ";
    else text += sign;
    if (depth > 60) return log;
  }
  return text;
}

export const RawLog = ({ log, id }: { log: string; id: string }) => (
  <div class="rawlog">
    <p class="row small quiet">
      <span>{log.length.toLocaleString("en-US")} characters, as received</span>
      <label class="row push">
        <input type="checkbox" class="wraps" checked />
        Wrap lines
      </label>
      <button class="btn mini" type="button" data-copy={`#${id}`}>
        <Icon n="copy" s={13} />
        Copy
      </button>
    </p>
    <pre class="log tall" id={id} tabindex={0}>
      {readableLog(log)}
    </pre>
  </div>
);
