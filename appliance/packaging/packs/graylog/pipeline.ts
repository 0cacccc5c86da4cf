/**
 * Grok patterns, rules and pipeline of the Graylog pack, of the list of fields. Graylog runs expressions with java.util.regex. Its own reading of RFC 5424 is
 * not used: it would put the parameter `level` in place of the numeric field of that name, which the index then refuses.
 */
import { type FeedField, fieldsOfMessage, type MessageKind } from "../../../../core/feeds/fields.ts";
import { elements, parameterPattern } from "../patterns.ts";

interface PipelineRule {
  name: string;
  about: string;
  source: string;
}

const kinds: readonly MessageKind[] = ["alert", "incident", "case", "status", "test"];

/** Pieces of a message; the loops are possessive (patterns.ts). */
export function grokPatterns(): [name: string, pattern: string][] {
  const word = "%{RHYTHMX_V1_WORD:";
  return [
    ["RHYTHMX_V1_NUMBER", String.raw`\d{1,3}`],
    ["RHYTHMX_V1_WORD", String.raw`\S+`],
    ["RHYTHMX_V1_ELEMENTS", elements],
    ["RHYTHMX_V1_BODY", String.raw`\{.*\}`],
    [
      "RHYTHMX_V1_MESSAGE",
      `^<%{RHYTHMX_V1_NUMBER:rhythmx_priority}>1 ${word}rhythmx_time} ${word}rhythmx_sender} ${word}rhythmx_app} ${word}rhythmx_procid} ${word}rhythmx_msgid} %{RHYTHMX_V1_ELEMENTS:rhythmx_sd} %{RHYTHMX_V1_BODY:rhythmx_body}$`,
    ],
  ];
}

/** A string of the rule language. */
const string = (text: string) => `"${text.replace(/[\\"]/g, "\\$&")}"`;
const fieldName = (name: string) => `rhythmx_${name}`;
const textOf = (name: string) => `to_string($message.${name})`;
const joined = (parts: readonly string[]): string => parts.reduce((left, right) => `concat(${left}, ${right})`);

function rule(name: string, about: string, when: string, then: readonly string[]): PipelineRule {
  const lines = then.map((statement) => `  ${statement};\n`).join("");
  return { name: `rhythmx v1 ${name}`, about, source: `rule "rhythmx v1 ${name}"\nwhen\n  ${when}\nthen\n${lines}end` };
}

const parsed = `grok(pattern: "%{RHYTHMX_V1_MESSAGE}", value: ${textOf("message")}, only_named_captures: true)`;
const has = (sd: string) =>
  `has_field("rhythmx_sd") && regex(pattern: ${string(parameterPattern("^", sd))}, value: ${textOf("rhythmx_sd")}).matches == true`;
const isKind = (kind: MessageKind) => `has_field("rhythmx_kind") && ${textOf("rhythmx_kind")} == ${string(kind)}`;

/** Stage by stage. */
function stages(): PipelineRule[][] {
  return [[header(), notRead()], kinds.map(structuredData), [...optional(), ...bodies()], [...finish()]];
}

export const pipelineRules = (): PipelineRule[] => stages().flat();

export function pipeline(): string {
  const made = stages().map(
    (rules, n) => `stage ${n} match either\n${rules.map(({ name }) => `  rule "${name}"\n`).join("")}`,
  );
  return `pipeline "rhythmx v1"\n${made.join("")}end`;
}

function header(): PipelineRule {
  // To milliseconds, whatever the destination's precision is.
  const time = [
    `let time = regex_replace(pattern: ${string(String.raw`^(\S{19})Z$`)}, value: to_string(parts["rhythmx_time"]), replacement: "$1.000Z")`,
    `let milliseconds = regex_replace(pattern: ${string(String.raw`^(\S{19}\.\d{3})\d*Z$`)}, value: time, replacement: "$1Z")`,
    `set_field("timestamp", parse_date(value: milliseconds, pattern: "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", timezone: "UTC"))`,
  ];
  return rule("header", "Header, structured data and body", `${parsed}.matches == true`, [
    `let parts = ${parsed}`,
    "set_fields(parts)",
    `set_field("source", parts["rhythmx_sender"])`,
    `set_field("level", to_long(parts["rhythmx_priority"]) % 8)`,
    ...time,
  ]);
}

function notRead(): PipelineRule {
  return rule(
    "not read",
    "A form of message that this version does not know is kept as it came",
    `${parsed}.matches == false`,
    [`set_field("rhythmx_kind", "unknown")`],
  );
}

