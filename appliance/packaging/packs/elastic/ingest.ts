/** Ingest pipelines of Elasticsearch and OpenSearch: one for each feed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { escapedValue } from "../patterns.ts";
import { type Feed, kindsOf, type Product, parts, placesOf, related, severities, tactics, words } from "./places.ts";

const script = (name: string) => readFileSync(join(import.meta.dirname, `${name}.painless`), "utf8");

/** Fields of the header that `log.syslog` has under these names. */
export const header = ["hostname", "appname", "procid", "msgid"];

/** A message in the words of grok; `at` names the field for each part. Possessive, as all patterns of packs. */
export const grokPatterns = {
  RHYTHMX_PRI: String.raw`\d{1,3}`,
  RHYTHMX_TIME: String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)`,
  RHYTHMX_WORD: "[^ ]++",
  RHYTHMX_VALUE: escapedValue,
  RHYTHMX_PARAMETER: String.raw` [^ ="\]]++="%{RHYTHMX_VALUE}"`,
  RHYTHMX_ELEMENT: String.raw`\[[^ ="\]]++(?:%{RHYTHMX_PARAMETER})*+\]`,
  RHYTHMX_ELEMENTS: "(?:%{RHYTHMX_ELEMENT})++",
  RHYTHMX_BODY: String.raw`\{.*\}`,
};

export function grokPattern(at: (part: string) => string): string {
  const word = (part: string) => `%{RHYTHMX_WORD:${at(part)}}`;
  return [
    `\\A(?:\\d+ )?<%{RHYTHMX_PRI:${at("pri")}}>1`,
    `%{RHYTHMX_TIME:${at("timestamp")}}`,
    ...header.map(word),
    `%{RHYTHMX_ELEMENTS:${at("sd")}}`,
    `%{RHYTHMX_BODY:${at("body")}}\\s*\\z`,
  ].join(" ");
}

/** What a repeated message has the same, so that it is stored once. PROCID is another after a restart. */
const identity = ["_tmp.timestamp", "_tmp.hostname", "_tmp.msgid", "_tmp.sd", "_tmp.body"];

const fingerprint: Record<Product, object> = {
  elastic: { tag: "identity", fields: identity, target_field: "_tmp.id", method: "SHA-256" },
  opensearch: { tag: "identity", fields: identity, target_field: "_tmp.id", hash_method: "SHA-256@2.16.0" },
};

/** The pipeline, as PUT _ingest/pipeline/rhythmx-… takes it. */
export function pipeline(feed: Feed, product: Product): object {
  const kinds = kindsOf(feed);
  const fields = Object.fromEntries(Object.values(kinds).map((kind) => [kind, placesOf(kind, feed)]));
  return {
    description: `RhythmX Edge: the feed of ${feed === "alert" ? "alerts" : "incidents and threat cases"}. Made by "npm run packs".`,
    processors: [
      {
        rename: {
          tag: "keep the original",
          field: "message",
          target_field: "event.original",
          ignore_missing: true,
          ignore_failure: true,
        },
      },
      // The shipper's own machine is in agent.*.
      { remove: { tag: "shipper", field: ["message", "host"], ignore_missing: true } },
      { set: { tag: "ingested", field: "event.ingested", value: "{{{_ingest.timestamp}}}" } },
      {
        grok: {
          tag: "message",
          field: "event.original",
          patterns: [grokPattern((part) => `_tmp.${part}`)],
          pattern_definitions: grokPatterns,
        },
      },
      {
        script: {
          tag: "structured data",
          lang: "painless",
          source: script("structured-data"),
          params: { kinds, header },
        },
      },
      { script: { tag: "unescape", lang: "painless", source: script("unescape") } },
      { json: { tag: "body", field: "_tmp.own", target_field: "_tmp.json" } },
      { script: { tag: "fields", lang: "painless", source: script("fields"), params: { fields } } },
      {
        date: {
          tag: "time",
          field: "_tmp.timestamp",
          target_field: "@timestamp",
          formats: ["ISO8601"],
        },
      },
      {
        script: {
          tag: "ecs",
          lang: "painless",
          source: script("ecs"),
          params: { severity: severities, related, tactics, words, parts },
        },
      },
      { fingerprint: fingerprint[product] },
      { set: { tag: "id", field: "_id", value: "{{{_tmp.id}}}" } },
      { remove: { tag: "done", field: ["_tmp"], ignore_missing: true } },
    ],
    on_failure: [
      {
        set: {
          field: "error.message",
          value:
            'RhythmX Edge: {{{_ingest.on_failure_processor_type}}} "{{{_ingest.on_failure_processor_tag}}}" failed: {{{_ingest.on_failure_message}}}',
        },
      },
      { set: { field: "event.kind", value: "pipeline_error" } },
      { set: { field: "event.module", value: "rhythmx" } },
      { set: { field: "event.dataset", value: `rhythmx.${feed}` } },
      // event.original is kept and not indexed; here it can be searched.
      { set: { field: "message", value: "{{{event.original}}}" } },
      { set: { field: "@timestamp", value: "{{{_ingest.timestamp}}}", override: false } },
      { remove: { field: ["_tmp"], ignore_missing: true } },
    ],
  };
}
