/** The parts of the pack for Cortex XSOAR that follow from the list of fields: incident fields, mappers and layout. */
import { type FeedField, fieldsOfMessage } from "../../../core/feeds/fields.ts";

const folder = "appliance/packs/xsoar/Packs/RhythmXEdge";
const incidentType = "RhythmX Incident";
/** Fields of 6.6 and later; the integration keeps its cursor of changes where 6.6 has a place for it. */
const fromVersion = "6.6.0";

/** Path and text of each file. */
export function xsoarFiles(): [path: string, text: string][] {
  return [
    ...fields().map((field): [string, string] => [
      `${folder}/IncidentFields/incidentfield-${field.name.replaceAll(" ", "_")}.json`,
      json(incidentField(field)),
    ]),
    [`${folder}/Classifiers/classifier-mapper-incoming-RhythmXEdge.json`, json(incomingMapper())],
    [`${folder}/Classifiers/classifier-mapper-outgoing-RhythmXEdge.json`, json(outgoingMapper())],
    [`${folder}/Layouts/layoutscontainer-RhythmX_Incident.json`, json(layout())],
  ];
}

interface IncidentField {
  /** `RhythmX` and words. */
  name: string;
  cliName: string;
  /** Path in what the integration hands over, which has the keys of the messages' JSON and of the API. */
  path: string;
  type: string;
  description: string;
  choices?: string[];
}

/** Words of names that are not capitalised like others. */
const short = new Map(Object.entries({ id: "ID", ids: "IDs", url: "URL", rbp: "RBP" }));

/** What a message alone has: what changed, and what was left out of it. */
const ofMessagesAlone = /^(?:event|changed_|related_cases_total|truncated|sequence_id)/;

/** Of the API's detail, which has more than a message. */
const ofDetail: readonly IncidentField[] = [
  own("headline", "headline", "shortText", "What happened, where and by whom"),
  own("rules", "alerts_by_rule.rule_title", "tagsSelect", "Rules that fired"),
  own("hosts", "assets.hosts.name", "tagsSelect", "Hosts concerned"),
  own("accounts", "assets.accounts.name", "tagsSelect", "Accounts concerned"),
  own("due_at", "due_at", "date", "When the service level ends"),
  own("service_level", "sla", "shortText", "on_track, at_risk or breached"),
  own("link", "link", "url", "The incident in RhythmX Edge"),
];

function fields(): IncidentField[] {
  const ofList = fieldsOfMessage("incident")
    .filter(({ name, json: path }) => path !== null && !ofMessagesAlone.test(name))
    .map((field) => own(field.name, (field.json ?? "").replaceAll("[]", ""), typeOf(field), field.meaning));
  return [...ofList, ...ofDetail].map((field) =>
    field.path === "status" ? { ...field, choices: ["OPEN", "IN_PROGRESS", "CLOSED", "FALSE_POSITIVE"] } : field,
  );
}

function own(name: string, path: string, type: string, description: string): IncidentField {
  const words = name.split("_").map((word) => short.get(word) ?? `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`);
  return {
    ...{ name: `RhythmX ${words.join(" ")}`, cliName: `rhythmx${name.replaceAll("_", "")}`, path, type },
    description: `${description}.`,
  };
}

function typeOf({ name, type }: FeedField): string {
  if (name === "status") return "singleSelect";
  if (name.endsWith("_notes")) return "longText";
  if (name.endsWith("_url")) return "url";
  return {
    string: "shortText",
    integer: "number",
    decimal: "number",
    boolean: "boolean",
    time: "date",
    list: "tagsSelect",
  }[type];
}

function incidentField({ name, cliName, type, description, choices }: IncidentField): object {
  return {
    ...{ id: `incident_${cliName}`, cliName, name, type, description, version: -1, fromVersion },
    ...{ associatedToAll: false, associatedTypes: [incidentType], systemAssociatedTypes: null, content: true },
    ...{ caseInsensitive: true, closeForm: false, editForm: choices !== undefined, group: 0, hidden: false },
    ...{
      isReadOnly: false,
      locked: false,
      neverSetAsRequired: false,
      ownerOnly: false,
      required: false,
      system: false,
    },
    ...{ openEnded: type === "tagsSelect", selectValues: choices ?? null, sla: 0, threshold: 72 },
    ...{ unmapped: false, unsearchable: false, useAsKpi: false },
  };
}

const from = (path: string) => ({ complex: null, simple: path });

