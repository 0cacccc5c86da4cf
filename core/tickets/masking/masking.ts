/**
 * Passwords, tokens and keys in command lines and notes are masked before a text leaves for a ticket (CONTRACT 6): by the program that
 * takes them, by the name that stands before them, and by their own shape. Every step is linear in the length of the text.
 */
import type { LinearPattern } from "../../text/linear-pattern.ts";
import { isSecret, namesSecret, secretName } from "./names.ts";
import { shapes } from "./shapes.ts";
import { secretsOf, toolOf } from "./tools.ts";
import { type Span, wordsAt } from "./words.ts";

const mask = "********";

/** A value: quoted, quoted within JSON, or up to the next blank; not the quote that closes what it stands in. */
const quotedValue = `\\\\"(?:[^"\\\\\\n]|\\\\(?!")){0,500}\\\\"|"[^"\\n]{0,500}"|'[^'\\n]{0,500}'`;
const bare = (stops: string) => `(?:[^\\s"'\\\\${stops}]|\\\\(?!")|["'](?=[\\w!@#$%^*])){1,2000}`;

/** `name=value`, `"name": "value"`, `name => value`. What ends a bare value: a semicolon or `&` that another name follows. */
const nameAndValue = new RegExp(
  `((?<![\\w/.$-])(?:--?)?(${secretName})(?:\\\\?["'])?\\]?\\s{0,4}(?:=>|:=|[=:])\\s{0,4})(${quotedValue}|(?:(?!;(?:\\s|[\\w .-]{1,40}=|["']|$)|&(?:&|\\w{1,40}=|\\s)|,(?:\\s|[\\w.-]{1,40}[=:]|["']|$))(?:[^\\s"'\\\\]|\\\\(?!")|["'](?=[\\w!@#$%^*]))){1,2000})`,
  "gi",
);
/** `--name value`, `-name:value`, `/name value`. */
const optionAndValue = new RegExp(
  `((?:^|[\\s"'(])(?:--?|/)(${secretName})(?:\\s*[=:]\\s*|\\s+)\\(?)(?![-/][a-z])(${quotedValue}|${bare("")})`,
  "gi",
);
const q = `(?:${quotedValue})`;

/** Values of the namedValues and of settings, whose names stand in an attribute or member of their own. */
const namedValues: readonly RegExp[] = [
  new RegExp(`(\\b(?:key|name)\\s{0,4}=\\s{0,4}["'](${secretName})["']\\s{1,4}value\\s{0,4}=\\s{0,4})(${q})`, "gi"),
  new RegExp(
    `("(?:key|name)\\\\?"\\s{0,4}:\\s{0,4}\\\\?"(${secretName})\\\\?"\\s{0,4},\\s{0,20}\\\\?"value\\\\?"\\s{0,4}:\\s{0,4})(${q})`,
    "gi",
  ),
  new RegExp(
    `(\\s/v\\s{1,4}\\\\?["']?(${secretName})\\\\?["']?\\s(?:\\s{0,4}/(?:t|reg:\\d+)\\s{1,4}\\w{1,20}\\s|\\s{0,4}/f\\s){0,3}\\s{0,4}/d\\s{1,4})(${q}|${bare("")})`,
    "gi",
  ),
  new RegExp(
    `(\\s-Name\\s{1,4}["']?(${secretName})["']?\\s{1,4}(?:-(?:PropertyType|Type)\\s{1,4}\\w{1,20}\\s{1,4})?-Value\\s{1,4})(${q}|${bare("")})`,
    "gi",
  ),
];

