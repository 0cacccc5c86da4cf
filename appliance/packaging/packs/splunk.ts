/** The parts of Splunk's add-on that follow from the list of fields: props.conf and transforms.conf. */
import { type FeedField, fieldsOfMessage, type MessageKind } from "../../../core/feeds/fields.ts";
import { elementPattern, elements, parameterPattern } from "./patterns.ts";

const folder = "appliance/packs/splunk/TA-rhythmx/default";

/** Path and text of each file. */
export function splunkFiles(): [path: string, text: string][] {
  return [
    [`${folder}/props.conf`, props()],
    [`${folder}/transforms.conf`, transforms()],
  ];
}

const made = "# Made by `npm run packs` from the list of fields (docs/fields.md).\n";

/** What is before structured data: the header, with the frame's count where there is one, and without PRI and version as SC4S passes it on. */
const header = String.raw`^(?:(?:\d+ )?<\d{1,3}>1 )?\S++ \S++ \S++ \S++ \S++ `;

/** By the element, never by MSGID, which a setting can leave out. */
const sourcetypes = [
  ["rhythmx_is_alert", "sigma", "rhythmx:alert"],
  ["rhythmx_is_incident", "sigma-(?:incident|case)", "rhythmx:incident"],
  ["rhythmx_is_status", "(?:status|test)", "rhythmx:status"],
] as const;

function transforms(): string {
  const routes = sourcetypes.map(
    ([name, element, sourcetype]) => `[${name}]
REGEX = ${header}${elementPattern(element)}
FORMAT = sourcetype::${sourcetype}
DEST_KEY = MetaData:Sourcetype
`,
  );
  return `${made}
[rhythmx_host]
REGEX = ^(?:(?:\\d+ )?<\\d{1,3}>1 )?\\S+ (\\S+) \\S+ \\S+ \\S+ \\[
FORMAT = host::$1
DEST_KEY = MetaData:Host

${routes.join("\n")}
# Every technique among a rule's tags.
[rhythmx_techniques]
SOURCE_KEY = rule_tags
REGEX = attack\\.([tT]\\d{4}(?:\\.\\d{3})?)(?![\\w.])
FORMAT = mitre_technique_id::$1
MV_ADD = true

[rhythmx_severity]
filename = rhythmx_severity.csv
case_sensitive_match = false
`;
}

function props(): string {
  const routing = "TRANSFORMS-rhythmx = rhythmx_host, rhythmx_is_alert, rhythmx_is_incident, rhythmx_is_status\n";
  return `${made}
# An input gives messages the sourcetype rhythmx; what they are about decides the one they are stored with.
[rhythmx]
${indexTime("%Y-%m-%dT%H:%M:%S%Z")}${routing}
# For destinations with "timestamp_precision": 3.
[rhythmx:ms]
${indexTime("%Y-%m-%dT%H:%M:%S.%3N%Z")}${routing}
[rhythmx:alert]
${searchTime(["alert"])}REPORT-rhythmx_techniques = rhythmx_techniques
EVAL-mitre_technique_id = mvmap(mitre_technique_id, upper(mitre_technique_id))
EVAL-type = "alert"

[rhythmx:incident]
${searchTime(["incident", "case"])}EVAL-type = "alert"

[rhythmx:status]
${searchTime(["status", "test"])}`;
}

/** Lines; the time is the header's. */
const indexTime = (timeFormat: string) => `SHOULD_LINEMERGE = false
LINE_BREAKER = ([\\r\\n]+)(?=(?:\\d+ )?<\\d)
EVENT_BREAKER_ENABLE = true
EVENT_BREAKER = ([\\r\\n]+)(?=(?:\\d+ )?<\\d)
TIME_PREFIX = ^(?:\\d+ )?<\\d{1,3}>1\\s
TIME_FORMAT = ${timeFormat}
MAX_TIMESTAMP_LOOKAHEAD = 32
TZ = UTC
TRUNCATE = 262144
CHARSET = UTF-8
`;

/** Splunk's own field `host` is the sender. */
const nameOf = ({ name }: FeedField) => (name === "host" ? "alert_host" : name);

const isText = ({ type }: FeedField) => type === "string" || type === "list";

/** The eval expression by which an extracted value loses its escapes (RFC 5424 section 6.3.3); in eval strings `\` and `"` are escaped. */
const unescaped = (name: string) => String.raw`replace(${name}, "\\\\([\"\\\\\\]])", "\\1")`;

/**
 * Extractions of structured data, one for each parameter; calculated fields for what has escapes, what is in the body alone, and CIM's names. Kinds
 * that share a sourcetype have elements of their own: an extraction that finds nothing leaves the field alone.
 */
function searchTime(kinds: readonly MessageKind[]): string {
  const lines = new Map<string, string>();
  const add = (key: string, value: string) => {
    if ((lines.get(key) ?? value) !== value)
      throw new Error(`two kinds of messages of one sourcetype differ in ${key}`);
    lines.set(key, value);
  };
  add("KV_MODE", "none");
  add("EXTRACT-rhythmx_body", `${header}${elements} (?<rhythmx_body>\\{.*\\})$`);
  const fields = kinds.flatMap((kind) => fieldsOfMessage(kind).map((field) => ({ kind, field })));
  for (const { kind, field } of fields)
    if (field.sd !== null)
      add(`EXTRACT-${kind}_${nameOf(field)}`, parameterPattern(header, field.sd, [`(?<${nameOf(field)}>`, ")"]));
  const calculated = new Map<string, string>();
  for (const { field } of fields) {
    const name = nameOf(field);
    if (field.sd !== null && isText(field)) calculated.set(name, unescaped(name));
    else if (field.sd === null && field.json !== "$")
      add(`EVAL-${name}`, `spath(rhythmx_body, "${field.json?.replaceAll("[]", "{}")}")`);
  }
  const common = commonNames(fields.map(({ field }) => field));
  for (const [name, expression] of new Map([...calculated, ...common])) add(`EVAL-${name}`, expression);
  return `${[...lines].map(([key, value]) => `${key} = ${value}`).join("\n")}
EVAL-app = "RhythmX Edge"
EVAL-vendor_product = "RhythmX Edge"
`;
}

/** The Common Information Model's names, each from the first field that has a value. They replace a field of the same name. */
function commonNames(fields: readonly FeedField[]): Map<string, string> {
  const sources = new Map<string, Set<FeedField>>();
  for (const field of fields)
    if (field.cim !== null && field.sd !== null && field.cim !== "mitre_technique_id")
      sources.set(field.cim, (sources.get(field.cim) ?? new Set()).add(field));
  return new Map(
    [...sources].flatMap(([cim, from]) => {
      const values = [...new Set([...from].map((field) => (isText(field) ? unescaped(nameOf(field)) : nameOf(field))))];
      const value = values.length === 1 ? (values[0] ?? "") : `coalesce(${values.join(", ")})`;
      // A number under its own name needs no expression.
      return value === cim ? [] : [[cim, cim === "severity" ? `lower(${value})` : value] as const];
    }),
  );
}
