/** The pack for QRadar: log source extension, DSM parameters, custom properties and event mappings, all of the list of fields. */
import { type FeedField, fieldsOfMessage } from "../../../core/feeds/fields.ts";
import { header, parameterPattern } from "./patterns.ts";

const folder = "appliance/packs/qradar";

/** Path and text of each file. */
export function qradarFiles(): [path: string, text: string][] {
  return [
    [`${folder}/lsx/RhythmXEdge-LSX.xml`, extension()],
    [`${folder}/dsm-parameters.json`, `${JSON.stringify(dsmParameters(), null, 2)}\n`],
    [`${folder}/custom-properties.csv`, csv(customProperties())],
    [`${folder}/event-mappings.csv`, csv(eventMappings())],
  ];
}

/** In the order of QRadar's own severities, 0 to 10. */
const levels = { informational: 1, low: 3, medium: 5, high: 8, critical: 10 } as const;
type Level = keyof typeof levels;
const riskLevels: readonly Level[] = ["low", "medium", "high", "critical"];

/**
 * What a message is (Event ID) and how serious (Event Category): the two by which QRadar maps events. MSGID is the id; presets have it. Both expressions
 * are bound to the element that they are about, so that none of them reads a log.
 */
const identifications = [
  ["FIRST", "Sigma alert, first detection", "rule level", Object.keys(levels)],
  ["HOURLY", "Sigma alert, further detections", "rule level", Object.keys(levels)],
  ["incident_created", "Incident created", "sigma-incident risk_level", riskLevels],
  ["incident_updated", "Incident updated", "sigma-incident risk_level", riskLevels],
  ["case_created", "Threat case created", "sigma-case severity", riskLevels.map((level) => level.toUpperCase())],
  ["case_updated", "Threat case updated", "sigma-case severity", riskLevels.map((level) => level.toUpperCase())],
] as const;

/** Heartbeats and test messages have no level. */
const aboutTheFeed = [
  ["STATUS", "Feed heartbeat"],
  ["TEST", "Feed test message"],
] as const;

const msgid = String.raw`^(?:\d+ )?<\d{1,3}>1 \S+ \S+ \S+ \S+ (FIRST|HOURLY|incident_created|incident_updated|case_created|case_updated|STATUS|TEST) \[`;
const categories = [...new Set(identifications.map(([, , sd]) => sd))];

function eventMappings(): string[][] {
  const rows = identifications.flatMap(([id, name, , values]) =>
    values.map((value) => {
      const level = value.toLowerCase() as Level;
      return [id, value, `RhythmX: ${name} (${level})`, lowLevelCategory(id), String(levels[level])];
    }),
  );
  // Without rule_info there is no level.
  const bare = identifications
    .slice(0, 2)
    .map(([id, name]) => [id, "RhythmX", `RhythmX: ${name}`, lowLevelCategory(id), "5"]);
  const feed = aboutTheFeed.map(([id, name]) => [id, "RhythmX", `RhythmX: ${name}`, "System.Information", "0"]);
  return [["Event ID", "Event Category", "QID name", "Low level category", "Severity"], ...rows, ...bare, ...feed];
}

const lowLevelCategory = (id: string) =>
  id.startsWith("case") || id.startsWith("incident")
    ? "Suspicious Activity.Suspicious Activity"
    : "Potential Exploit.Potential Misc Exploit";

const typeNames: Readonly<Record<FeedField["type"], string>> = {
  string: "AlphaNumeric",
  list: "AlphaNumeric",
  boolean: "AlphaNumeric",
  time: "AlphaNumeric",
  integer: "Numeric",
  decimal: "Numeric",
};

/** A property may be read from several elements: one expression for each. Those of QRadar itself are in the extension. */
function properties(): { property: string; type: string; field: FeedField; pattern: string }[] {
  const kinds = ["alert", "incident", "case", "status"] as const;
  const seen = new Set<string>();
  return kinds.flatMap((kind) =>
    fieldsOfMessage(kind).flatMap((field) => {
      if (field.sd === null || seen.has(`${field.qradar} ${field.sd}`)) return [];
      seen.add(`${field.qradar} ${field.sd}`);
      return [
        { property: field.qradar, type: typeNames[field.type], field, pattern: parameterPattern(header, field.sd) },
      ];
    }),
  );
}

