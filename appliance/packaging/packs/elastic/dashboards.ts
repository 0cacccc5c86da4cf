/**
 * Saved objects of a dashboard, as Kibana and OpenSearch Dashboards import them: both take the form that Kibana 7.10 had, of which OpenSearch
 * Dashboards is made and which Kibana migrates.
 */

interface SavedObject {
  id: string;
  type: "index-pattern" | "visualization" | "search" | "dashboard";
  attributes: Record<string, unknown>;
  references: { id: string; name: string; type: string }[];
  migrationVersion: Record<string, string>;
}

interface Aggregation {
  type: string;
  schema: string;
  params: Record<string, unknown>;
}

const alerts = "rhythmx-alert";
const incidents = "rhythmx-incident";
const versions = { "index-pattern": "7.6.0", visualization: "7.10.0", search: "7.9.3", dashboard: "7.9.3" } as const;
const sourceRef = "kibanaSavedObjectMeta.searchSourceJSON.index";

const object = (
  type: SavedObject["type"],
  id: string,
  attributes: Record<string, unknown>,
  references: SavedObject["references"] = [],
): SavedObject => ({ id, type, attributes, references, migrationVersion: { [type]: versions[type] } });

const dataView = (id: string, title: string) =>
  object("index-pattern", id, { title, timeFieldName: "@timestamp", fields: "[]" });

const searchSource = (query: string) =>
  JSON.stringify({ query: { query, language: "kuery" }, filter: [], indexRefName: sourceRef });

const count: Aggregation = { type: "count", schema: "metric", params: {} };
const distinct = (field: string, customLabel: string): Aggregation => ({
  type: "cardinality",
  schema: "metric",
  params: { field, customLabel },
});
const metric = (type: "sum" | "max", field: string, customLabel: string): Aggregation => ({
  type,
  schema: "metric",
  params: { field, customLabel },
});
const overTime: Aggregation = {
  type: "date_histogram",
  schema: "segment",
  params: {
    field: "@timestamp",
    useNormalizedEsInterval: true,
    interval: "auto",
    drop_partials: false,
    min_doc_count: 1,
  },
};
const terms = (schema: string, field: string, customLabel: string, size = 10): Aggregation => ({
  type: "terms",
  schema,
  params: { field, customLabel, orderBy: "1", order: "desc", size, otherBucket: false, missingBucket: false },
});

function visualization(
  id: string,
  title: string,
  type: string,
  view: string,
  query: string,
  aggs: readonly Aggregation[],
  params: Record<string, unknown> = {},
): SavedObject {
  const visState = {
    title,
    type,
    aggs: aggs.map((agg, n) => ({ id: String(n + 1), enabled: true, ...agg })),
    params: { type, addTooltip: true, addLegend: true, legendPosition: "right", ...params },
  };
  return object(
    "visualization",
    id,
    {
      title: `[RhythmX] ${title}`,
      description: "",
      version: 1,
      visState: JSON.stringify(visState),
      uiStateJSON: "{}",
      kibanaSavedObjectMeta: { searchSourceJSON: searchSource(query) },
    },
    [{ id: view, name: sourceRef, type: "index-pattern" }],
  );
}

const axes = {
  grid: { categoryLines: false },
  categoryAxes: [
    {
      id: "CategoryAxis-1",
      type: "category",
      position: "bottom",
      show: true,
      style: {},
      scale: { type: "linear" },
      labels: { show: true, filter: true, truncate: 100 },
      title: {},
    },
  ],
  valueAxes: [
    {
      id: "ValueAxis-1",
      name: "LeftAxis-1",
      type: "value",
      position: "left",
      show: true,
      style: {},
      scale: { type: "linear", mode: "normal" },
      labels: { show: true, rotate: 0, filter: false, truncate: 100 },
      title: { text: "" },
    },
  ],
  seriesParams: [
    {
      show: true,
      type: "histogram",
      mode: "stacked",
      data: { label: "Count", id: "1" },
      valueAxis: "ValueAxis-1",
      drawLinesBetweenPoints: true,
      lineWidth: 2,
      showCircles: true,
    },
  ],
  times: [],
  addTimeMarker: false,
  labels: { show: false },
  thresholdLine: { show: false, value: 10, width: 1, style: "full", color: "#E7664C" },
};

const table = { perPage: 10, showPartialRows: false, showMetricsAtAllLevels: false, showTotal: false };

const open = "rhythmx.kind: incident and rhythmx.incident.status: (OPEN or IN_PROGRESS)";

