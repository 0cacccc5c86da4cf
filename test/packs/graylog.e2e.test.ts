/** The pack `graylog`: its rules by Graylog's grammar and java.util.regex on every message of the corpus. Graylog itself cannot be had. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fieldsOfMessage } from "../../core/feeds/fields.ts";
import { type CorpusMessage, makeCorpus } from "./corpus.ts";
import { enginesHere, looksAtCharacters } from "./engines/engines.ts";
import { expanded, type GraylogMessage, runPipeline } from "./graylog-pipeline.ts";
import { luceneMatches } from "./graylog-query.ts";
import { type Expression, readPipeline, readRule } from "./graylog-rules.ts";
import { contentPackForm, entityForms } from "./graylog-schema.ts";
import { valueAt } from "./json-values.ts";
import { faults } from "./sentinel-schema.ts";

const folder = join(import.meta.dirname, "../../appliance/packs/graylog");
const read = (path: string) => readFileSync(join(folder, path), "utf8");

interface Entity {
  id: string;
  type: { name: string; version: string };
  // biome-ignore lint/suspicious/noExplicitAny: held against the forms
  data: any;
}
interface Pack {
  name: string;
  parameters: { name: string; default_value: string | number }[];
  entities: Entity[];
}
const pack = JSON.parse(read("rhythmx-content-pack.json")) as Pack;
const dashboards = JSON.parse(read("rhythmx-dashboard-content-pack.json")) as Pack;
const all = (type: string, from = pack) => from.entities.filter((entity) => entity.type.name === type);
const one = (type: string) => all(type)[0]?.data;
const sources: string[] = all("pipeline_rule").map(({ data }) => data.source["@value"]);
const grok = new Map<string, string>(all("grok_pattern").map(({ data }) => [data.name, data.pattern]));
const lookup = new Map([
  [
    one("lookup_table").name["@value"] as string,
    new Map(
      read("rhythmx_severity.csv")
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => JSON.parse(`[${line}]`) as [string, string]),
    ),
  ],
]);
const event = (words: string) => all("event_definition").find(({ data }) => data.title["@value"].includes(words))?.data;

/** What the input makes of a line, and its static field. */
const received = (line: string): GraylogMessage => ({ message: line, source: "10.0.0.9", rhythmx_feed: "v1" });
const processed = (lines: readonly string[]) =>
  runPipeline({ pipeline: one("pipeline").source["@value"], rules: sources, grok, lookup }, lines.map(received));

/** Numbers and truth values as their text, as structured data has them. */
function given(found: GraylogMessage, { kind }: CorpusMessage): Record<string, string> {
  const values = fieldsOfMessage(kind).flatMap(({ name, sd }) => {
    const value = found[`rhythmx_${name}`];
    return sd === null || value === undefined ? [] : [[name, String(value)] as const];
  });
  return Object.fromEntries(values);
}

function ofBody(found: GraylogMessage, { kind, body }: CorpusMessage): [is: unknown, should: unknown] {
  const [is, should]: [Record<string, unknown>, Record<string, unknown>] = [{}, {}];
  for (const { name, sd, json } of fieldsOfMessage(kind)) {
    if (sd !== null || json === null) continue;
    const value = json === "$" ? body : valueAt(JSON.parse(body), json);
    const isMixed = name === "changed_from" || name === "changed_to";
    const kept = found[`rhythmx_${name}`] ?? null;
    // What is empty is not there.
    const isEmpty = value === "" || (Array.isArray(value) && value.length === 0);
    should[name] = isEmpty ? null : typeof value === "string" ? value.trim() : value;
    is[name] =
      Array.isArray(kept) && kept.length === 0 ? null : isMixed && kept !== null ? JSON.parse(String(kept)) : kept;
  }
  return [is, should];
}

