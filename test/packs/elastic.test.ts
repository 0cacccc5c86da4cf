/** The packs `elastic` and `opensearch`: what can be held against schemas and against each other, without an engine. */
import { describe, expect, test } from "bun:test";
import { EcsFlat } from "@elastic/ecs/generated/ecs_flat.js";
import ecsManifest from "@elastic/ecs/package.json" with { type: "json" };
import { fieldsOfMessage } from "../../core/feeds/fields.ts";
import { packFile, packJson, templateOf } from "./elastic-pack.ts";
import { checkPainless } from "./engines/painless.ts";
import { checkProcessors, type Pipeline, type Processor } from "./ingest-pipeline.ts";
import { readLogstash } from "./logstash.ts";

const products = ["elastic", "opensearch"] as const;
type Product = (typeof products)[number];
const feeds = ["alert", "incident"] as const;

interface EcsField {
  type: string;
  allowed_values?: { name: string; expected_event_types?: string[] }[];
}
const ecs = EcsFlat as unknown as Record<string, EcsField | undefined>;
const pipelineOf = (product: Product, feed: string) => packJson(product, `ingest/rhythmx-${feed}.json`) as Pipeline;

describe.each(products)("%s", (product) => {
  const fields = templateOf(product);

  test("pipelines have processors and options of the list alone, and scripts what Painless allows", () => {
    for (const feed of feeds) {
      const pipeline = pipelineOf(product, feed);
      checkProcessors(pipeline, product);
      for (const { script } of pipeline.processors) if (script !== undefined) checkPainless(String(script.source));
      expect(pipeline.processors.map(({ json }) => json !== undefined)).toContain(true);
    }
    const other = (processor: Processor) => () =>
      checkProcessors({ description: "", processors: [processor], on_failure: [] }, product);
    expect(other({ geoip: { field: "source.ip" } })).toThrow("geoip");
    expect(other({ set: { field: "a", copy_from: "b" } })).toThrow("copy_from");
  });

  test("names are those of the schema, with its types", () => {
    const text = (type: string) => (product === "opensearch" && type === "match_only_text" ? "text" : type);
    for (const [name, { type, ignore_malformed }] of fields) {
      if (/^(rhythmx|data_stream)\./.test(name)) continue;
      expect([name, type]).toEqual([name, text(ecs[name]?.type ?? "is not in ECS")]);
      if (type === "ip") expect([name, ignore_malformed]).toEqual([name, true]);
    }
    for (const kind of ["alert", "incident", "case", "status", "test"] as const)
      for (const { ecs: name } of fieldsOfMessage(kind)) expect([name, fields.has(name)]).toEqual([name, true]);
    const constants = feeds.flatMap((feed) =>
      pipelineOf(product, feed).processors.flatMap(({ script }) => {
        const { fields: places = {} } = (script?.params ?? {}) as {
          fields?: Record<string, { to: string[]; value?: unknown }[]>;
        };
        return Object.values(places).flat();
      }),
    );
    const given = (name: string) =>
      new Set(constants.filter(({ to }) => to.join(".") === name).flatMap(({ value }) => value as string | string[]));
    expect([...given("ecs.version")]).toEqual([ecsManifest.version]);
    for (const name of ["event.kind", "event.category", "event.type"])
      for (const value of given(name))
        expect(ecs[name]?.allowed_values?.map((allowed) => allowed.name)).toContain(value);
    const [category] = given("event.category");
    const types = ecs["event.category"]?.allowed_values?.find(({ name }) => name === category)?.expected_event_types;
    for (const type of given("event.type")) expect(types).toContain(type);
  });

  test("templates name each other, the pipelines, and data streams that shippers write into", () => {
    for (const feed of feeds) {
      const template = packJson(product, `index-template-${feed}.json`);
      expect(template.template.settings).toEqual({ "index.default_pipeline": `rhythmx-${feed}` });
      expect(template.index_patterns).toEqual([`logs-rhythmx.${feed}-*`]);
      expect(template.data_stream).toEqual({});
      const script = packFile(product, "logstash/rhythmx.rb");
      expect(script).toContain('"logs-rhythmx.#{feed}-default"');
    }
  });

  test("every reference of the dashboard resolves, and every field of it is in the templates", () => {
    const objects = packFile(product, "dashboards.ndjson")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const ids = new Set(objects.map(({ type, id }) => `${type} ${id}`));
    expect(ids.size).toBe(objects.length);
    const used = new Set<string>();
    for (const { type, attributes, references } of objects) {
      const names = references.map(({ name }: { name: string }) => name);
      for (const one of references) expect(ids).toContain(`${one.type} ${one.id}`);
      const source = JSON.parse(attributes.kibanaSavedObjectMeta?.searchSourceJSON ?? "{}");
      if (source.indexRefName !== undefined) expect(names).toContain(source.indexRefName);
      for (const [, name = ""] of String(source.query?.query ?? "").matchAll(/([\w.@]+)(?: ?>= ?|: )/g)) used.add(name);
      for (const column of attributes.columns ?? []) used.add(column);
      if (type === "visualization") {
        const { aggs } = JSON.parse(attributes.visState);
        for (const { params } of aggs) if (params.field !== undefined) used.add(params.field);
        expect(new Set(aggs.map(({ id }: { id: string }) => id)).size).toBe(aggs.length);
      }
      if (type === "dashboard") {
        const panels = JSON.parse(attributes.panelsJSON) as {
          panelRefName: string;
          gridData: Record<string, number>;
        }[];
        expect(panels.map(({ panelRefName }) => panelRefName)).toEqual(names);
        const cells = panels.flatMap(({ gridData: { x = 0, y = 0, w = 0, h = 0 } }) =>
          Array.from({ length: w * h }, (_, n) => `${x + (n % w)} ${y + Math.floor(n / w)}`),
        );
        expect(new Set(cells).size).toBe(cells.length);
      }
    }
    expect(used.size).toBeGreaterThan(12);
    for (const name of used) expect([name, fields.has(name)]).toEqual([name, true]);
  });

  test("Logstash's configuration can be read, with the grok of the pipelines", () => {
    const text = packFile(product, "logstash/rhythmx.conf");
    const { input, filter, output } = readLogstash(text);
    expect(input).toHaveLength(3);
    expect(output).toMatchObject([
      {
        plugin: product === "elastic" ? "elasticsearch" : "opensearch",
        settings: { action: "create", pipeline: "_none" },
      },
    ]);
    // The sample of TLS is a plugin too, in the words of this output's version.
    const [, tls = ""] = /(# tcp \{\n(?: {2}#.*\n)+? {2}# \}\n)/.exec(text) ?? [];
    expect(tls).toContain(product === "elastic" ? "ssl_enabled => true" : "ssl_enable => true");
    const [grok = {}] = filter.flatMap((step) => ("plugin" in step && step.plugin === "grok" ? [step.settings] : []));
    const [processor = {}] = pipelineOf(product, "alert").processors.flatMap(({ grok: one }) =>
      one === undefined ? [] : [one],
    );
    expect(grok.pattern_definitions as object).toEqual(processor.pattern_definitions as object);
    const { message = "" } = grok.match as Record<string, string>;
    const plain = message.replaceAll(/\[@metadata\]\[rhythmx\]\[(\w+)\]/g, "_tmp.$1");
    expect([plain]).toEqual(processor.patterns as string[]);
    for (const wrong of ["input {", "filter { grok { match => } }", "filter { geoip { } }", "output { stdout }", "x"])
      expect(() => readLogstash(wrong)).toThrow();
  });

  test("what starts a playbook asks for fields that there are, and its README names every input", () => {
    const readme = packFile(product, "README.md");
    const text = JSON.stringify(
      product === "elastic" ? packJson(product, "detection-rule.json") : packJson(product, "monitor.json"),
    );
    const names = [...text.matchAll(/\b(?:rhythmx\.(?!alert-|incident-)|event\.|organization\.)[\w.]+/g)];
    const named = new Set(names.map(([name]) => name));
    expect(named.size).toBeGreaterThan(9);
    for (const name of named) {
      expect([name, fields.has(name)]).toEqual([name, true]);
      expect([name, readme.includes(`\`${name}\``) || /kind|changed_fields|incident\.status$/.test(name)]).toEqual([
        name,
        true,
      ]);
    }
    expect(text).toContain('"enabled":false');
    expect(text).toMatch(/event\.risk_score >= 70|"event\.risk_score":\{"gte":70\}/);
  });
});

test("OpenSearch has the pipelines of Elasticsearch, its own fingerprint apart", () => {
  for (const feed of feeds) {
    const [elastic, opensearch] = products.map((product) => pipelineOf(product, feed));
    const without = (pipeline: Pipeline | undefined) => ({
      ...pipeline,
      processors: pipeline?.processors.map((processor) => ({ ...processor, fingerprint: Object.keys(processor) })),
    });
    expect(without(opensearch)).toEqual(without(elastic));
  }
});

test("a text of the playbook's request is JSON whatever the incident says", () => {
  const [action] = packJson("elastic", "detection-rule.json").actions;
  const body = String(action.params.body).replace(/\{\{[#/]context\.alerts\}\}/g, "");
  // Kibana escapes what it puts into the body of a webhook.
  const filled = body.replaceAll(/\{\{[\w.]+\}\}/g, () => JSON.stringify('a "b" \\ c').slice(1, -1));
  expect(Object.keys(JSON.parse(filled))).toEqual(
    "incident_id event actor actor_type entity risk_score risk_level related_case_ids sigma_alert_count external_ticket".split(
      " ",
    ),
  );
});

test("Filebeat hands lines to the pipelines and does not parse them", () => {
  const config = Bun.YAML.parse(packFile("elastic", "filebeat.yml")) as Record<string, Record<string, unknown>[]>;
  expect(config["filebeat.inputs"]).toMatchObject(
    feeds.map((feed) => ({ type: "tcp", index: `logs-rhythmx.${feed}-default`, pipeline: `rhythmx-${feed}` })),
  );
  expect(JSON.stringify(config)).not.toContain("processors");
});

test.each([
  ["int c = 'x';", "quoted"],
  ["def x = 1;", "def"],
  ["Map m = new HashMap(); m.forEach(x);", "forEach"],
  ["String s = x ? a : b;", "ternary"],
  ["System.exit(1);", "exit"],
  ["Date d = new Date();", "Date"],
])("a script with %s is refused", (script, word) => {
  expect(() => checkPainless(script)).toThrow(word);
});
