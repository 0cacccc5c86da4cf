/** One template for Azure Resource Manager with everything of the Sentinel pack that belongs to a workspace. */

/** An analytic rule, as the files of Azure-Sentinel's repository have them. */
export interface AnalyticRule {
  id: string;
  name: string;
  description: string;
  severity: string;
  queryFrequency: string;
  queryPeriod: string;
  triggerOperator: "gt" | "lt" | "eq" | "ne";
  triggerThreshold: number;
  tactics: string[];
  relevantTechniques: string[];
  query: string;
  entityMappings?: unknown[];
  eventGroupingSettings?: object;
  customDetails?: Record<string, string>;
  alertDetailsOverride?: object;
  incidentConfiguration?: object;
  version: string;
  kind: "Scheduled";
}

interface WorkspaceFunction {
  name: string;
  title: string;
  query: string;
  /** As Log Analytics writes them: `disabled:bool=False`. */
  parameters: string;
}

interface Contents {
  functions: readonly WorkspaceFunction[];
  rules: readonly AnalyticRule[];
  /** Its JSON. */
  workbook: string;
}

const operators = { gt: "GreaterThan", lt: "LessThan", eq: "Equal", ne: "NotEqual" } as const;

/** `5m` is `PT5M`, `7d` is `P7D`. */
function duration(text: string): string {
  const [, number = "", unit = ""] = /^(\d+)([mhd])$/.exec(text) ?? [];
  if (unit === "") throw new Error(`no duration: ${text}`);
  return unit === "d" ? `P${number}D` : `PT${number}${unit.toUpperCase()}`;
}

/** Rules are made switched off; workbook and functions at once. Deployed again it replaces what it made before. */
export function deployment({ functions, rules, workbook }: Contents): object {
  const workspace = "[resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspace'))]";
  return {
    $schema: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    contentVersion: "1.0.0.0",
    metadata: { comments: "Made by `npm run packs` of the other files of this pack." },
    parameters: {
      workspace: {
        type: "string",
        metadata: { description: "Name of the Log Analytics workspace that Sentinel is on" },
      },
      location: {
        type: "string",
        defaultValue: "[resourceGroup().location]",
        metadata: { description: "Region of the workbook" },
      },
      rulesEnabled: {
        type: "bool",
        defaultValue: false,
        metadata: { description: "Whether the analytic rules run at once" },
      },
    },
    resources: [
      ...functions.map(({ name, title, query, parameters }) => ({
        type: "Microsoft.OperationalInsights/workspaces/savedSearches",
        apiVersion: "2020-08-01",
        name: `[concat(parameters('workspace'), '/${name}')]`,
        properties: {
          category: "Microsoft Sentinel Parser",
          displayName: title,
          functionAlias: name,
          functionParameters: parameters,
          query: literal(query),
          version: 2,
        },
      })),
      ...rules.map((rule) => ({
        type: "Microsoft.OperationalInsights/workspaces/providers/alertRules",
        apiVersion: "2023-02-01",
        name: `[concat(parameters('workspace'), '/Microsoft.SecurityInsights/${rule.id}')]`,
        kind: rule.kind,
        // A rule is checked when it is made: the functions that it names must be there.
        dependsOn: functions.map(
          ({ name }) =>
            `[resourceId('Microsoft.OperationalInsights/workspaces/savedSearches', parameters('workspace'), '${name}')]`,
        ),
        properties: {
          displayName: rule.name,
          description: rule.description.trim(),
          enabled: "[parameters('rulesEnabled')]",
          severity: rule.severity,
          query: literal(rule.query),
          queryFrequency: duration(rule.queryFrequency),
          queryPeriod: duration(rule.queryPeriod),
          triggerOperator: operators[rule.triggerOperator],
          triggerThreshold: rule.triggerThreshold,
          suppressionEnabled: false,
          suppressionDuration: "PT5H",
          tactics: rule.tactics,
          techniques: rule.relevantTechniques,
          entityMappings: rule.entityMappings,
          eventGroupingSettings: rule.eventGroupingSettings,
          customDetails: rule.customDetails,
          alertDetailsOverride: rule.alertDetailsOverride,
          incidentConfiguration: rule.incidentConfiguration,
        },
      })),
      {
        type: "Microsoft.Insights/workbooks",
        apiVersion: "2021-08-01",
        name: "[guid(resourceGroup().id, parameters('workspace'), 'rhythmx-workbook')]",
        location: "[parameters('location')]",
        kind: "shared",
        properties: {
          displayName: "RhythmX Edge",
          category: "sentinel",
          version: "1.0",
          sourceId: workspace,
          serializedData: literal(JSON.stringify(JSON.parse(workbook))),
        },
      },
    ],
  };
}

/** A text that begins with a bracket would be read as an expression. */
const literal = (text: string) => (text.startsWith("[") ? `[${text}` : text);
