/** Reads the parts of a syslog message (RFC 5424, section 6) that the demo shows. */

export interface SyslogMessage {
  msgid: string;
  /** Parameters of all elements of the structured data by name; the first of a name counts. */
  params: ReadonlyMap<string, string>;
  /** Everything up to the end of the structured data. */
  head: string;
  body: string;
}

const header = /^<\d{1,3}>1 (?:[!-~]+ ){4}([!-~]+) /;
const element = /\[[^\s="\]]+((?: [^\s="\]]+="(?:[^"\\\]]|\\.)*")*)\]/y;
const param = / ([^\s="\]]+)="((?:[^"\\\]]|\\.)*)"/g;

/** Null if the text is no such message, or has no structured data. */
export function readMessage(text: string): SyslogMessage | null {
  const [start, msgid] = header.exec(text) ?? [];
  if (start === undefined || msgid === undefined) return null;
  const params = new Map<string, string>();
  let end = start.length;
  for (;;) {
    element.lastIndex = end;
    const found = element.exec(text);
    if (found === null) break;
    end = element.lastIndex;
    for (const [, name = "", value = ""] of (found[1] ?? "").matchAll(param))
      if (!params.has(name)) params.set(name, value.replace(/\\(["\\\]])/g, "$1"));
  }
  if (end === start.length || text[end] !== " ") return null;
  return { msgid, params, head: text.slice(0, end), body: text.slice(end + 1) };
}
