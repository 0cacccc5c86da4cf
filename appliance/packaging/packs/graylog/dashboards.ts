/** The dashboard of Graylog's second pack. Widgets find messages by their fields and name no stream. */
import { entity, idOf, reference } from "./entities.ts";

interface Widget {
  title: string;
  query: string;
  /** Rows; `timestamp` is a row for each stretch of time. */
  rows: readonly string[];
  columns?: readonly string[];
  /** Such as `count()`, `sum(FIELD)`, `card(FIELD)`, `latest(FIELD)`. */
  series: readonly string[];
  visualization: "table" | "bar" | "pie" | "numeric";
  at: { col: number; row: number; width: number; height: number };
}

const widgets: readonly Widget[] = [
  {
    title: "Incidents",
    query: "rhythmx_kind:incident",
    rows: ["rhythmx_incident_id", "rhythmx_actor"],
    series: [
      "latest(rhythmx_risk_score)",
      "latest(rhythmx_risk_level)",
      "latest(rhythmx_status)",
      "latest(rhythmx_assigned_analyst)",
    ],
    visualization: "table",
    at: { col: 1, row: 1, width: 8, height: 5 },
  },
  {
    title: "Incidents by risk level",
    query: "rhythmx_kind:incident",
    rows: ["rhythmx_risk_level"],
    series: ["card(rhythmx_incident_id)"],
    visualization: "pie",
    at: { col: 9, row: 1, width: 4, height: 5 },
  },
  {
    title: "Threat cases",
    query: "rhythmx_kind:case",
    rows: ["rhythmx_case_id", "rhythmx_case_type"],
    series: [
      "latest(rhythmx_severity)",
      "latest(rhythmx_status)",
      "latest(rhythmx_primary_user)",
      "latest(rhythmx_alert_count)",
    ],
    visualization: "table",
    at: { col: 1, row: 6, width: 8, height: 4 },
  },
  {
    title: "Bursts",
    query: "rhythmx_kind:alert AND rhythmx_burst:true",
    rows: [],
    series: ["count()"],
    visualization: "numeric",
    at: { col: 9, row: 6, width: 4, height: 4 },
  },
  {
    title: "Alerts by level",
    query: "rhythmx_kind:alert",
    rows: ["timestamp"],
    columns: ["rhythmx_rule_level"],
    series: ["count()"],
    visualization: "bar",
    at: { col: 1, row: 10, width: 12, height: 4 },
  },
  {
    title: "Rules",
    query: "rhythmx_kind:alert",
    rows: ["rhythmx_rule_title"],
    series: ["count()", "sum(rhythmx_hourly_delta)", "card(rhythmx_host)", "card(rhythmx_user)"],
    visualization: "table",
    at: { col: 1, row: 14, width: 6, height: 5 },
  },
  {
    title: "Hosts",
    query: "rhythmx_kind:alert",
    rows: ["rhythmx_host"],
    series: ["max(rhythmx_risk)", "card(rhythmx_rule_title)", "count()"],
    visualization: "table",
    at: { col: 7, row: 14, width: 6, height: 5 },
  },
  {
    title: "Heartbeats, and messages that this version does not know",
    query: "rhythmx_kind:status OR rhythmx_kind:unknown",
    rows: ["rhythmx_kind", "source"],
    series: ["latest(rhythmx_queued)", "latest(rhythmx_sent)", "count()"],
    visualization: "table",
    at: { col: 1, row: 19, width: 12, height: 3 },
  },
];

const day = 86_400;

export function dashboards(): object[] {
  const query = idOf("query", "rhythmx v1");
  const searchId = ({ title }: Widget) => idOf("search type", title);
  const widgetId = ({ title }: Widget) => idOf("widget", title);
  const data = {
    type: "DASHBOARD",
    title: reference("rhythmx v1"),
    summary: reference("Incidents, threat cases and detections of RhythmX Edge"),
    description: reference(""),
    owner: "admin",
    created_at: "2026-11-29T00:00:00.000Z",
    properties: [],
    requires: {},
    search: {
      owner: "admin",
      created_at: "2026-11-29T00:00:00.000Z",
      parameters: [],
      requires: {},
      queries: [
        {
          id: query,
          timerange: { type: "relative", from: 7 * day },
          filters: [],
          query: lucene(""),
          search_types: widgets.map((widget) => ({ ...pivot(widget), id: searchId(widget) })),
        },
      ],
    },
    state: {
      [query]: {
        selected_fields: null,
        static_message_list_id: null,
        formatting: null,
        display_mode_settings: { positions: {} },
        titles: { widget: Object.fromEntries(widgets.map((widget) => [widgetId(widget), widget.title])) },
        widget_mapping: Object.fromEntries(widgets.map((widget) => [widgetId(widget), [searchId(widget)]])),
        positions: Object.fromEntries(widgets.map((widget) => [widgetId(widget), widget.at])),
        widgets: widgets.map((widget) => ({
          id: widgetId(widget),
          type: "aggregation",
          filter: null,
          filters: [],
          timerange: { type: "relative", from: 7 * day },
          query: lucene(widget.query),
          streams: [],
          config: {
            row_pivots: pivots(widget.rows),
            column_pivots: pivots(widget.columns ?? []),
            series: widget.series.map((text) => ({ config: { name: null }, function: text })),
            sort: sorted(widget),
            visualization: widget.visualization,
            visualization_config:
              widget.visualization === "numeric" ? { trend: false, trend_preference: "NEUTRAL" } : null,
            formatting_settings: null,
            rollup: false,
            event_annotation: false,
          },
        })),
      },
    },
  };
  return [entity("dashboard", "rhythmx v1", data, "2")];
}

const lucene = (text: string) => ({ type: "elasticsearch", query_string: text });

function pivots(fields: readonly string[]): object[] {
  return fields.map((field) =>
    field === "timestamp"
      ? { fields: [field], type: "time", config: { interval: { type: "auto", scaling: 1 } } }
      : { fields: [field], type: "values", config: { limit: 20, skip_empty_values: true } },
  );
}

function groups(fields: readonly string[]): object[] {
  return fields.map((field) =>
    field === "timestamp"
      ? { type: "time", fields: [field], interval: { type: "auto", scaling: 1 } }
      : { type: "values", fields: [field], limit: 20, skip_empty_values: true },
  );
}

function sorted({ rows, series }: Widget): object[] {
  if (rows.length === 0 || rows.includes("timestamp")) return [];
  return [{ type: "series", field: series[0], direction: "Descending" }];
}

function pivot(widget: Widget): object {
  return {
    type: "pivot",
    name: "chart",
    timerange: { type: "relative", from: 7 * day },
    query: lucene(widget.query),
    streams: [],
    filter: null,
    filters: [],
    row_groups: groups(widget.rows),
    column_groups: groups(widget.columns ?? []),
    series: widget.series.map((id) => {
      const [, type = "", field = ""] = /^(\w+)\((\w*)\)$/.exec(id) ?? [];
      return { type, id, field: field === "" ? null : field };
    }),
    sort: sorted(widget),
    rollup: false,
  };
}
