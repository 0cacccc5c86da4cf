/**
 * What the files of Azure-Sentinel's repository and templates of Azure Resource Manager may have, as far as the pack uses it: names of keys with the form
 * of their values, `?` for those that may be missing. By hand, of their published schemas.
 */
export type Form = RegExp | ((value: unknown) => boolean) | { [key: string]: Form } | readonly [Form];

const text = /\S/;
const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const version = /^\d+\.\d+\.\d+$/;
const column = /^[A-Z][A-Za-z]+$/;
const isBoolean = (value: unknown) => typeof value === "boolean";
const isDefault = (value: unknown) => isBoolean(value) || value === "datetime(null)" || value === "dynamic([])";
const isCount = (value: unknown) => Number.isInteger(value);
const severity = /^(High|Medium|Low|Informational)$/;
const isoDuration = /^P(T\d+[HM]|\d+D)$/;
/** A name with a space has no identifier in KQL. */
const details = (value: unknown) =>
  Object.entries(value as object).length <= 20 &&
  Object.entries(value as object).every(([key, name]) => /^\w+$/.test(key) && column.test(name));
const isTactics = (value: unknown) => Array.isArray(value) && value.every((one) => /^[A-Z]\w+$/.test(one));
const isNames = (value: unknown) => Array.isArray(value) && value.every((one) => /^\w+$/.test(one));
/** With at most three columns, as Sentinel wants. */
const shown = (value: unknown) => typeof value === "string" && (value.match(/\{\{\w+\}\}/g) ?? []).length <= 3;

const entityMappings: Form = [
  {
    entityType: /^(Account|Host|IP)$/,
    fieldMappings: [{ identifier: /^(Name|FullName|HostName|Address)$/, columnName: column }],
  },
];
const alertDetailsOverride: Form = {
  alertDisplayNameFormat: shown,
  "alertDescriptionFormat?": shown,
  "alertSeverityColumnName?": column,
};
const incidentConfiguration: Form = {
  createIncident: isBoolean,
  groupingConfiguration: {
    enabled: isBoolean,
    reopenClosedIncident: isBoolean,
    lookbackDuration: isoDuration,
    matchingMethod: /^(AllEntities|AnyAlert|Selected)$/,
    groupByEntities: isNames,
    groupByAlertDetails: isNames,
    groupByCustomDetails: isNames,
  },
};

export const parserFile: Form = {
  id: guid,
  Function: { Title: text, Version: version, LastUpdated: /^\d{4}-\d\d-\d\d$/ },
  Category: /^Microsoft Sentinel Parser$/,
  FunctionName: /^\w+$/,
  FunctionAlias: /^\w+$/,
  FunctionQuery: text,
};

export const asimFile: Form = {
  Parser: { Title: text, Version: version, LastUpdated: text },
  Product: { Name: text },
  Normalization: { Schema: /^AlertEvent$/, Version: /^0\.1$/ },
  References: [{ Title: text, Link: /^https:/ }],
  Description: text,
  ParserName: /^(ASim|vim)AlertEvent\w+$/,
  EquivalentBuiltInParser: /^_(ASim|Im)_AlertEvent_\w+$/,
  ParserParams: [{ Name: /^\w+$/, Type: /^(bool|datetime|dynamic)$/, Default: isDefault }],
  ParserQuery: text,
};

export const ruleFile: Form = {
  id: guid,
  name: /^.{1,100}$/,
  description: /^.{1,255}\n$/s,
  severity,
  status: /^Available$/,
  requiredDataConnectors: [{ connectorId: /^SyslogAma$/, dataTypes: [/^Syslog$/] }],
  queryFrequency: /^\d+[mhd]$/,
  queryPeriod: /^\d+[mhd]$/,
  triggerOperator: /^(gt|lt|eq|ne)$/,
  triggerThreshold: isCount,
  tactics: isTactics,
  relevantTechniques: isNames,
  query: text,
  entityMappings,
  eventGroupingSettings: { aggregationKind: /^(AlertPerResult|SingleAlert)$/ },
  customDetails: details,
  alertDetailsOverride,
  "incidentConfiguration?": incidentConfiguration,
  version,
  kind: /^Scheduled$/,
};

