/**
 * Saved objects of a dashboard, as Kibana and OpenSearch Dashboards import them: both take the form that Kibana 7.10 had, of which OpenSearch
 * Dashboards is made and which Kibana migrates.
 */

export interface SavedObject {
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

export const alerts = "rhythmx-alert";
export const incidents = "rhythmx-incident";
/** Both feeds: for what either may have. */
export const both = "rhythmx-both";
const versions = { "index-pattern": "7.6.0", visualization: "7.10.0", search: "7.9.3", dashboard: "7.9.3" } as const;
const sourceRef = "kibanaSavedObjectMeta.searchSourceJSON.index";

export const object = (
  type: SavedObject["type"],
  id: string,
  attributes: Record<string, unknown>,
  references: SavedObject["references"] = [],
): SavedObject => ({ id, type, attributes, references, migrationVersion: { [type]: versions[type] } });

export const dataView = (id: string, title: string) =>
  object("index-pattern", id, { title, timeFieldName: "@timestamp", fields: "[]" });

const searchSource = (query: string) =>
  JSON.stringify({ query: { query, language: "kuery" }, filter: [], indexRefName: sourceRef });

export const count: Aggregation = { type: "count", schema: "metric", params: {} };
export const distinct = (field: string, customLabel: string): Aggregation => ({
  type: "cardinality",
  schema: "metric",
  params: { field, customLabel },
});
export const metric = (type: "sum" | "max", field: string, customLabel: string): Aggregation => ({
  type,
  schema: "metric",
  params: { field, customLabel },
});
export const overTime: Aggregation = {
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
export const terms = (schema: string, field: string, customLabel: string, size = 10): Aggregation => ({
  type: "terms",
  schema,
  params: { field, customLabel, orderBy: "1", order: "desc", size, otherBucket: false, missingBucket: false },
});

export function visualization(
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

export const axes = {
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

export const table = { perPage: 10, showPartialRows: false, showMetricsAtAllLevels: false, showTotal: false };

export function search(
  id: string,
  title: string,
  view: string,
  query: string,
  columns: readonly string[],
): SavedObject {
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