const here = enginesHere("java");
if (here) {
  const corpus = await makeCorpus();
  const messages = [...corpus.messages(), ...corpus.variants()];
  const unread = ["", "no syslog", "<134>1 2026-11-29T08:00:00Z h a 1 X - {}", messages[0]?.line.slice(0, 60) ?? ""];
  const found = processed([...messages.map(({ line }) => line), ...unread]);

  test("every field of every message is what was sent in", () => {
    for (const [n, message] of messages.entries()) {
      const result = found[n] ?? {};
      const { line, kind, expected } = message;
      const wanted = Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== ""));
      expect({ line, ...given(result, message) }).toEqual({ line, ...wanted });
      const [is, should] = ofBody(result, message);
      expect({ line, is }).toEqual({ line, is: should });
      const [, priority = "", time = "", host = ""] = /^<(\d+)>1 (\S+) (\S+)/.exec(line) ?? [];
      expect(result).toMatchObject({
        rhythmx_kind: kind,
        source: host,
        level: Number(priority) % 8,
        full_message: line,
      });
      expect((result.timestamp as Date).getTime()).toBe(Date.parse(time));
      expect(result.message).toMatch(/^(Alert|Incident|Threat case|Heartbeat|Test message) /);
      for (const name of Object.keys(result))
        expect(name).toMatch(/^(message|full_message|source|timestamp|level|rhythmx_(?!sd$|body$|time$)\w+)$/);
    }
  });

  test("one field has one type, or the index refuses messages", () => {
    const types = new Map<string, string>();
    for (const result of found)
      for (const [name, value] of Object.entries(result)) {
        const items = Array.isArray(value) ? value : [value];
        for (const item of items) expect([name, types.get(name) ?? typeof item]).toEqual([name, typeof item]);
        for (const item of items) types.set(name, typeof item);
      }
    expect(types.get("level")).toBe("number");
    expect(types.get("rhythmx_severity_number")).toBe("number");
  });

  test("levels are numbers by the lookup table", () => {
    const levels = ["informational", "low", "medium", "high", "critical"];
    for (const [n, { kind, expected }] of messages.entries()) {
      const level = expected[{ alert: "rule_level", incident: "risk_level", case: "severity" }[kind as "alert"] ?? ""];
      if (level !== undefined) expect(found[n]?.rhythmx_severity_number).toBe(levels.indexOf(level.toLowerCase()));
    }
  });

  test("what is no message of this version is kept as it came", () => {
    for (const [n, line] of unread.entries())
      expect(found[messages.length + n]).toMatchObject({ message: line, rhythmx_kind: "unknown" });
  });

  test("the event that starts a playbook finds just the incidents that are new or have risen to 70", () => {
    const { config, field_spec, key_spec } = event("risk of 70");
    const matching = messages.flatMap(({ expected }, n) =>
      luceneMatches(config.query["@value"], found[n] ?? {}) ? [expected] : [],
    );
    const wanted = messages.flatMap(({ kind, expected, body }) => {
      const risen = () => JSON.parse(body).changes.some(({ field }: { field: string }) => field === "risk_level");
      const isHigh =
        kind === "incident" && Number(expected.risk_score) >= 70 && /^(OPEN|IN_PROGRESS)$/.test(expected.status ?? "");
      return isHigh && (expected.event === "created" || risen()) ? [expected] : [];
    });
    expect(wanted.length).toBeGreaterThan(3);
    expect(matching).toEqual(wanted);
    for (const name of key_spec) expect(field_spec).toHaveProperty(name);
    for (const name of Object.keys(field_spec)) expect(read("README.md")).toContain(`\`${name}\``);
  });

  test("no message makes an expression slow", () => {
    const header = "<134>1 2026-03-13T04:30:00.000Z RhythmX SigmaAlert 1 FIRST ";
    const hostile = (length: number) => [
      `${header}[sigma@32473 hash="${"\\\\".repeat(length)}`,
      `${header}[sigma@32473 hash="a" ${'a="\\\\" '.repeat(length)}`,
      `${header}${"[rule@1".repeat(length)}`,
    ];
    const regexes = [
      ...new Set(
        sources
          .map(readRule)
          .flatMap(({ when, then }) => [when, ...then.map(({ value }) => value)].flatMap(patternsOf)),
      ),
    ];
    expect(regexes.length).toBeGreaterThan(40);
    const [half, whole] = [2000, 4000].map((length) => looksAtCharacters("java", regexes, hostile(length)));
    for (const [n, looks] of (whole ?? []).entries()) expect(looks).toBeLessThan(2.2 * (half?.[n] ?? 0) + 20_000);
  });
} else {
  test("java is not here: see the line above", () => {
    expect(process.env.CI).toBeFalsy();
  });
}

/** Every expression that a rule runs; those of grok in full. */
function patternsOf(expression: Expression): string[] {
  switch (expression.is) {
    case "call": {
      const own = expression.named.get("pattern");
      const pattern =
        own?.is === "literal" && /^(regex|regex_replace|grok)$/.test(expression.name) ? String(own.value) : null;
      const inner = [...expression.positional, ...expression.named.values()].flatMap(patternsOf);
      return pattern === null ? inner : [expression.name === "grok" ? expanded(pattern, grok, []) : pattern, ...inner];
    }
    case "binary":
      return [...patternsOf(expression.left), ...patternsOf(expression.right)];
    case "property":
    case "item":
      return patternsOf(expression.of);
    default:
      return [];
  }
}