/** The value as it was before RFC 5424's escapes (section 6.3.3): a step of its own. */
const unescaped = (value: string) =>
  `regex_replace(pattern: ${string(String.raw`\\(["\\\]])`)}, value: to_string(${value}), replacement: "$1")`;

const converted: Readonly<Record<FeedField["type"], (value: string) => string>> = {
  string: unescaped,
  list: unescaped,
  time: unescaped,
  integer: (value) => `to_long(${value})`,
  decimal: (value) => `to_double(${value})`,
  boolean: (value) => `to_bool(${value})`,
};

function extraction({ name, sd, type }: FeedField, n: number): string[] {
  return [
    `let v${n} = regex(pattern: ${string(parameterPattern("^", sd ?? ""))}, value: sd)`,
    `set_field("${fieldName(name)}", ${converted[type](`v${n}["0"]`)})`,
  ];
}

/** An empty text sets no field, but a number that is not there would be 0: those have rules of their own. */
const mayLack = ({ when, type }: FeedField) => when !== null && type !== "string" && type !== "list";

function structuredData(kind: MessageKind): PipelineRule {
  const fields = fieldsOfMessage(kind).filter((field) => field.sd !== null && !mayLack(field));
  return rule(kind, `Structured data: ${kind}`, has(fields[0]?.sd ?? ""), [
    `let sd = ${textOf("rhythmx_sd")}`,
    `set_field("rhythmx_kind", "${kind}")`,
    ...fields.flatMap(extraction),
  ]);
}

function optional(): PipelineRule[] {
  const fields = new Map(
    kinds.flatMap((kind) =>
      fieldsOfMessage(kind).flatMap((field): [string, FeedField][] =>
        field.sd !== null && mayLack(field) ? [[field.sd, field]] : [],
      ),
    ),
  );
  return [...fields.values()].map((field) =>
    rule(field.name.replaceAll("_", " "), `${field.meaning}; ${field.when}`, has(field.sd ?? ""), [
      `let sd = ${textOf("rhythmx_sd")}`,
      ...extraction(field, 0),
    ]),
  );
}

const bodyJson = `parse_json(${textOf("rhythmx_body")})`;

/** `related_cases[].severity` is `$.related_cases[*].severity`; a list of texts or numbers is read whole. */
const jsonPath = (path: string) => `$.${path.replace(/\[\]$/, "").replaceAll("[]", "[*]")}`;

function selected(fields: readonly FeedField[]): string {
  const paths = fields.map(({ name, json }) => `${fieldName(name)}: ${string(jsonPath(json ?? ""))}`);
  return `set_fields(select_jsonpath(json: ${bodyJson}, paths: { ${paths.join(", ")} }))`;
}

/** Lists of a message's changes hold values of any type, which one field of the index cannot: their text is kept. */
const isChange = ({ json }: FeedField) => json?.startsWith("changes[]") ?? false;

function bodies(): PipelineRule[] {
  return kinds.flatMap((kind) => {
    const own = fieldsOfMessage(kind).filter(({ sd, json }) => sd === null && json !== null);
    const inBody = own.filter((field) => field.json !== "$" && !isChange(field));
    const log = own.filter(({ json }) => json === "$");
    const changes = own.filter(isChange);
    const then = [
      ...log.map(({ name }) => `set_field("${fieldName(name)}", ${textOf("rhythmx_body")})`),
      ...(inBody.length > 0 ? [selected(inBody)] : []),
      `set_field("full_message", ${textOf("message")})`,
    ];
    const made = [rule(`${kind} body`, `JSON body: ${kind}`, isKind(kind), then)];
    if (changes.length > 0) {
      const changed = `${isKind(kind)} && regex(pattern: ${string(String.raw`"changes":\[\{`)}, value: ${textOf("rhythmx_body")}).matches == true`;
      made.push(rule(`${kind} changes`, `What a message is about: ${kind}`, changed, [selected(changes)]));
    }
    return made;
  });
}

/** By kind: what `message` says, and the field that is its level. */
const headlines: Readonly<
  Record<MessageKind, [headline: readonly (string | { field: string })[], level: string | null]>
> = {
  alert: [
    [
      "Alert ",
      { field: "hash" },
      ": ",
      { field: "rule_title" },
      ", user ",
      { field: "user" },
      ", host ",
      { field: "host" },
    ],
    "rule_level",
  ],
  incident: [
    [
      "Incident ",
      { field: "incident_id" },
      ": ",
      { field: "actor" },
      ", risk ",
      { field: "risk_score" },
      ", ",
      { field: "status" },
    ],
    "risk_level",
  ],
  case: [
    [
      "Threat case ",
      { field: "case_id" },
      ": ",
      { field: "case_type" },
      " by ",
      { field: "primary_user" },
      ", ",
      { field: "status" },
    ],
    "severity",
  ],
  status: [["Heartbeat of ", { field: "destination" }, ", waiting: ", { field: "queued" }], null],
  test: [["Test message to ", { field: "destination" }], null],
};

function finish(): PipelineRule[] {
  const own = kinds.map((kind) => {
    const [headline, level] = headlines[kind];
    const number = `to_long(lookup_value(lookup_table: "rhythmx-v1-severity", key: ${textOf(fieldName(level ?? ""))}, default: 0))`;
    return rule(`${kind} end`, `What a list of messages shows: ${kind}`, isKind(kind), [
      `set_field("message", ${joined(headline.map((part) => (typeof part === "string" ? string(part) : textOf(fieldName(part.field)))))})`,
      ...(level === null ? [] : [`set_field("rhythmx_severity_number", ${number})`]),
      ...["sd", "body", "time", "sender", "priority"].map((name) => `remove_field("${fieldName(name)}")`),
    ]);
  });
  const changed = ["changed_fields", "changed_from", "changed_to"].map((name) =>
    rule(`text of ${name.replaceAll("_", " ")}`, "Values of any type, as text", `has_field("${fieldName(name)}")`, [
      `set_field("${fieldName(name)}", ${textOf(fieldName(name))})`,
    ]),
  );
  const decimals = new Set(
    kinds.flatMap((kind) => fieldsOfMessage(kind).flatMap(({ name, type }) => (type === "decimal" ? [name] : []))),
  );
  const numbers = [...decimals].map((name) =>
    rule(
      `number ${name.replaceAll("_", " ")}`,
      "Always with decimals, as the index wants",
      `has_field("${fieldName(name)}")`,
      [`set_field("${fieldName(name)}", to_double($message.${fieldName(name)}))`],
    ),
  );
  return [...own, ...changed.filter(({ name }) => !name.endsWith("fields")), ...numbers];
}
