/** The pack for Microsoft Sentinel: the parsers, of the list of fields; ASIM's parser with filters; and azuredeploy.json, which is made of all the other files. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type FeedField, fieldsOfMessage, type MessageKind } from "../../../../core/feeds/fields.ts";
import { type AsimParser, filteringParser, functionParameters } from "./asim.ts";
import { type AnalyticRule, deployment } from "./deployment.ts";
import { elementPattern, headerPattern, structuredDataPattern, valuePattern } from "./re2-patterns.ts";

const folder = "appliance/packs/sentinel";
const root = join(import.meta.dirname, "../../../..");

/** Path and text of each file. */
export function sentinelFiles(): [path: string, text: string][] {
  const functions = parsers.map((parser) => ({ ...parser, query: query(parser) }));
  const read = (path: string) => readFileSync(join(root, folder, path), "utf8");
  const rules = readdirSync(join(root, folder, "Analytic Rules"))
    .sort()
    .map((name) => parse(read(`Analytic Rules/${name}`)) as AnalyticRule);
  const asim: AsimParser = parse(read("Parsers/ASimAlertEventRhythmXEdge.yaml"));
  const filtering = filteringParser(asim);
  const template = deployment({
    functions: [
      ...functions.map(({ name, title, query }) => ({ name, title, query, parameters: "" })),
      ...[asim, filtering].map((one) => ({
        name: one.ParserName,
        title: one.Parser.Title,
        query: one.ParserQuery,
        parameters: functionParameters(one),
      })),
    ],
    rules,
    workbook: read("Workbooks/RhythmX.json"),
  });
  return [
    ...functions.map((made): [string, string] => [`${folder}/Parsers/${made.name}.yaml`, functionFile(made)]),
    [
      `${folder}/Parsers/${filtering.ParserName}.yaml`,
      `# Made by \`npm run packs\` of ${asim.ParserName}.yaml.\n${stringify(filtering, { lineWidth: 0 })}`,
    ],
    [`${folder}/azuredeploy.json`, `${JSON.stringify(template, null, 2)}\n`],
  ];
}

interface Parser {
  name: string;
  title: string;
  /** What a reader is told about it. */
  about: string;
  kinds: readonly MessageKind[];
}

const parsers: readonly Parser[] = [
  {
    name: "RhythmXAlert",
    title: "RhythmX Edge alerts",
    about: "Alerts: first detections and hourly deltas",
    kinds: ["alert"],
  },
  {
    name: "RhythmXIncident",
    title: "RhythmX Edge incidents",
    about: "Incidents, created and updated",
    kinds: ["incident"],
  },
  {
    name: "RhythmXCase",
    title: "RhythmX Edge threat cases",
    about: "Threat cases, created and updated",
    kinds: ["case"],
  },
  {
    name: "RhythmXStatus",
    title: "RhythmX Edge feed status",
    about: "Heartbeats and test messages",
    kinds: ["status", "test"],
  },
];

function functionFile({ name, title, about, query }: Parser & { query: string }): string {
  return `# Made by \`npm run packs\` from the list of fields (docs/fields.md).
id: ${ids[name]}
Function:
  Title: ${title}
  Version: '1.0.0'
  LastUpdated: '2026-11-29'
Category: Microsoft Sentinel Parser
FunctionName: ${name}
FunctionAlias: ${name}
FunctionQuery: |
${`// ${about}. Every field of docs/fields.md is a column; what is in structured data is read by the names of its element and its own.\n${query}`
  .split("\n")
  .map((line) => (line === "" ? "" : `  ${line}`))
  .join("\n")}
