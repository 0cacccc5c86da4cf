/**
 * The packs `elastic` and `opensearch`: pipelines and Logstash's filter on every message of the corpus, by the engines that run them there: Onigmo
 * and Java for grok, Java for Painless, Ruby for Logstash's script. Elasticsearch, OpenSearch and Logstash themselves cannot be had.
 */
import { afterAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fieldsOfMessage } from "../../core/feeds/fields.ts";
import { type CorpusMessage, makeCorpus } from "./corpus.ts";
import { asText, documentProblems, templateOf, wanted } from "./elastic-pack.ts";
import { enginesHere, looksAtCharacters } from "./engines/engines.ts";
import { Painless, type Ran } from "./engines/painless.ts";
import { type Document, expandGrok, get, type Ingested, ingest, matchWhole, type Pipeline } from "./ingest-pipeline.ts";
import { valueAt } from "./json-values.ts";
import { at, readLogstash, runFilters } from "./logstash.ts";

const pack = join(import.meta.dirname, "../../appliance/packs/elastic");
const read = (path: string) => readFileSync(join(pack, path), "utf8");
const feeds = ["alert", "incident"] as const;
type Feed = (typeof feeds)[number];
const pipelines = Object.fromEntries(
  feeds.map((feed) => [feed, JSON.parse(read(`ingest/rhythmx-${feed}.json`)) as Pipeline]),
) as Record<Feed, Pipeline>;
const optionsOf = (feed: Feed, type: string) =>
  pipelines[feed].processors.flatMap((processor) => (processor[type] === undefined ? [] : [processor[type]]));

const here = enginesHere("onigmo", "java");

/** The feed that sends a message; both send heartbeats and tests. */
const feedsOf = ({ kind }: CorpusMessage): readonly Feed[] =>
  kind === "status" || kind === "test" ? feeds : [kind === "alert" ? "alert" : "incident"];

