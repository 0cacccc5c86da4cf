/** Component templates and index templates: a data stream for each feed, with the type of every field. */
import { type FeedField, fieldsOfMessage, type MessageKind } from "../../../../core/feeds/fields.ts";
import { ecsField, type Feed, feeds, kindsOf, type Product } from "./places.ts";

interface Mapping {
  type?: string;
  properties?: Record<string, Mapping>;
  fields?: Record<string, Mapping>;
  [option: string]: unknown;
}

/** ECS names that the pipelines set beside those of the list of fields. */
const further = [
  "@timestamp",
  "ecs.version",
  "error.message",
  "event.category",
  "event.dataset",
  "event.ingested",
  "event.kind",
  "event.module",
  "event.original",
  "event.severity",
  "event.type",
  "log.syslog.appname",
  "log.syslog.facility.code",
  "log.syslog.hostname",
  "log.syslog.msgid",
  "log.syslog.priority",
  "log.syslog.procid",
  "log.syslog.severity.code",
  "log.syslog.version",
  "message",
  "observer.product",
  "observer.vendor",
  "related.hosts",
  "related.ip",
  "related.user",
  "tags",
  "threat.framework",
  "threat.tactic.id",
  "threat.tactic.name",
  "threat.technique.id",
  "threat.technique.subtechnique.id",
];

/** OpenSearch's match_only_text is younger than the other things that it needs here. */
const textType = (type: string, product: Product) =>
  type === "match_only_text" && product === "opensearch" ? "text" : type;

function ecsMapping(name: string, product: Product): Mapping {
  const field = ecsField(name);
  if (field === undefined) throw new Error(`${name} is no field of ECS`);
  const { ignore_above, index, doc_values } = field;
  const mapping: Mapping = { type: textType(field.type, product) };
  if (ignore_above !== undefined) mapping.ignore_above = ignore_above;
  if (index !== undefined) mapping.index = index;
  if (doc_values !== undefined) mapping.doc_values = doc_values;
  // What a log calls an address need not be one, and must not cost the document.
  if (field.type === "ip") mapping.ignore_malformed = true;
  const texts = field.multi_fields?.filter(({ type }) => type === "match_only_text") ?? [];
  if (texts.length > 0)
    mapping.fields = Object.fromEntries(texts.map((text) => [text.name, { type: textType(text.type, product) }]));
  return mapping;
}

const keyword: Mapping = { type: "keyword", ignore_above: 1024 };

/** Long texts, which are searched by words. */
const prose = /(?:^log|_notes)$/;

function ownMapping({ name, type, json, example }: FeedField, product: Product): Mapping {
  if (prose.test(name)) return { type: textType("match_only_text", product) };
  switch (type) {
    case "integer":
      return { type: "long" };
    case "decimal":
      return { type: "double" };
    case "boolean":
      return { type: "boolean" };
    case "time":
      return { type: "date" };
    case "list": {
      if (json === null || !example.startsWith("[")) return keyword;
      const [item] = JSON.parse(example);
      if (typeof item === "number") return { type: "long" };
      return /^\d{4}-\d\d-\d\dT/.test(item) ? { type: "date" } : keyword;
    }
    default:
      return keyword;
  }
}

function nested(mappings: ReadonlyMap<string, Mapping>): Record<string, Mapping> {
  const root: Record<string, Mapping> = {};
  for (const [name, mapping] of [...mappings].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const path = name.split(".");
    const last = path.pop() ?? "";
    let into = root;
    for (const step of path) {
      into[step] ??= { properties: {} };
      into = into[step].properties ??= {};
    }
    into[last] = mapping;
  }
  return root;
}

/** Every field of ECS that is used, with ECS's type. */
export function ecsTemplate(product: Product): object {
  const listed = allFields().flatMap(({ ecs: name }) => (name.startsWith("rhythmx.") ? [] : [name]));
  const names = new Set([...further, ...listed]);
  const properties = nested(new Map([...names].map((name) => [name, ecsMapping(name, product)])));
  return {
    template: {
      mappings: {
        // What a shipper adds (agent.*, input.*) is worded, not analysed.
        dynamic_templates: [{ texts: { match_mapping_type: "string", mapping: keyword } }],
        date_detection: false,
        properties: {
          ...properties,
          data_stream: { properties: { dataset: keyword, namespace: keyword, type: keyword } },
        },
      },
    },
    _meta: { description: "RhythmX Edge: fields of the Elastic Common Schema" },
  };
}

/** Fields of our own. */
export function ownTemplate(product: Product): object {
  const mappings = new Map<string, Mapping>([["rhythmx.kind", keyword]]);
  for (const field of allFields()) {
    if (!field.ecs.startsWith("rhythmx.")) continue;
    const mapping = ownMapping(field, product);
    const known = mappings.get(field.ecs);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(mapping))
      throw new Error(`${field.ecs} has two types`);
    mappings.set(field.ecs, mapping);
  }
  return {
    template: { mappings: { properties: nested(mappings) } },
    _meta: { description: "RhythmX Edge: fields of the two feeds" },
  };
}

/** Lifecycle: ILM in Elasticsearch; ISM finds its indices by itself. */
export function settingsTemplate(product: Product): object {
  const lifecycle = product === "elastic" ? { "index.lifecycle.name": "rhythmx" } : {};
  return {
    template: {
      settings: { ...lifecycle, "index.codec": "best_compression", "index.mapping.total_fields.limit": 1000 },
    },
    _meta: { description: "RhythmX Edge: settings" },
  };
}

export function indexTemplate(feed: Feed): object {
  return {
    index_patterns: [`logs-rhythmx.${feed}-*`],
    data_stream: {},
    // Above Elasticsearch's own for logs-*.
    priority: 250,
    composed_of: ["rhythmx-settings", "rhythmx-ecs", "rhythmx-fields"],
    template: { settings: { "index.default_pipeline": `rhythmx-${feed}` } },
    _meta: {
      description: `RhythmX Edge: data stream of ${feed === "alert" ? "alerts" : "incidents and threat cases"}`,
    },
  };
}

function allFields(): FeedField[] {
  const kinds = new Set<MessageKind>(feeds.flatMap((feed) => Object.values(kindsOf(feed))));
  return [...kinds].flatMap((kind) => [...fieldsOfMessage(kind)]);
}
