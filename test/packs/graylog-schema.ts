/** Graylog's content packs of version 1 as far as the pack uses them, by hand, of the classes of its server that read them. */
import type { Form } from "./sentinel-schema.ts";

const text = /\S/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const isArray = (value: unknown) => Array.isArray(value);
const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;
const isCount = (value: unknown) => Number.isInteger(value) && Number(value) >= 0;
const isNull = (value: unknown) => value === null;
const isBoolean = (value: unknown) => typeof value === "boolean";

/** `{"@type": …, "@value": …}`, of this type or a parameter. */
function valueOfType(type: "string" | "integer" | "boolean", accepts: (value: never) => boolean = () => true) {
  return (reference: unknown): boolean => {
    const { "@type": is, "@value": value, ...more } = (reference ?? {}) as Record<string, unknown>;
    if (Object.keys(more).length > 0) return false;
    if (is === "parameter") return typeof value === "string" && /^[A-Z_]+$/.test(value);
    const fits = type === "integer" ? Number.isInteger(value) : typeof value === type;
    return is === type && fits && accepts(value as never);
  };
}
const string = valueOfType("string");
const title = valueOfType("string", (value: string) => value !== "");
const integer = valueOfType("integer");
const boolean = valueOfType("boolean");
/** By their names, each of one of the types. */
const configuration =
  (...needed: string[]) =>
  (value: unknown) =>
    needed.every((key) => key in (value as object)) &&
    Object.values(value as object).every((one) => string(one) || integer(one) || boolean(one));

export const contentPackForm: Form = {
  ...{ v: /^1$/, id: uuid, rev: isCount, name: text, summary: text, description: text, vendor: text, url: /^/ },
  parameters: isArray,
  entities: [
    {
      v: /^1$/,
      type: { name: /^[a-z_]+$/, version: /^[12]$/ },
      id: uuid,
      data: (value) => typeof value === "object",
      constraints: [{ type: /^server-version$/, version: /^>=\d+\.\d+\.\d+$/ }],
    },
  ],
};

const query: Form = { type: /^elasticsearch$/, query_string: /^/ };
const timerange: Form = { type: /^relative$/, from: isCount };
const pivots = (value: unknown) =>
  (value as { fields: string[]; type: string; config: object }[]).every(
    ({ fields, type, config }) =>
      fields.length > 0 && (type === "values" ? "limit" in config : type === "time" && "interval" in config),
  );
const groups = (value: unknown) =>
  (value as { fields: string[]; type: string }[]).every(
    ({ fields, type }) => fields.length > 0 && /^(values|time)$/.test(type),
  );
const series = (value: unknown) =>
  (value as { type: string; id: string; field: string | null }[]).every(
    ({ type, id, field }) => id === `${type}(${field ?? ""})` && /^(count|sum|max|card|latest)$/.test(type),
  );
const sort = (value: unknown) =>
  (value as { type: string; direction: string }[]).every(
    ({ type, direction }) => type === "series" && direction === "Descending",
  );
/** Of a table by its ids. */
const each = (form: (value: unknown) => boolean) => (value: unknown) => Object.values(value as object).every(form);

/** The data of an entity, by its type and version. */
export const entityForms: Readonly<Record<string, Form>> = {
  "input 1": {
    ...{ title, type: title, global: boolean, extractors: isEmpty },
    static_fields: configuration(),
    configuration: configuration("port", "bind_address"),
  },
  "stream 1": {
    ...{ title, description: string, disabled: boolean, default_stream: boolean, remove_matches: boolean },
    matching_type: valueOfType("string", (value: string) => value === "AND" || value === "OR"),
    ...{ outputs: isEmpty, alert_conditions: isEmpty, alarm_callbacks: isEmpty },
    stream_rules: [
      {
        type: valueOfType("string", (value: string) => value === "EXACT"),
        ...{ field: title, value: title, inverted: boolean, description: string },
      },
    ],
  },
  "grok_pattern 1": { name: /^[A-Z0-9_]+$/, pattern: text },
  "pipeline_rule 1": { title, description: string, source: title },
  "pipeline 1": { title, description: string, source: title, connected_streams: [title] },
  "lookup_adapter 1": {
    name: title,
    title,
    description: string,
    configuration: configuration("type", "path", "key_column"),
  },
  "lookup_cache 1": { name: title, title, description: string, configuration: configuration("type", "max_size") },
  "lookup_table 1": {
    ...{ name: title, title, description: string, cache_name: title, data_adapter_name: title },
    ...{ default_single_value: string, default_single_value_type: title },
    ...{ default_multi_value: string, default_multi_value_type: title },
  },
  "event_definition 1": {
    ...{ title, description: string, priority: integer, alert: boolean, is_scheduled: boolean },
    config: {
      ...{ type: /^aggregation-v1$/, query: title, filters: isEmpty, streams: [uuid], group_by: isEmpty, series },
      conditions: { expression: (value) => value === null || typeof value === "object" },
      ...{ search_within_ms: isCount, execute_every_ms: isCount, event_limit: isCount, use_cron_scheduling: isBoolean },
    },
    field_spec: each((value) => (value as { data_type: string }).data_type === "string"),
    key_spec: isArray,
    notification_settings: { grace_period_ms: isCount, backlog_size: isCount },
    notifications: isEmpty,
    storage: [{ type: /^persist-to-streams-v1$/, streams: [/^0{23}2$/] }],
  },
  "dashboard 2": {
    ...{ type: /^DASHBOARD$/, title, summary: string, description: string, owner: text, created_at: /^\d{4}-.*Z$/ },
    ...{ properties: isEmpty, requires: each(isNull) },
    search: {
      ...{ owner: text, created_at: /^\d{4}-.*Z$/, parameters: isEmpty, requires: each(isNull) },
      queries: [
        {
          ...{ id: uuid, timerange, filters: isEmpty, query },
          search_types: [
            {
              ...{ type: /^pivot$/, id: uuid, name: /^chart$/, timerange, query, streams: isEmpty, filter: isNull },
              ...{ filters: isEmpty, row_groups: groups, column_groups: groups, series, sort, rollup: isBoolean },
            },
          ],
        },
      ],
    },
    state: each((value) => {
      const { widgets, positions, titles } = value as Record<string, { id: string; config: object }[]> & {
        positions: object;
        titles: { widget: object };
      };
      return (widgets ?? []).every(({ id, config }) => {
        const { row_pivots, column_pivots } = config as { row_pivots: unknown; column_pivots: unknown };
        return id in positions && id in titles.widget && pivots(row_pivots) && pivots(column_pivots);
      });
    }),
  },
};
