/** The packs `elastic` and `opensearch` as Elasticsearch joins them: component templates, and what a document may not have. */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import type { FeedField } from "../../core/feeds/fields.ts";
import type { CorpusMessage } from "./corpus.ts";
import type { Document } from "./ingest-pipeline.ts";
import { valueAt } from "./json-values.ts";

export type Product = "elastic" | "opensearch";

export interface Mapping {
  type?: string;
  properties?: Record<string, Mapping>;
  ignore_malformed?: boolean;
}

const packs = join(import.meta.dirname, "../../appliance/packs");
export const packFile = (product: Product, path: string) => readFileSync(join(packs, product, path), "utf8");
export const packJson = (product: Product, path: string) => JSON.parse(packFile(product, path));

/** All fields of both data streams by their whole names. */
export function templateOf(product: Product): ReadonlyMap<string, Mapping> {
  const { composed_of } = packJson(product, "index-template-alert.json") as { composed_of: string[] };
  const fields = new Map<string, Mapping>();
  const walk = (properties: Record<string, Mapping>, before: string) => {
    for (const [name, mapping] of Object.entries(properties)) {
      if (mapping.properties !== undefined) walk(mapping.properties, `${before}${name}.`);
      else if (fields.has(before + name)) throw new Error(`${before}${name} is in two templates`);
      else fields.set(before + name, mapping);
    }
  };
  for (const name of composed_of)
    walk(packJson(product, `component-templates/${name}.json`).template.mappings?.properties ?? {}, "");
  return fields;
}

/** Fields of a document that the templates do not have, or whose value they would refuse. */
export function documentProblems(document: Document, fields: ReadonlyMap<string, Mapping>): string[] {
  const problems: string[] = [];
  const look = (value: unknown, name: string) => {
    if (Array.isArray(value)) for (const item of value) look(item, name);
    else if (typeof value === "object" && value !== null)
      for (const [key, item] of Object.entries(value)) look(item, name === "" ? key : `${name}.${key}`);
    else if (value !== null && !takes(fields.get(name), value)) problems.push(`${name}: ${JSON.stringify(value)}`);
  };
  look(document, "");
  return problems;
}

function takes(mapping: Mapping | undefined, value: unknown): boolean {
  switch (mapping?.type) {
    case "keyword":
    case "text":
    case "match_only_text":
      return true;
    case "long":
      return Number.isSafeInteger(value);
    case "float":
    case "double":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "date":
      return typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value));
    case "ip":
      return mapping.ignore_malformed === true || (typeof value === "string" && isIP(value) > 0);
    default:
      return false;
  }
}

/** What a field must be in the document; undefined where there is nothing to say. */
export function wanted(message: CorpusMessage, { name, sd, json, type }: FeedField): unknown {
  const { kind, body, expected } = message;
  if (kind === "alert" && json === "$") return body;
  if (json !== null) {
    const value = valueAt(JSON.parse(body), json);
    if (kind === "alert") return value === true ? true : undefined;
    return value === null || value === "" || (Array.isArray(value) && value.length === 0) ? undefined : value;
  }
  const text = sd === null ? undefined : expected[name];
  if (text === undefined || text === "") return undefined;
  if (type === "integer") return Number(text);
  if (type === "boolean") return text === "true";
  return type === "list" ? text.split(",") : text;
}

/** In structured data control characters are spaces, and lists have commas. */
export const asText = (value: unknown) =>
  (Array.isArray(value) ? value.join(",") : String(value ?? "")).trim().replace(/\p{Cc}/gu, " ");