const contexts: readonly RegExp[] = [
  // PowerShell and .NET.
  new RegExp(
    `(\\bConvertTo-SecureString(?:[\\s(]+-(?:AsPlainText|Force|String|a\\w{0,10}|f\\w{0,4}|s\\w{0,5})|[\\s(:])*[\\s(:]\\s*)(?![-$(@])(${q}|${bare(")")})`,
    "gi",
  ),
  new RegExp(`()(${q})(?=\\s{0,4}\\|\\s{0,4}ConvertTo-SecureString)`, "gi"),
  new RegExp(
    `((?:Network|PS)Credential\\]?(?:::new)?["']?\\s{0,4}\\(?\\s{0,4}(?:-ArgumentList\\s{1,4})?[@(]{0,2}\\s{0,4}(?:${q}|\\$?[\\w.:]{1,60})\\s{0,4},\\s{0,4})(${q})`,
    "gi",
  ),
  new RegExp(
    `(DirectoryEntry["']?\\s{0,4}\\(?\\s{0,4}(?:${q}|\\$[\\w.:]{1,60})\\s{0,4},\\s{0,4}(?:${q}|\\$[\\w.:]{1,60})\\s{0,4},\\s{0,4})(${q})`,
    "gi",
  ),
  new RegExp(`(MapNetworkDrive\\s{0,4}\\(?(?:[^,)\\n]{1,200},){4}\\s{0,4})(${q})`, "gi"),
  // SQL.
  new RegExp(`(\\bidentified\\s{1,4}by\\s{1,4}(?:password\\s{1,4}|values\\s{1,4})?)(${q}|${bare(";")})`, "gi"),
  /(\b(?:with|encrypted|user\s{1,4}\S{1,60}|role\s{1,4}\S{1,60})\s{1,4}password\s{1,4}|\bpassword\s{0,4}\(\s{0,4})('[^'\n]{1,200}')/gi,
  // Into a program that reads its password.
  new RegExp(
    `((?:^|[\\s"'&|;(])(?:echo|printf|write-output)\\s{1,4}(?:-\\w{1,3}\\s{1,4})?)(${q}|[^\\s|"']{1,200})(?=\\s{0,4}\\|\\s{0,4}(?:sudo|su|runas|passwd|chpasswd|kinit|gpg2?|openssl|cryptsetup|anydesk|smbclient|docker\\s+login|podman\\s+login|helm\\s+namedValues|net|plink|psexec|kadmin|ssh-add)\\b)`,
    "gi",
  ),
  // Headers and cookies.
  /(\bauthorization["'\\]{0,3}\s{0,4}[:=]\s{0,4}["'\\]{0,3}(?:(?:basic|bearer|token|digest|negotiate|ntlm|apikey|sso-key|bot)\s{1,4})?)([^\s"',;\\]{6,4000})/gi,
  /(\b(?:bearer|basic)\s{1,4})((?=[\w.~+/=-]{0,400}[\d=])[\w.~+/=-]{16,4000})/gi,
  /(\b(?:set-)?cookie2?\s{0,4}:\s{0,4})(?=[\w.-]{1,100}=)([^"'\n]{4,4000})/gi,
  // Of the directory's own tools, within quotes.
  /(\bset\s{1,4}creds\s{1,4}[^\s"']{1,100}\s{1,4}[^\s"']{1,100}\s{1,4})([^\s"']{1,200})/gi,
  // What is typed for a program, and an account with its password in notes.
  /(\bsend\s{1,4}\\?["'])([^"'\\\s]{4,100})(?=\\{1,2}r)/g,
  /(\bcred(?:ential)?s?\s{0,3}[:=]?\s{1,3}[\w.\\@-]{1,64}\s{0,2}[:/]\s{0,2})((?=\S{0,60}[\d!@#$%^&*])[^\s"']{4,200})/gi,
  // Keys of signed addresses, XML, and words of people.
  /([?&;"']sig=)([^\s&"']{8,400})/gi,
  new RegExp(
    `(<(?:\\w{1,20}:)?${secretName}(?:\\s[^<>]{0,200})?>\\s{0,20}(?:<value>\\s{0,20})?)([^<\\n]{1,500})(?=<)`,
    "gi",
  ),
  /(\b(?:password|passwort|kennwort|pass|pw|pin)\s{1,4}(?:is|was|ist|war|now|set\s+to|changed\s+to|is\s+now|was\s+set\s+to)\s{1,4})((?=\S{0,60}[\d!@#$%^&*])\S{4,200})/gi,
  // An account and its password, side by side, of programs that the table does not know.
  /((?:^|\s)(?:-u|-U|--user|--username|\/u)[\s:=]{1,4}[^\s"'-][^\s"']{0,100}\s{1,4}(?:-p|\/p)[\s:=]{1,4})(?![-/]|\d[\d.:,/-]*(?:tcp|udp)?(?:\s|$)|(?:err|warn|warning|info|debug|notice|crit|alert|emerg)\b)([^\s"']{1,200}|"[^"\n]{1,200}")/g,
];

/** `more`: patterns of the site, of which the whole match is masked. */
export function masked(text: string, more: readonly LinearPattern[] = []): string {
  let left = maskTools(text);
  for (const pattern of contexts) left = left.replace(pattern, replaced);
  for (const pattern of namedValues) left = left.replace(pattern, byName);
  left = left.replace(optionAndValue, byOption).replace(nameAndValue, byName);
  for (const pattern of shapes) left = left.replace(pattern, `$1${mask}`);
  return more.reduce((known, pattern) => pattern.replaced(known, mask), left);
}

function replaced(all: string, kept: string, value: string): string {
  return isSecret(unquoted(value)) ? kept + mask : all;
}

function byName(all: string, kept: string, name: string, value: string): string {
  return namesSecret(name.replace(/^-+/, "")) && isSecret(unquoted(value), name) ? kept + mask : all;
}

/** An option for a credential takes an account's name. */
function byOption(all: string, kept: string, name: string, value: string): string {
  return /^credentials?$/i.test(name) ? all : byName(all, kept, name, value);
}

function unquoted(value: string): string {
  return value.replace(/^\\?["']|\\?["']$/g, "");
}

/** Words that may be a program: not within a name, and followed by a blank or the quote that closes its path. */
const program = /(?<![\w.-])[A-Za-z0-9][\w.-]{1,40}(?=\\?["']?[ \t])/g;

function maskTools(text: string): string {
  const spans: Span[] = [];
  /** By name, the program and up to where its options have been read: its name said again within them is none. */
  const programs = new Map<string, { tool: ReturnType<typeof toolOf>; read: number }>();
  program.lastIndex = 0;
  for (let match = program.exec(text); match !== null; match = program.exec(text)) {
    const [name] = match;
    const known = programs.get(name) ?? { tool: toolOf(name), read: 0 };
    programs.set(name, known);
    if (known.tool === null || known.read > match.index) continue;
    const words = wordsAt(text, program.lastIndex);
    known.read = words.at(-1)?.end ?? 0;
    for (const span of secretsOf(known.tool, words)) spans.push(span);
  }
  if (spans.length === 0) return text;
  let result = "";
  let at = 0;
  for (const { start, end } of spans.sort((a, b) => a.start - b.start)) {
    if (start < at) {
      at = Math.max(at, end);
      continue;
    }
    result += text.slice(at, start) + mask;
    at = end;
  }
  return result + text.slice(at);
}
