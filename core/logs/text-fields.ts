/** Fields of logs that are text: Windows events as XML, Linux audit records, CEF, `name=value` lines, and the messages that Windows writes for people. */
import { ownOf } from "../text/own.ts";

const longestText = 65_536;
const mostPairs = 400;

export type Pair = readonly [name: string, value: string];

/** The fields of a text, in the order in which they stand; none where it has no form that is known. */
export function textFields(text: string): Pair[] {
  const head = text.slice(0, longestText);
  if (/<Event[\s>]/.test(head) || /<EventData[\s>]/.test(head)) return xmlFields(head);
  if (/\btype=[A-Z_]+\s+msg=audit\(/.test(head)) return auditFields(head);
  if (/\bCEF:\d+\|/.test(head)) return cefFields(head);
  // Lines of syslog are short; a long one must cost nothing.
  const line = head.slice(0, 2_000);
  const [, command] = /\bsudo(?:\[\d+\])?:.*\bCOMMAND=(.+)$/.exec(line) ?? [];
  if (command !== undefined) return [["commandline", command.trim()]];
  const [, account = "", address = ""] =
    /\bsshd(?:\[\d+\])?: (?:Accepted|Failed) \S+ for (?:invalid user )?(\S+) from (\S+)/.exec(line) ?? [];
  if (account !== "")
    return [
      ["acct", account],
      ["srcip", address],
    ];
  if (head.includes(" ¦ ")) return head.split(" ¦ ").flatMap(colonField);
  const lines = head.split(/\r?\n/).slice(0, mostPairs);
  if (lines.length > 1)
    return lines.flatMap((line) => (/^\s*[\w ]{1,40}\s*=/.test(line) ? equalsField(line) : colonField(line)));
  return spacedFields(head);
}

function xmlFields(text: string): Pair[] {
  const found: Pair[] = [];
  for (const [, , name = "", value = ""] of text.matchAll(/<Data\s+Name=(["'])([^"']{1,100})\1\s*>([^<]*)<\/Data>/g))
    found.push([name, entities(value)]);
  const provider = /<Provider\s[^>]{0,200}?Name=(["'])([^"']{1,200})\1/.exec(text)?.[2];
  if (provider !== undefined) found.push(["ProviderName", entities(provider)]);
  for (const [, name = "", value = ""] of text.matchAll(/<([A-Za-z][\w.-]{0,60})(?:\s[^<>]{0,300})?>([^<]+)<\/\1>/g))
    if (name !== "Data") found.push([name, entities(value)]);
  return found.slice(0, mostPairs);
}

/** The five entities of XML and characters by number, once. */
export function entities(text: string): string {
  const named: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(?:(lt|gt|quot|apos|amp)|#(\d{1,7})|#x([0-9a-f]{1,6}));/gi, (whole, name, decimal, hex) => {
    if (name !== undefined) return named[String(name).toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code).toWellFormed() : "";
  });
}

/** `type=EXECVE msg=audit(1604996384.965:93777): argc=4 a0="dd" …`: arguments become one command line, text in hexadecimal is decoded. */
function auditFields(text: string): Pair[] {
  const pairs = spacedFields(text.replace(/msg='([^']*)'/g, "$1"));
  const values = new Map(pairs);
  const isExecution = /\btype=EXECVE\b/.test(text);
  const args: string[] = [];
  for (let at = 0; isExecution && at < 100; at++) {
    const value = values.get(`a${at}`);
    if (value === undefined) break;
    args.push(fromHex(value));
  }
  const title = values.get("proctitle");
  const decoded = pairs
    .filter(([name]) => !/^a\d+$/.test(name))
    .map(
      ([name, value]): Pair => [
        name,
        ["proctitle", "cmd", "name", "acct", "exe", "comm"].includes(name) ? fromHex(value) : value,
      ],
    );
  return [
    ...(args.length === 0 ? [] : [["commandline", args.join(" ")] as const]),
    ...(title === undefined ? [] : [["commandline", fromHex(title)] as const]),
    ...decoded,
  ];
}

/** The kernel writes text with spaces or other special characters as hexadecimal digits. */
function fromHex(text: string): string {
  if (text.length < 4 || text.length % 2 !== 0 || !/^[0-9A-F]+$/.test(text)) return text;
  const decoded = Buffer.from(text, "hex").toString("utf8");
  // A number is no text.
  return /[\p{L}/]/u.test(decoded) && !decoded.includes("\ufffd") ? decoded.replaceAll("\0", " ").trim() : text;
}

const cefNames: Readonly<Record<string, string>> = {
  src: "sourceip",
  dst: "destinationip",
  dhost: "destinationhostname",
  request: "url",
  sproc: "processname",
  cmd: "commandline",
};

function cefFields(text: string): Pair[] {
  const [head = ""] =
    /CEF:\d+\|(?:[^|\\]|\\.)*\|(?:[^|\\]|\\.)*\|(?:[^|\\]|\\.)*\|(?:[^|\\]|\\.)*\|(?:[^|\\]|\\.)*\|(?:[^|\\]|\\.)*\|/.exec(
      text,
    ) ?? [];
  const title = head.split("|").at(-3) ?? "";
  const pairs = text
    .slice(text.indexOf(head) + head.length)
    .split(/\s(?=[A-Za-z]\w{0,40}=)/)
    .flatMap(equalsField)
    .map(([name, value]): Pair => [ownOf(cefNames, name) ?? name, value]);
  return title === "" ? pairs : [...pairs, ["message", title]];
}

function spacedFields(text: string): Pair[] {
  const form = /(?:^|[\s,;(])([A-Za-z][\w.-]{0,60})=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s,;"']+))/g;
  return [...text.matchAll(form)]
    .slice(0, mostPairs)
    .map(([, name = "", double, single, bare]) => [name, double ?? single ?? bare ?? ""]);
}

function equalsField(line: string): Pair[] {
  const [, name, value = ""] = /^\s*([\w ]{1,40}?)\s*=\s*(.*)$/.exec(line) ?? [];
  return name === undefined || value.trim() === "" ? [] : [[name, value.trim()]];
}

/** `Account Name:\t\tj` of a message; a colon within a value ends nothing. */
function colonField(line: string): Pair[] {
  const [, name, value = ""] = /^\s*([A-Za-z][\w ()-]{0,40}?)\s*:\s+(\S.*)$/.exec(line) ?? [];
  return name === undefined ? [] : [[name, value.trim()]];
}