if (here) {
  const painless = new Painless([
    ...new Set(feeds.flatMap((feed) => optionsOf(feed, "script").map(({ source }) => String(source)))),
  ]);
  afterAll(() => painless.stop());
  const corpus = await makeCorpus();
  const messages = [...corpus.messages(), ...corpus.variants()];
  /** As a line, counted, with its line feed. */
  const framed = ({ line }: CorpusMessage, n: number) =>
    n % 3 === 0 ? `${Buffer.byteLength(line)} ${line}` : n % 3 === 1 ? `${line}\n` : line;
  const [grok = {}] = optionsOf("alert", "grok");
  const { regex } = expandGrok(
    (grok.patterns as string[])[0] ?? "",
    grok.pattern_definitions as Record<string, string>,
  );
  const alert = messages.find(({ kind, expected }) => kind === "alert" && expected.rule_title)?.line ?? "";
  const incident = messages.find(({ kind }) => kind === "incident")?.line ?? "";
  const broken: [Feed, string][] = [
    ["alert", ""],
    ["alert", "hello"],
    ["alert", "<134>Nov 29 08:00:00 host app: an older form"],
    ["alert", alert.replace(/\] \{.*/s, " {}")],
    ["alert", alert.slice(0, 120)],
    ["alert", alert.replace(" {", " -")],
    ["alert", alert.replace(/risk="\d+"/, 'risk="high"')],
    ["alert", alert.replace("[sigma@", "[other@")],
    ["alert", alert.replace(/^(\S+) \S+/, "$1 yesterday")],
    ["alert", alert.replace(/^<\d+>/, "<99999>")],
    ["alert", incident],
    ["incident", alert],
    ["incident", incident.slice(0, -3)],
    ["incident", incident.replace(/,"risk":.*/, "}x}")],
  ];
  const whole = { alert, incident };
  /** No message at all; one that a shipper has already put there; one that is to be kept; the one that the README tries. */
  const special = (feed: Feed): Document[] => [
    {},
    { message: "worded", event: { original: whole[feed] } },
    { message: whole[feed], tags: ["preserve_original_event"] },
    ...JSON.parse(read(`ingest/simulate-${feed}.json`)).docs.map(({ _source }: { _source: Document }) => _source),
  ];
  const longest = `<134>1 2026-03-13T04:30:00Z RhythmX SigmaAlert 1 FIRST [sigma@32473 hash="${"\\\\".repeat(16_000)}"] {}`;
  matchWhole(regex, [
    ...messages.map(framed),
    longest,
    ...feeds.flatMap(special).map(({ message }) => String(message ?? "")),
    ...broken.map(([, line]) => line),
  ]);
  const stored = new Map<string, Ingested>();
  const values = new Map<string, Record<string, string>>();
  const odd: Record<Feed, Document[]> = { alert: [], incident: [] };
  const keyOf = (feed: Feed, n: number) => `${feed} ${n}`;
  for (const feed of feeds) {
    const own = [...messages.entries()].filter(([, message]) => feedsOf(message).includes(feed));
    const documents = own.map(([n, message]) => ({
      message: framed(message, n),
      // What a shipper says of itself.
      agent: { type: "filebeat", name: "collector" },
      host: { name: "collector" },
      log: { source: { address: "10.9.9.9:4711" } },
    }));
    const bad = broken.flatMap(([of, message]) => (of === feed ? [{ message }] : []));
    const found = await ingest(pipelines[feed], [...documents, ...bad, ...special(feed)], painless, (tag, all) => {
      if (tag !== "unescape") return;
      for (const [m, [n]] of own.entries())
        values.set(keyOf(feed, n), get(all[m], "_tmp.values") as Record<string, string>);
    });
    for (const [m, [n]] of own.entries()) if (found[m] !== undefined) stored.set(keyOf(feed, n), found[m]);
    odd[feed] = found.slice(own.length).map(({ document }) => document);
  }
  const each = (check: (message: CorpusMessage, document: Document, key: string, feed: Feed) => void) => {
    for (const [n, message] of messages.entries())
      for (const feed of feedsOf(message)) {
        const key = keyOf(feed, n);
        check(message, stored.get(key)?.document ?? {}, key, feed);
      }
  };

  test("every field of every message is what was sent in", () => {
    expect(messages.length).toBeGreaterThan(1500);
    each((message, document, key) => {
      const { kind, line, expected } = message;
      for (const field of fieldsOfMessage(kind)) {
        const value = get(document, field.ecs);
        const given = field.ecs === "rule.author" && value !== undefined ? (value as unknown[])[0] : value;
        expect({ line, [field.name]: given }).toEqual({ line, [field.name]: wanted(message, field) });
        // The same by structured data alone.
        if (field.sd === null || expected[field.name] === undefined) continue;
        expect({ line, [field.name]: values.get(key)?.[field.sd] }).toEqual({
          line,
          [field.name]: expected[field.name] ?? "",
        });
        if (kind !== "alert")
          expect({ line, value: asText(given) }).toEqual({ line, value: expected[field.name] ?? "" });
      }
    });
  });

  test("a document for each message, at its time, once, with nothing that the templates do not know", () => {
    const mapping = templateOf("elastic");
    const ids = new Map<string, string>();
    each(({ kind, line }, document, key, feed) => {
      const [, priority = "", time = "", hostname = ""] = /^<(\d+)>1 (\S+) (\S+)/.exec(line) ?? [];
      expect({ line, error: document.error }).toEqual({ line, error: undefined });
      expect(document["@timestamp"]).toBe(new Date(time).toISOString());
      expect(document).toMatchObject({
        event: { module: "rhythmx", dataset: `rhythmx.${feed}` },
        rhythmx: { kind },
        log: { syslog: { priority: Number(priority), facility: { code: Number(priority) >> 3 }, hostname } },
      });
      expect(get(document, "log.syslog.severity.code")).toBe(Number(priority) & 7);
      expect(get(document, "event.original")).toBeUndefined();
      expect(String(document.message)).toMatch(/^(Alert|Incident INC-|Threat case CASE-|Heartbeat: |Test message)/);
      expect(get(document, "host.name")).not.toBe("collector");
      const { agent: _, ...rest } = structuredClone(document);
      expect(get(document, "log.source.address")).toBe("10.9.9.9:4711");
      delete (rest.log as Document).source;
      expect({ line, problems: documentProblems(rest, mapping) }).toEqual({ line, problems: [] });
      const id = stored.get(key)?.id ?? "";
      const content = line.replace(/^<\d+>1 (\S+ \S+) \S+ \S+/, "$1");
      expect({ line, same: ids.get(id) ?? content }).toEqual({ line, same: content });
      ids.set(id, content);
    });
    // PROCID is not part of it.
    expect(ids.size).toBeGreaterThan(1200);
  });

  test("names that join these documents with others follow from the fields", () => {
    each((message, document) => {
      const { kind, line, expected } = message;
      if (kind === "status" || kind === "test") return;
      const users = kind === "alert" ? expected.user : kind === "case" ? expected.primary_user : undefined;
      if (users) expect({ line, user: get(document, "related.user") }).toEqual({ line, user: [users] });
      const level = (expected.rule_level ?? expected.risk_level ?? expected.severity ?? "").toLowerCase();
      if (level !== "")
        expect(get(document, "event.severity")).toBe(
          { informational: 10, low: 21, medium: 47, high: 73, critical: 99 }[level],
        );
      if (kind === "alert") {
        const techniques = [...(expected.rule_tags ?? "").matchAll(/(?:^|,)attack\.(t\d{4})(?:\.\d{3})?(?=,|$)/gi)];
        const ids = [...new Set(techniques.map(([, id]) => id?.toUpperCase()))];
        expect({ line, ids: get(document, "threat.technique.id") ?? [] }).toEqual({ line, ids });
        expect(get(document, "event.action")).toBe(expected.hourly_delta === undefined ? "first" : "hourly");
      }
      if (kind === "incident") {
        const place = { user: "user.name", host: "host.name", ip: "source.ip" }[expected.actor_type ?? ""] ?? "";
        expect({ line, actor: get(document, place) }).toEqual({
          line,
          actor: valueAt(JSON.parse(message.body), "group_key"),
        });
      }
    });
  });

  test("a broken message is kept as it came, with what went wrong, and found at its time", () => {
    const mapping = templateOf("elastic");
    for (const feed of feeds) {
      const lines = broken.flatMap(([of, line]) => (of === feed ? [line] : []));
      for (const [n, line] of lines.entries()) {
        const document = odd[feed][n] ?? {};
        expect(document).toMatchObject({
          event: { original: line, kind: "pipeline_error", module: "rhythmx" },
          message: line,
        });
        expect(get(document, "error.message")).toMatch(/^RhythmX Edge: (grok|script|json) ".+" failed: ./);
        expect(Date.parse(String(document["@timestamp"]))).not.toBeNaN();
        expect({ line, problems: documentProblems(document, mapping) }).toEqual({ line, problems: [] });
      }
      const [none, twice, wished, tried] = odd[feed].slice(lines.length);
      expect(tried).toMatchObject({
        rhythmx: { kind: feed },
        user: { name: feed === "alert" ? "CORP\\jsmith" : "jsmith" },
        message:
          feed === "alert"
            ? "Alert: Mimikatz Use: CORP\\jsmith on ws-101.corp.example from 10.1.2.3, high"
            : "Incident INC-b0d745d2 created: jsmith, high",
      });
      expect(tried?.error).toBeUndefined();
      expect(get(none, "error.message")).toContain("event.original");
      expect(get(twice, "rhythmx.kind")).toBe(feed);
      expect(twice?.message).not.toBe("worded");
      expect(get(wished, "event.original")).toBe(whole[feed]);
    }
  });

  test("32 kB of backslashes take work as their length, not as its square", async () => {
    const header = "<134>1 2026-03-13T04:30:00Z RhythmX SigmaAlert 1 FIRST ";
    const hostile = (length: number) => [
      `${header}[sigma@32473 hash="${"\\\\".repeat(length)}`,
      `${header}[sigma@32473 hash="${"\\\\".repeat(length)}"] {}`,
      `${header}[sigma@32473 hash="a"${' a="\\\\"'.repeat(length)}] {`,
      `${header}${"[sigma@1".repeat(length)}`,
      `${header}${"[sigma@1]".repeat(length)} {${"}".repeat(length)}x`,
    ];
    const [half = [], whole = []] = [8_000, 16_000].map((length) =>
      looksAtCharacters("java", [regex], hostile(length)),
    );
    for (const [n, looks] of whole.entries()) expect(looks).toBeLessThan(2.2 * (half[n] ?? 0) + 20_000);

    const turns = new Map<number, number>();
    for (const length of [8_000, 16_000]) {
      const sd = `[sigma@32473 hash="${"\\\\".repeat(length)}"]`;
      let document: Document = { event: {}, _tmp: { sd, body: "{}", pri: "134", timestamp: "2026-03-13T04:30:00Z" } };
      let sum = 0;
      for (const { source, params } of optionsOf("alert", "script")) {
        const [ran] = await painless.run(String(source), (params ?? {}) as object, [document]);
        const { ctx, error, turns: some } = ran as Ran;
        expect(error).toBeUndefined();
        document = ctx;
        sum += some;
      }
      expect(get(document, "rhythmx.alert.hash")).toBe("\\".repeat(length));
      turns.set(length, sum);
    }
    expect(turns.get(16_000)).toBeLessThan(2.1 * (turns.get(8_000) ?? 0));
    // Painless ends a script after a million.
    expect(turns.get(16_000)).toBeLessThan(100_000);
  });

  test("Logstash's filter makes the same documents, and keeps what is broken", () => {
    const { filter } = readLogstash(read("logstash/rhythmx.conf"));
    const events = [...messages.entries()].flatMap(([n, message]) =>
      feedsOf(message).map((feed) => ({
        key: keyOf(feed, n),
        message,
        event: { message: framed(message, n), host: { ip: "10.9.9.9" }, "@version": "1", "@metadata": { feed } },
      })),
    );
    const lines = broken.flatMap(([feed, line]) => (feed === "alert" && line !== incident ? [line] : []));
    const bad = lines.map((line) => ({ message: line, "@metadata": { feed: "alert" } }));
    const out = runFilters(filter, [...events.map(({ event }) => event), ...bad], join(pack, "logstash/rhythmx.rb"));
    for (const [n, { key, message }] of events.entries()) {
      const { "@metadata": metadata, event, ...document } = out[n] ?? {};
      const { agent: _, event: storedEvent, ...same } = structuredClone(stored.get(key)?.document ?? {});
      delete (same.log as Document).source;
      const { ingested: late, ...facts } = event as Document;
      const { ingested: __, ...storedFacts } = storedEvent as Document;
      expect({ line: message.line, ...document, event: facts }).toEqual({
        line: message.line,
        ...same,
        event: storedFacts,
      });
      expect(Date.parse(String(late))).not.toBeNaN();
      const [feed] = key.split(" ");
      expect(at({ "@metadata": metadata }, "[@metadata][rhythmx][stream]")).toBe(`logs-rhythmx.${feed}-default`);
    }
    for (const [n, line] of lines.entries()) {
      const document = out[events.length + n] ?? {};
      expect(document).toMatchObject({
        message: line,
        event: { original: line, kind: "pipeline_error" },
        tags: ["_rhythmxparsefailure"],
      });
      expect(at(document, "[error][message]")).toMatch(/^RhythmX Edge: ./);
      expect(at(document, "[@metadata][rhythmx][id]")).toBe(line);
    }
  });
} else {
  test("ruby or java is not here: see the lines above", () => {
    expect(process.env.CI).toBeFalsy();
  });
}