/** By the type of a resource. */
export const resources: Readonly<Record<string, Form>> = {
  "Microsoft.OperationalInsights/workspaces/savedSearches": {
    ...{ type: text, apiVersion: /^2020-08-01$/, name: /^\[concat\(/ },
    properties: {
      ...{ category: text, displayName: text, functionAlias: /^\w+$/, query: text },
      functionParameters: /^(\w+:(bool=(True|False)|datetime=datetime\(null\)|dynamic=dynamic\(\[\]\))(, )?)*$/,
      version: (value) => value === 2,
    },
  },
  "Microsoft.OperationalInsights/workspaces/providers/alertRules": {
    ...{
      type: text,
      apiVersion: /^2023-02-01$/,
      name: /^\[concat\(.*'\/Microsoft\.SecurityInsights\//,
      kind: /^Scheduled$/,
    },
    dependsOn: [/^\[resourceId\(/],
    properties: {
      ...{ displayName: text, description: text, enabled: /^\[parameters/, severity, query: text },
      ...{ queryFrequency: isoDuration, queryPeriod: isoDuration, suppressionDuration: isoDuration },
      ...{ triggerOperator: /^(GreaterThan|LessThan|Equal|NotEqual)$/, triggerThreshold: isCount },
      ...{ suppressionEnabled: isBoolean, tactics: isTactics, techniques: isNames, entityMappings },
      ...{ eventGroupingSettings: { aggregationKind: text }, customDetails: details, alertDetailsOverride },
      "incidentConfiguration?": incidentConfiguration,
    },
  },
  "Microsoft.Insights/workbooks": {
    ...{ type: text, apiVersion: /^2021-08-01$/, name: /^\[guid\(/, location: text, kind: /^shared$/ },
    properties: {
      displayName: text,
      category: /^sentinel$/,
      version: text,
      sourceId: /^\[resourceId/,
      serializedData: text,
    },
  },
  "Microsoft.Insights/dataCollectionRules": {
    ...{ type: text, apiVersion: /^2022-06-01$/, name: text, location: text, kind: /^Linux$/ },
    properties: {
      description: text,
      dataSources: {
        syslog: [
          {
            name: text,
            streams: [/^Microsoft-Syslog$/],
            facilityNames: [/^local[0-7]$/],
            logLevels: [/^(Debug|Info|Notice|Warning|Error|Critical|Alert|Emergency)$/],
          },
        ],
      },
      destinations: { logAnalytics: [{ name: text, workspaceResourceId: /^\[resourceId/ }] },
      dataFlows: [{ streams: [/^Microsoft-Syslog$/], destinations: [text] }],
    },
  },
  "Microsoft.Insights/dataCollectionRuleAssociations": {
    ...{ condition: /^\[/, type: text, apiVersion: /^2022-06-01$/, name: text, scope: /^\[concat\('Microsoft\./ },
    dependsOn: [/^\[resourceId/],
    properties: { dataCollectionRuleId: /^\[resourceId/ },
  },
};

const columnsOfType = (type: string, names: string) => names.split(" ").map((name): [string, string] => [name, type]);

/** Of ASIM's schema AlertEvent 0.1 and its common fields, those that the pack uses, with their types. */
export const asimColumns: ReadonlyMap<string, string> = new Map([
  ...columnsOfType("datetime", "EventStartTime EventEndTime ThreatFirstReportedTime ThreatLastReportedTime"),
  ...columnsOfType("int", "EventCount ThreatRiskLevel"),
  ...columnsOfType("dynamic", "AdditionalFields"),
  ...columnsOfType("string", "EventType EventUid EventProduct EventVendor EventSchema EventSchemaVersion"),
  ...columnsOfType(
    "string",
    "EventSubType EventMessage EventSeverity EventOriginalSeverity EventOriginalType EventOriginalUid",
  ),
  ...columnsOfType("string", "Dvc DvcHostname DvcIpAddr Hostname IpAddr Username UsernameType User"),
  ...columnsOfType(
    "string",
    "AlertId AlertName AlertDescription AlertStatus AlertVerdict DetectionMethod Rule RuleName",
  ),
  ...columnsOfType("string", "AttackTactics AttackTechniques IndicatorType ThreatCategory ThreatOriginalRiskLevel"),
]);
export const asimMandatory =
  "EventCount EventStartTime EventEndTime EventType EventUid EventProduct EventVendor EventSchema EventSchemaVersion".split(
    " ",
  );
/** Columns of every table of a workspace. */
export const standardColumns = "TimeGenerated TenantId SourceSystem MG Type _ResourceId CollectorHostName".split(" ");

/** Every place that is not as its form says. */
export function faults(value: unknown, form: Form, at = ""): string[] {
  if (form instanceof RegExp) return typeof value === "string" && form.test(value) ? [] : [`${at}: ${value}`];
  if (typeof form === "function") return form(value) ? [] : [`${at}: ${JSON.stringify(value)}`];
  if (Array.isArray(form)) {
    const [each] = form as readonly [Form];
    if (!Array.isArray(value) || value.length === 0) return [`${at}: no list`];
    return value.flatMap((one, n) => faults(one, each, `${at}[${n}]`));
  }
  if (typeof value !== "object" || value === null) return [`${at}: no object`];
  const known = Object.entries(form as { [key: string]: Form }).map(
    ([key, inner]) => [key.replace("?", ""), inner, key.endsWith("?")] as const,
  );
  const names = new Set(known.map(([key]) => key));
  return [
    ...Object.keys(value).flatMap((key) => (names.has(key) ? [] : [`${at}.${key} is not known`])),
    ...known.flatMap(([key, inner, optional]) => {
      if (key in value) return faults((value as Record<string, unknown>)[key], inner, `${at}.${key}`);
      return optional ? [] : [`${at}.${key} is missing`];
    }),
  ];
}
