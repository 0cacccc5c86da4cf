/**
 * Every setting: in which section console and API save it, or why they cannot. A new setting of the environment does not compile without a
 * place here, and the test of every setting fails until its page shows it.
 */
import { type SettingName as EnvironmentName, environmentForms } from "./environment.ts";
import { anyText } from "./forms.ts";
import type { Report } from "./problem.ts";
import type { GeneralSection, SettingsSection } from "./sections/sections.ts";
import type { SettingsFile } from "./sources.ts";
import { readCasePatterns } from "./tables/case-patterns.ts";
import { readFloors } from "./tables/floors.ts";
import {
  type TicketDefinition,
  type TicketSettingName,
  ticketDefinitions,
  ticketSettingNames,
} from "./ticket-definitions.ts";

/** Where a setting of the environment is set besides there. */
type Place = { section: GeneralSection } | { fixed: string };

const inSection = (section: GeneralSection): Place => ({ section });
const fixed = (why: string): Place => ({ fixed: why });

const elsewhere = "set it in the environment or .env.production";
const beforeDatabase = "it is read before the database is open, in which the console saves";
const certificate = fixed(
  `it names a file of the machine: ${elsewhere}, or upload a certificate on the page System, and neither is needed`,
);
const health = fixed(`${beforeDatabase}: ${elsewhere}. The port alone is set with the feed, as Health port`);
const node = fixed(
  `the database is the same on all nodes of a cluster, and this is one node's: ${elsewhere}, and restart`,
);

export const environmentPlaces: Readonly<Record<EnvironmentName, Place>> = {
  RHYTHMX_LISTEN: fixed(
    `a wrong address would lock everybody out of the console, which could then not mend it: ${elsewhere}, and restart`,
  ),
  RHYTHMX_DEFAULT_LISTEN: fixed("it belongs to the service's unit; RHYTHMX_LISTEN wins over it"),
  RHYTHMX_TLS_CERT_FILE: certificate,
  RHYTHMX_TLS_KEY_FILE: certificate,
  RHYTHMX_DATA_DIR: fixed(`the database is in this folder: ${elsewhere}, and restart`),
  RHYTHMX_ALERT_HEALTH: health,
  RHYTHMX_INCIDENT_HEALTH: health,
  RHYTHMX_TRUSTED_PROXIES: inSection("network"),
  RHYTHMX_MASTER_KEY_FILE: fixed(
    `secrets in the database are encrypted with this key, so it cannot be among them: ${elsewhere}, and restart`,
  ),
  RHYTHMX_ADMIN_PASSWORD: fixed("only the first start reads it; passwords are changed on the page Users"),
  RHYTHMX_DEFAULT_ENTITY: inSection("routing"),
  RHYTHMX_LOG_LEVEL: inSection("logging"),
  RHYTHMX_LOG_FORMAT: inSection("logging"),
  RHYTHMX_RETENTION_DAYS: inSection("retention"),
  RHYTHMX_AUDIT_RETENTION_DAYS: inSection("retention"),
  RHYTHMX_RETENTION_SCHEDULE: inSection("retention"),
  RHYTHMX_BACKUP_SCHEDULE: inSection("backup"),
  RHYTHMX_BACKUP_DIR: inSection("backup"),
  RHYTHMX_BACKUP_KEEP: inSection("backup"),
  RHYTHMX_CLUSTER: node,
  RHYTHMX_CLUSTER_NODE: node,
  RHYTHMX_CLUSTER_ADDRESS: node,
  RHYTHMX_CLUSTER_CA_FILE: node,
  RHYTHMX_CLUSTER_CERT_FILE: node,
  RHYTHMX_CLUSTER_KEY_FILE: node,
  RHYTHMX_CLUSTER_PREFIX: node,
  RHYTHMX_CLUSTER_LEASE_SECONDS: node,
  RHYTHMX_CLUSTER_LOG_MIB: node,
  RHYTHMX_MIN_FREE_BYTES: inSection("retention"),
  RHYTHMX_MIN_FREE_PERCENT: inSection("retention"),
  QUALIFY_MIN_SCORE: inSection("correlation"),
  SHARED_ACCOUNTS: inSection("correlation"),
  HOST_SHORT_NAMES: inSection("correlation"),
};