const isOwn = ({ property }: { property: string }) => property.startsWith("RhythmX ");

function customProperties(): string[][] {
  return [
    ["Property", "Type", "Capture group", "Regex", "Optimize", "Description"],
    ...properties()
      .filter(isOwn)
      .map(({ property, type, field, pattern }) => [property, type, "1", pattern, "yes", field.meaning]),
  ];
}

/** What is typed into the DSM Editor, in its words. */
function dsmParameters(): object {
  return {
    log_source_type: "RhythmX Edge",
    log_source_identifier: "HOSTNAME of the messages: RhythmX, or `hostname` of the destination",
    protocol: "Syslog, or TLS Syslog",
    coalescing_events: false,
    max_payload_bytes: 32_768,
    system_properties: {
      "Event ID": [{ regex: msgid, capture: "$1" }],
      "Event Category": [
        ...categories.map((sd) => ({ regex: parameterPattern(header, sd), capture: "$1" })),
        { regex: "(?s).", capture: "RhythmX" },
      ],
      Username: properties()
        .filter(({ property }) => property === "Username")
        .map(({ pattern }) => ({ regex: pattern, capture: "$1" })),
      "Source IP": properties()
        .filter(({ property }) => property === "Source IP")
        .map(({ pattern }) => ({ regex: pattern, capture: "$1" })),
      "Log Source Time": [
        {
          regex: String.raw`^(?:\d+ )?<\d{1,3}>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) `,
          capture: "$1",
          format: "yyyy-MM-dd'T'HH:mm:ss.SSSX",
        },
      ],
    },
    custom_properties: properties()
      .filter(isOwn)
      .map(({ property, type, pattern }) => ({
        name: property,
        type,
        regex: pattern,
        capture_group: 1,
        optimize: true,
      })),
    event_mappings: eventMappings()
      .slice(1)
      .map(([event_id, event_category, name, low_level_category, severity]) => ({
        ...{ event_id, event_category, name, low_level_category },
        severity: Number(severity),
      })),
  };
}

/** For consoles on which the DSM Editor is not used. */
function extension(): string {
  const users = properties().filter(({ property }) => property === "Username");
  const addresses = properties().filter(({ property }) => property === "Source IP");
  const patterns: [id: string, regex: string][] = [
    ["EventId", msgid],
    ...categories.map((sd, n): [string, string] => [`EventCategory_${n + 1}`, parameterPattern(header, sd)]),
    ...users.map(({ pattern }, n): [string, string] => [`UserName_${n + 1}`, pattern]),
    ...addresses.map(({ pattern }, n): [string, string] => [`SourceIp_${n + 1}`, pattern]),
  ];
  const matcher = (field: string, order: number, pattern: string) =>
    `    <matcher field="${field}" order="${order}" pattern-id="${pattern}" capture-group="1" enable-substitutions="false"/>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- Made by \`npm run packs\` from the list of fields (docs/fields.md). -->
<device-extension xmlns="event_parsing/device_extension">
${patterns.map(([id, regex]) => `  <pattern id="${id}" xmlns=""><![CDATA[${regex.replaceAll("]]>", "]]]]><![CDATA[>")}]]></pattern>`).join("\n")}
  <match-group order="1" description="RhythmX Edge" xmlns="">
${[
  matcher("EventName", 1, "EventId"),
  ...categories.map((_, n) => matcher("EventCategory", n + 1, `EventCategory_${n + 1}`)),
  ...users.map((_, n) => matcher("UserName", n + 1, `UserName_${n + 1}`)),
  ...addresses.map((_, n) => matcher("SourceIp", n + 1, `SourceIp_${n + 1}`)),
].join("\n")}
    <event-match-multiple pattern-id="EventId" capture-group-index="1" severity="5" send-identity="OverrideAndNeverSend"/>
  </match-group>
</device-extension>
`;
}

function csv(rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return `${rows.map((row) => row.map(cell).join(",")).join("\n")}\n`;
}