/** With what the platform itself reads. */
function incomingMapper(): object {
  const platform: [name: string, path: string][] = [
    ["dbotMirrorDirection", "mirror_direction"],
    ["dbotMirrorId", "mirror_id"],
    ["dbotMirrorInstance", "mirror_instance"],
    ["dbotMirrorTags", "mirror_tags"],
    ["details", "headline"],
    ["occurred", "created_at"],
    ["severity", "severity"],
  ];
  const mapping = [...platform, ...fields().map(({ name, path }) => [name, path] as const)];
  return {
    ...{ id: "RhythmXEdge-mapper-incoming", name: "RhythmX Edge - Incoming Mapper", type: "mapping-incoming" },
    ...{ description: "Maps incidents of RhythmX Edge.", version: -1, fromVersion, defaultIncidentType: incidentType },
    mapping: {
      [incidentType]: {
        dontMapEventToLabels: true,
        internalMapping: Object.fromEntries(mapping.map(([name, path]) => [name, from(path)])),
      },
    },
  };
}

/** The names that the integration writes (get-mapping-fields). */
function outgoingMapper(): object {
  return {
    ...{ id: "RhythmXEdge-mapper-outgoing", name: "RhythmX Edge - Outgoing Mapper", type: "mapping-outgoing" },
    description: "Status and owner go to RhythmX Edge; closing with reason and notes does without a mapping.",
    ...{ version: -1, fromVersion, defaultIncidentType: incidentType },
    mapping: {
      [incidentType]: {
        dontMapEventToLabels: true,
        internalMapping: { assigned_analyst: from("owner"), status: from("rhythmxstatus") },
      },
    },
  };
}

/** Fields by the section in which they stand; what is in none comes last. */
const sections: readonly (readonly [title: string, names: readonly string[]])[] = [
  [
    "What happened",
    ["headline", "actor", "actortype", "entity", "riskscore", "risklevel", "status", "assignedanalyst", "link"],
  ],
  ["Evidence", ["rules", "tactics", "techniques", "hosts", "accounts", "sigmaalertcount", "alarmcount"]],
  [
    "Threat cases and campaign",
    ["threatcasecount", "relatedcaseids", "relatedcasetypes", "campaignid", "outbreakrule"],
  ],
  ["Times", ["firstalarm", "lastalarm", "createdat", "updatedat", "closedat", "dueat", "servicelevel"]],
  ["Ticket and notes", ["externalticket", "externalticketurl", "investigationnotes", "resolutionnotes"]],
];

function layout(): object {
  const placed = new Set(sections.flatMap(([, names]) => names));
  const rest = fields().flatMap(({ cliName }) => (placed.has(cliName.slice(7)) ? [] : [cliName.slice(7)]));
  const boxes = [...sections, ["More", rest] as const].map(([title, names], at) => box(title, names, at));
  return {
    ...{ id: incidentType, group: "incident", name: incidentType, description: "", version: -1, fromVersion },
    detailsV2: {
      tabs: [
        { id: "summary", name: "Legacy Summary", type: "summary" },
        { hidden: false, id: "rhythmx", name: "RhythmX", type: "custom", sections: boxes },
        { id: "caseinfoid", name: "Incident Info", type: "custom", sections: platformSections },
        { id: "warRoom", name: "War Room", type: "warRoom" },
        { id: "workPlan", name: "Work Plan", type: "workPlan" },
      ],
    },
  };
}

function box(title: string, names: readonly string[], at: number): object {
  const id = `rhythmx-section-${at + 1}`;
  return {
    ...{ displayType: "ROW", h: 2, hideName: false, i: id, isVisible: true, maxW: 3, minH: 1, moved: false },
    ...{
      name: title,
      static: false,
      w: at === 0 ? 2 : 1,
      x: at === 0 ? 0 : (at + 1) % 3,
      y: at === 0 ? 0 : 2 * Math.floor((at + 1) / 3),
    },
    items: names.map((name, index) => ({
      ...{ endCol: 2, fieldId: `rhythmx${name}`, height: 22, id: `${id}-${name}`, index },
      ...{ sectionItemType: "field", startCol: 0 },
    })),
  };
}

const platformSections = (
  [
    ["Notes", "notes"],
    ["Work Plan", "workplan"],
    ["Linked Incidents", "linkedIncidents"],
    ["Evidence", "evidence"],
    ["Team Members", "team"],
    ["Indicators", "indicators"],
  ] as const
).map(([name, type], at) => ({
  ...{ displayType: "ROW", h: 2, i: `caseinfoid-${type}`, isVisible: true, name, type, w: 1 },
  ...{ x: at % 3, y: 2 * Math.floor(at / 3) },
}));

const json = (value: object) => `${JSON.stringify(value, null, 4)}\n`;