`;
}

const ids: Readonly<Record<string, string>> = {
  RhythmXAlert: "6f1b1f5c-0a3e-4a45-9d3b-5d5c3c1f7a01",
  RhythmXIncident: "6f1b1f5c-0a3e-4a45-9d3b-5d5c3c1f7a02",
  RhythmXCase: "6f1b1f5c-0a3e-4a45-9d3b-5d5c3c1f7a03",
  RhythmXStatus: "6f1b1f5c-0a3e-4a45-9d3b-5d5c3c1f7a04",
};

/** `related_case_ids` is RelatedCaseIds. */
const column = (name: string) => name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Of `sigma-incident`: SigmaIncidentElement. */
const elementColumn = (element: string) => `${column(element.replaceAll("-", "_"))}Element`;

/** A string of KQL in which nothing but the quote is special. */
function verbatim(pattern: string): string {
  if (pattern.includes("'")) throw new Error(`a pattern with a quote: ${pattern}`);
  return `@'${pattern}'`;
}

const extract = (pattern: string, from: string) => `extract(${verbatim(pattern)}, 1, ${from})`;

/** From text, of structured data. */
const conversions: Readonly<Record<FeedField["type"], ((value: string) => string) | null>> = {
  string: null,
  list: null,
  integer: (value) => `tolong(${value})`,
  decimal: (value) => `toreal(${value})`,
  boolean: (value) => `tobool(${value})`,
  time: (value) => `todatetime(${value})`,
};

/** The value at a path of the list of fields, of the parsed body. Of a list of objects the list, whose objects have the rest of the path. */
function fromBody({ name, json, type }: FeedField): [column: string, expression: string] {
  const [path = "", rest = ""] = (json ?? "").split("[]");
  // In brackets, because some names are words of KQL (timeline).
  const value = `Json${path.replace(/(\w+)\.?/g, '["$1"]')}`;
  if (rest !== "") return [column(path.replaceAll(".", "_")), value];
  const convert =
    type === "list" ? (text: string) => text : (conversions[type] ?? ((text: string) => `tostring(${text})`));
  return [column(name), convert(value)];
}

function query({ kinds }: Parser): string {
  const fields = kinds.flatMap((kind) => fieldsOfMessage(kind));
  const inData = new Map<string, Set<string>>();
  const calculated = new Map<string, string>();
  const texts = new Set<string>();
  const typed = new Map<string, string>();
  const add = (name: string, expression: string) => {
    if ((calculated.get(name) ?? expression) !== expression) throw new Error(`two fields are ${name}`);
    calculated.set(name, expression);
  };
  for (const field of fields) {
    const name = column(field.name);
    if (field.sd !== null) {
      const [element = "", parameter = ""] = field.sd.split(" ");
      inData.set(name, (inData.get(name) ?? new Set()).add(extract(valuePattern(parameter), elementColumn(element))));
      const convert = conversions[field.type];
      if (convert === null) texts.add(name);
      else typed.set(name, convert(name));
    } else if (field.json !== "$") add(...fromBody(field));
  }
  const elements = [...new Set(fields.flatMap(({ sd }) => (sd === null ? [] : [sd.split(" ")[0] ?? ""])))];
  // The first element of a kind is what tells it.
  const own = [
    ...new Set(
      kinds.map(
        (kind) =>
          fieldsOfMessage(kind)
            .find(({ sd }) => sd !== null)
            ?.sd?.split(" ")[0] ?? "",
      ),
    ),
  ];
  const withBody = calculated.size > 0;
  const log = fields.some(({ json }) => json === "$");
  const steps = [
    `Syslog
| where SyslogMessage has_any (${own
      .map((element) => `"${element.split("-")[0]}"`)
      .filter((word, n, all) => all.indexOf(word) === n)
      .join(", ")})
| extend IngestionTime = ingestion_time(), StructuredData = ${extract(structuredDataPattern, "SyslogMessage")}`,
    extend(elements.map((element) => [elementColumn(element), extract(elementPattern(element), "StructuredData")])),
    `| where ${own.map((element) => `isnotempty(${elementColumn(element)})`).join(" or ")}`,
    extend([
      ...[...inData].map(([name, ways]): [string, string] => [
        name,
        ways.size === 1 ? ([...ways][0] ?? "") : `strcat(${[...ways].join(", ")})`,
      ]),
      ["Body", "trim_start(@' ', substring(SyslogMessage, strlen(StructuredData)))"],
    ]),
    `// Values lose their escapes (RFC 5424 section 6.3.3) in a step of their own.`,
    extend([...texts].map((name) => [name, String.raw`replace_regex(${name}, @'\\(["\\\]])', @'\1')`])),
    ...(typed.size > 0 ? [extend([...typed])] : []),
    ...(withBody ? ["| extend Json = parse_json(Body)", extend([...calculated])] : []),
    `// TIMESTAMP and HOSTNAME of the message itself, where a relay has left its header.
| extend
    MessageTime = coalesce(todatetime(${extract(headerPattern(2), "SyslogMessage")}), EventTime),
    Appliance = coalesce(${extract(headerPattern(3), "SyslogMessage")}, HostName, Computer)${
      kinds[0] === "alert" ? `,\n    Occasion = iff(isnull(HourlyDelta), "FIRST", "HOURLY")` : ""
    }`,
    ...(log ? ["| project-rename Log = Body"] : []),
    `| project-away StructuredData, ${[...elements.map(elementColumn), ...(withBody ? ["Json"] : [])].join(", ")}`,
  ];
  return steps.join("\n");
}

function extend(columns: readonly (readonly [name: string, expression: string])[]): string {
  return `| extend\n${columns.map(([name, expression]) => `    ${name} = ${expression}`).join(",\n")}`;
}