/** Places of what is read before everything else. */
export const otherPlaces = {
  RHYTHMX_CONFIG_DIR: fixed(
    "the files in this folder come before what the console saves: set it in the environment of the process, and restart",
  ),
} as const;

export type SettingDefinition = TicketDefinition;

/** Files whose content may be saved in their place; the setting is named by its file. */
const tableNames = ["CASE_PATTERNS", "FLOORS"] as const;
type TableName = (typeof tableNames)[number];
const tableReaders: Readonly<Record<TableName, (file: SettingsFile, report: Report) => unknown>> = {
  CASE_PATTERNS: readCasePatterns,
  FLOORS: readFloors,
};
const longestTable = 100_000;
/** Problems of a table that are told at once. */
const mostTold = 5;

export type SettingName = EnvironmentName | TicketSettingName | TableName;

function ofEnvironment(): [string, SettingDefinition][] {
  return environmentForms().flatMap(({ name, form, fallback }) => {
    const place = environmentPlaces[name];
    return "section" in place ? [[name, { section: place.section, form, fallback, secret: false }]] : [];
  });
}

function ofTable(name: TableName): SettingDefinition {
  const example =
    name === "CASE_PATTERNS"
      ? '{"patterns": [{"type": "impact", "enabled": false}]}'
      : '{"floors": [{"name": "web_shell", "enabled": false}]}';
  const accepted = `the content of ${fileOfTable(name)}, a JSON object such as ${example}`;
  return {
    section: "correlation",
    form: { ...anyText, accepted },
    fallback: "",
    secret: false,
    longest: longestTable,
    explain: (text) => problemOfTable(name, text),
  };
}

/** `case_patterns.json` of CASE_PATTERNS. */
function fileOfTable(name: TableName): string {
  return `${name.toLowerCase()}.json`;
}

/** Everything that is wrong with a table, unknown keys too, because who saves them means something else. */
function problemOfTable(name: TableName, text: string): string | null {
  const report: Report = { problems: [], warnings: [] };
  tableReaders[name]({ source: "the text", folder: "/", content: { text } }, report);
  const told = [...report.problems, ...report.warnings].map(({ source, key, found, accepted }) =>
    [source.replace(/^the text ?/, ""), key, `found ${found}; accepted: ${accepted}`].filter(Boolean).join(": "),
  );
  const more = told.length > mostTold ? [`and ${told.length - mostTold} more`] : [];
  return told.length === 0 ? null : [...told.slice(0, mostTold), ...more].join(". ");
}

/** What can be saved, by the name in the environment. */
const settingDefinitions: Readonly<Record<string, SettingDefinition>> = Object.fromEntries([
  ...ticketSettingNames.map((name) => [name, ticketDefinitions[name]]),
  ...ofEnvironment(),
  ...tableNames.map((name) => [name, ofTable(name)]),
]);

const definedNames = Object.keys(settingDefinitions) as SettingName[];

/** @throws Error for a name that is not in the table: a defect */
export function definitionOf(name: SettingName): SettingDefinition {
  const found = settingDefinitions[name];
  if (found === undefined) throw new Error(`${name} is no setting that can be saved`);
  return found;
}

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingDefinitions, name);
}

/** Whether a saved value is resolved with files and environment: a setting of the appliance, not of ticket systems. */
export function isGeneral(name: SettingName): boolean {
  return !Object.hasOwn(ticketDefinitions, name);
}

export function namesOfSection(section: SettingsSection): SettingName[] {
  return definedNames.filter((name) => definitionOf(name).section === section);
}

/** `url` of `JIRA_URL` in section jira, `days` of `RHYTHMX_RETENTION_DAYS` in retention; names of other beginnings stay whole. */
export function fieldOf(section: SettingsSection, name: SettingName): string {
  const own = name.replace(/^RHYTHMX_/, "");
  const prefix = `${section.toUpperCase()}_`;
  return (own.startsWith(prefix) ? own.slice(prefix.length) : own).toLowerCase();
}

/** What is wrong with a value that somebody wants to save, null when nothing is. */
export function problemOf(name: SettingName, text: string): string | null {
  const { form, explain } = definitionOf(name);
  const value = text.trim();
  if (value === "") return null;
  if (explain !== undefined) return explain(value);
  return form.read(value) === undefined ? (form.problem?.(value) ?? form.accepted) : null;
}
