/**
 * The Logstash grok pattern of seed 003 ("Parsing in Your SIEM"), expanded with Logstash's legacy patterns, for tests that what
 * customers have set up splits each message. It is unanchored, as grok is. Grok's dot takes everything but LF; JavaScript's takes
 * less, hence `[^\n]`. YEAR's atomic group is left out: a hyphen follows it, so that it could not backtrack into a match.
 */

const posint = String.raw`\b(?:[1-9][0-9]*)\b`;
const nonnegint = String.raw`\b(?:[0-9]+)\b`;
const word = String.raw`\b\w+\b`;
const notspace = String.raw`\S+`;
const data = String.raw`[^\n]*?`;
const greedydata = String.raw`[^\n]*`;
const hostname = String.raw`\b(?:[0-9A-Za-z][0-9A-Za-z-]{0,62})(?:\.(?:[0-9A-Za-z][0-9A-Za-z-]{0,62}))*(?:\.?|\b)`;

const year = String.raw`(?:\d\d){1,2}`;
const monthnum = "(?:0?[1-9]|1[0-2])";
const monthday = "(?:(?:0[1-9])|(?:[12][0-9])|(?:3[01])|[1-9])";
const hour = "(?:2[0123]|[01]?[0-9])";
const minute = "(?:[0-5][0-9])";
const second = "(?:(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?)";
const zone = `(?:Z|[+-]${hour}(?::?${minute}))`;
const timestampIso8601 = `${year}-${monthnum}-${monthday}[T ]${hour}:?${minute}(?::?${second})?${zone}?`;

const pattern = new RegExp(
  `<(?<syslog_pri>${posint})>${nonnegint} (?<timestamp>${timestampIso8601}) (?<hostname>${hostname}) ` +
    `(?<app_name>${word}) (?<pid>${posint}) (?<msg_id>${notspace}) ` +
    `\\[(?<structured_data>${data})\\] (?<json_body>${greedydata})`,
);

export interface GrokFields {
  syslog_pri: string;
  timestamp: string;
  hostname: string;
  app_name: string;
  pid: string;
  msg_id: string;
  structured_data: string;
  json_body: string;
}

/** What the seed's pattern makes of a message, or null where it does not match (Logstash: `_grokparsefailure`). */
export function seedGrok(message: string): GrokFields | null {
  const fields = pattern.exec(message)?.groups;
  return fields === undefined ? null : ({ ...fields } as unknown as GrokFields);
}
