/** docs/fields.md: every field of the syslog messages, made from the list that the packs are made from. */
import { type FeedField, fieldsOfMessage, type MessageKind } from "../../../core/feeds/fields.ts";

const kinds: readonly (readonly [kind: MessageKind, title: string, about: string])[] = [
  ["alert", "Alerts", "APP-NAME `SigmaAlert`, MSGID `FIRST` or `HOURLY`; the body is the log that the rule matched."],
  ["incident", "Incidents", "APP-NAME `SigmaIncident`, MSGID `incident_created` or `incident_updated`."],
  ["case", "Threat cases", "APP-NAME `SigmaIncident`, MSGID `case_created` or `case_updated`."],
  ["status", "Heartbeats", "MSGID `STATUS`, either feed, with `heartbeat_minutes`."],
  ["test", "Test messages", "MSGID `TEST`, either feed."],
];

/** The whole page, which ends with a line feed. */
export function fieldsPage(): string {
  const parts = kinds.map(([kind, title, about]) => {
    const fields = fieldsOfMessage(kind);
    return [
      `## ${title}\n\n${about}\n`,
      table(
        "In structured data",
        fields.filter(({ sd }) => sd !== null),
        [
          ["structured data", ({ sd }) => code(sd ?? "")],
          ["JSON", ({ json }) => (json === null ? "" : code(json))],
        ],
      ),
      table(
        "In the JSON body alone",
        fields.filter(({ sd }) => sd === null),
        [["JSON", ({ json }) => code(json ?? "")]],
      ),
    ].join("\n");
  });
  return `# Fields of the syslog messages

Made by \`npm run packs\` from \`core/feeds/fields.ts\`, like the packs in \`appliance/packs/\`, which use these names.

A message is \`<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID [ELEMENT…]… BODY\` (RFC 5424). Structured data is written here without the enterprise number: \`sigma hash\` is the
parameter \`hash\` of the element \`[sigma@32473 …]\`. In a value \`"\`, \`\\\` and \`]\` have a backslash before them (RFC 5424 section 6.3.3): a pattern has to read
\`"((?:[^"\\\\\\]]|\\\\.)*)"\`, and what it finds is unescaped in a step of its own. Half of all messages of a Windows estate have such a value (\`user="CORP\\\\jsmith"\`).
Parameters and keys are only ever appended, elements too: read them by name, never by position.

In Microsoft Sentinel a name is written in capitals, \`RuleTitle\` for \`rule_title\`; in Graylog with \`rhythmx_\` before it.

Types: \`time\` is RFC 3339 in whole seconds with \`Z\`; a \`list\` has its items parted by commas in structured data, and is an array in JSON.

${parts.join("\n")}`;
}

type Column = readonly [title: string, cell: (field: FeedField) => string];

function table(title: string, fields: readonly FeedField[], places: readonly Column[]): string {
  if (fields.length === 0) return "";
  const columns: readonly Column[] = [
    ["name", ({ name }) => code(name)],
    ...places,
    ["type", ({ type }) => type],
    ["meaning", ({ meaning, when }) => escaped(when === null ? meaning : `${meaning}; ${when}`)],
    ["example", ({ example }) => code(example)],
    ["ECS", ({ ecs }) => code(ecs)],
    ["CIM", ({ cim }) => (cim === null ? "" : code(cim))],
    ["QRadar", ({ qradar }) => qradar],
  ];
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    `${title}:\n`,
    row(columns.map(([name]) => name)),
    row(columns.map(() => "---")),
    ...fields.map((field) => row(columns.map(([, cell]) => cell(field)))),
    "",
  ].join("\n");
}

const code = (text: string) => `\`${escaped(text)}\``;
const escaped = (text: string) => text.replaceAll("|", "\\|");