describe("the content packs", () => {
  test("have the form of version 1", () => {
    for (const each of [pack, dashboards]) {
      expect(faults(each, contentPackForm)).toEqual([]);
      for (const { id, type, data } of each.entities)
        expect([id, faults(data, entityForms[`${type.name} ${type.version}`] ?? (() => false))]).toEqual([id, []]);
      const ids = each.entities.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  test("entities name only each other", () => {
    const ids = (type: string) => all(type).map(({ id }) => id);
    const [stream = ""] = ids("stream");
    expect(one("pipeline").connected_streams).toEqual([{ "@type": "string", "@value": stream }]);
    for (const { data } of all("event_definition")) expect(data.config.streams).toEqual([stream]);
    expect(ids("lookup_cache")).toEqual([one("lookup_table").cache_name["@value"]]);
    expect(ids("lookup_adapter")).toEqual([one("lookup_table").data_adapter_name["@value"]]);
    const { stages } = readPipeline(one("pipeline").source["@value"]);
    expect(stages.flat().sort()).toEqual(sources.map((source) => readRule(source).name).sort());
    const parameters = [...JSON.stringify(pack).matchAll(/"@type":"parameter","@value":"(\w+)"/g)].map(
      ([, name]) => name,
    );
    expect(parameters.sort()).toEqual(pack.parameters.map(({ name }) => name).sort());
    for (const pattern of [...grok.values(), ...sources])
      for (const [, name] of pattern.matchAll(/%\{(\w+)/g)) expect(grok.has(name ?? "")).toBe(true);
    for (const [, name] of sources.join("").matchAll(/lookup_table: "([^"]+)"/g))
      expect(lookup.has(name ?? "")).toBe(true);
    // Of its own static field the stream knows the input's messages.
    const [rule] = one("stream").stream_rules;
    expect(one("input").static_fields[rule.field["@value"]]).toEqual(rule.value);
  });

  test("every name is its own, and has a version; no stream of others is touched", () => {
    for (const { type, data } of [...pack.entities, ...dashboards.entities]) {
      const name: string = type.name === "grok_pattern" ? data.name : (data.name ?? data.title)["@value"];
      expect(name).toMatch(type.name === "grok_pattern" ? /^RHYTHMX_V1_[A-Z]+$/ : /^rhythmx[ -]v1\b/);
      if (type.name === "pipeline_rule") expect(readRule(data.source["@value"]).name).toBe(name);
    }
    expect(one("stream").default_stream["@value"]).toBe(false);
    expect(JSON.stringify([pack, dashboards])).not.toContain("000000000000000000000001");
    expect(all("dashboard")).toEqual([]);
    expect(dashboards.entities.map(({ type }) => type.name)).toEqual(["dashboard"]);
  });

  test("ports and paths of the documents are those of the packs", () => {
    const defaults = new Map(pack.parameters.map(({ name, default_value }) => [name, default_value]));
    const documents = [read("README.md"), readFileSync(join(folder, "../../../docs/receivers.md"), "utf8")];
    const [, ofGraylog = ""] = /^## Graylog\n(.*?)^## /ms.exec(documents[1] ?? "") ?? [];
    for (const document of [documents[0] ?? "", ofGraylog])
      expect([...document.matchAll(/"port": (\d+)/g)].map(([, port]) => Number(port))).toEqual([
        Number(defaults.get("RHYTHMX_PORT")),
      ]);
    expect(documents[0]).toContain(`cp rhythmx_severity.csv ${defaults.get("RHYTHMX_SEVERITY_FILE")}\n`);
    for (const title of all("event_definition").map(({ data }) => data.title["@value"]))
      expect(documents[0]).toContain(`| ${title} |`);
  });

  test("events and widgets name fields that rules set", () => {
    const set = new Set(sources.join("").match(/rhythmx_\w+/g));
    const events = all("event_definition").map(({ data }) => data);
    for (const name of JSON.stringify([events, dashboards.entities]).match(/rhythmx_\w+/g) ?? [])
      expect([name, set.has(name)]).toEqual([name, true]);
    const [{ data }] = dashboards.entities as [Entity];
    const [[query, state]] = Object.entries(data.state) as [
      [string, { widgets: { id: string; streams: string[] }[]; widget_mapping: Record<string, string[]> }],
    ];
    const [search] = data.search.queries;
    expect(search.id).toBe(query);
    for (const { id, streams } of state.widgets) {
      expect(streams).toEqual([]);
      expect(search.search_types.map((type: { id: string }) => type.id)).toContain(state.widget_mapping[id]?.[0]);
    }
  });
});