const panels: readonly (readonly [panel: SavedObject, w: number, h: number])[] = [
  [
    visualization("rhythmx-incidents-now", "Incidents that are open", "metric", incidents, open, [
      distinct("rhythmx.incident.id", "incidents"),
    ]),
    12,
    8,
  ],
  [
    visualization(
      "rhythmx-incidents-high",
      "Open with risk of 70 or more",
      "metric",
      incidents,
      `${open} and event.risk_score >= 70`,
      [distinct("rhythmx.incident.id", "incidents")],
    ),
    12,
    8,
  ],
  [
    visualization(
      "rhythmx-not-parsed",
      "Messages that were not parsed",
      "metric",
      alerts,
      "event.kind: pipeline_error",
      [count],
    ),
    12,
    8,
  ],
  [
    visualization("rhythmx-alerts-number", "Alerts", "metric", alerts, "rhythmx.kind: alert", [
      distinct("rhythmx.alert.hash", "alerts"),
    ]),
    12,
    8,
  ],
  [
    visualization(
      "rhythmx-alerts-time",
      "Alerts by level",
      "histogram",
      alerts,
      "rhythmx.kind: alert",
      [count, overTime, terms("group", "rhythmx.alert.level", "level", 5)],
      axes,
    ),
    24,
    14,
  ],
  [
    visualization(
      "rhythmx-incidents-time",
      "Messages of incidents by risk level",
      "histogram",
      incidents,
      "rhythmx.kind: incident",
      [count, overTime, terms("group", "rhythmx.incident.risk_level", "risk level", 4)],
      axes,
    ),
    24,
    14,
  ],
  [
    visualization(
      "rhythmx-rules",
      "Rules",
      "table",
      alerts,
      "rhythmx.kind: alert",
      [
        { ...distinct("rhythmx.alert.hash", "alerts") },
        metric("max", "event.risk_score", "risk"),
        terms("bucket", "rule.name", "rule", 50),
      ],
      table,
    ),
    24,
    14,
  ],
  [
    visualization(
      "rhythmx-hosts",
      "Hosts and users",
      "table",
      alerts,
      "rhythmx.kind: alert",
      [
        { ...distinct("rhythmx.alert.hash", "alerts") },
        metric("max", "event.risk_score", "risk"),
        terms("bucket", "host.name", "host", 20),
        terms("bucket", "user.name", "user", 5),
      ],
      table,
    ),
    24,
    14,
  ],
  [
    visualization(
      "rhythmx-tactics",
      "Tactics",
      "pie",
      alerts,
      "rhythmx.kind: alert",
      [count, terms("segment", "threat.tactic.name", "tactic", 14)],
      { isDonut: true, labels: { show: true, values: true, last_level: true, truncate: 100 } },
    ),
    24,
    14,
  ],
  [
    visualization(
      "rhythmx-bursts",
      "Bursts",
      "table",
      alerts,
      "rhythmx.alert.burst: true",
      [metric("sum", "rhythmx.alert.hourly_delta", "detections"), terms("bucket", "rule.name", "rule", 20)],
      table,
    ),
    24,
    14,
  ],
  [search("rhythmx-incident-list", "Incidents", incidents, "rhythmx.kind: incident", incidentColumns()), 48, 18],
  [
    search("rhythmx-failures", "Messages that were not parsed", alerts, "event.kind: pipeline_error", [
      "error.message",
      "message",
    ]),
    48,
    12,
  ],
];

function incidentColumns(): string[] {
  return [
    "rhythmx.incident.id",
    "event.action",
    "rhythmx.incident.actor",
    "event.risk_score",
    "rhythmx.incident.risk_level",
    "rhythmx.incident.status",
    "organization.name",
    "rhythmx.incident.external_ticket",
  ];
}

function search(id: string, title: string, view: string, query: string, columns: readonly string[]): SavedObject {
  return object(
    "search",
    id,
    {
      title: `[RhythmX] ${title}`,
      description: "",
      hits: 0,
      version: 1,
      columns,
      sort: [["@timestamp", "desc"]],
      kibanaSavedObjectMeta: { searchSourceJSON: searchSource(query) },
    },
    [{ id: view, name: sourceRef, type: "index-pattern" }],
  );
}

/** dashboards.ndjson: an object a line, the dashboard last. */
export function dashboards(): string {
  let [x, y, rowHeight] = [0, 0, 0];
  const placed = panels.map(([panel, w, h], n) => {
    if (x + w > 48) [x, y, rowHeight] = [0, y + rowHeight, 0];
    const gridData = { x, y, w, h, i: String(n + 1) };
    [x, rowHeight] = [x + w, Math.max(rowHeight, h)];
    return {
      panel,
      json: {
        version: "7.10.0",
        gridData,
        panelIndex: String(n + 1),
        embeddableConfig: {},
        panelRefName: `panel_${n}`,
      },
    };
  });
  const dashboard = object(
    "dashboard",
    "rhythmx-overview",
    {
      title: "[RhythmX] Alerts and incidents",
      description: "Both feeds of RhythmX Edge",
      hits: 0,
      version: 1,
      panelsJSON: JSON.stringify(placed.map(({ json }) => json)),
      optionsJSON: JSON.stringify({ useMargins: true, hidePanelTitles: false }),
      timeRestore: true,
      timeFrom: "now-24h",
      timeTo: "now",
      refreshInterval: { pause: false, value: 60_000 },
      kibanaSavedObjectMeta: {
        searchSourceJSON: JSON.stringify({ query: { query: "", language: "kuery" }, filter: [] }),
      },
    },
    placed.map(({ panel: { id, type } }, n) => ({ id, name: `panel_${n}`, type })),
  );
  const all = [
    dataView(alerts, "logs-rhythmx.alert-*"),
    dataView(incidents, "logs-rhythmx.incident-*"),
    ...panels.map(([panel]) => panel),
    dashboard,
  ];
  return `${all.map((one) => JSON.stringify(one)).join("\n")}\n`;
}
