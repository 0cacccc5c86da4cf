/** The pack `splunk`: its files by Splunk's rules on every message of the corpus. Splunk itself cannot be had. */
import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fieldsOfMessage } from "../../core/feeds/fields.ts";
import manifest from "../../package.json" with { type: "json" };
import { installed } from "../harness/rsyslog.ts";
import { syslogNgUnpacked } from "../harness/syslog-ng.ts";
import { Document } from "../packaging/document.ts";
import { readConf } from "./conf-files.ts";
import { type CorpusMessage, makeCorpus } from "./corpus.ts";
import { enginesHere, matchAll } from "./engines/engines.ts";
import { valueAt } from "./json-values.ts";
import { throughSc4s } from "./splunk-sc4s.ts";
import { type SplunkFields, searchTimeFields } from "./splunk-search.ts";

const addon = join(import.meta.dirname, "../../appliance/packs/splunk/TA-rhythmx");
const conf = (name: string) => readConf(readFileSync(join(addon, "default", name), "utf8"));
const props = conf("props.conf");
const transforms = conf("transforms.conf");
const files = readdirSync(addon, { recursive: true, encoding: "utf8" }).filter((path) =>
  statSync(join(addon, path)).isFile(),
);

const here = enginesHere("pcre") && installed("xmllint", "libxml2-utils") && syslogNgUnpacked();
const corpus = here ? await makeCorpus() : null;
const seconds =
  corpus === null
    ? []
    : [...corpus.messages(), ...corpus.variants().filter(({ line }) => !/^<\d+>1 \S+\.\d+Z /.test(line))];
const milliseconds = corpus?.messages({ timestampPrecision: 3 }) ?? [];

/** Splunk's `host` is the sender. */
const splunkName = (name: string) => (name === "host" ? "alert_host" : name);
const sourcetypeOf = { alert: "alert", incident: "incident", case: "incident", status: "status", test: "status" };

function own(messages: readonly CorpusMessage[], sourcetype: string): CorpusMessage[] {
  return messages.filter(({ kind }) => `rhythmx:${sourcetypeOf[kind]}` === sourcetype);
}

/** What structured data gave, by the names of the list of fields. */
function given(fields: SplunkFields, { kind }: CorpusMessage): Record<string, unknown> {
  const listed = fieldsOfMessage(kind).filter(({ sd }) => sd !== null);
  return Object.fromEntries(
    listed.flatMap(({ name }) => {
      const value = fields[splunkName(name)];
      return value === undefined || value === null ? [] : [[name, value]];
    }),
  );
}

/** CIM's severity is in lower case. */
function wanted({ kind, expected }: CorpusMessage): Record<string, string> {
  return kind === "case" ? { ...expected, severity: (expected.severity ?? "").toLowerCase() } : expected;
}

/** Text of what JSON alone has; null where it is not there. */
function inJson({ kind, body }: CorpusMessage): Record<string, unknown> {
  const listed = fieldsOfMessage(kind).filter(({ sd, json }) => sd === null && json !== null && json !== "$");
  return Object.fromEntries(
    listed.map(({ name, json }) => {
      const value = valueAt(JSON.parse(body), json ?? "");
      if (Array.isArray(value)) return [name, value.length === 0 ? null : value.map(String)];
      return [name, value === null ? null : String(value)];
    }),
  );
}

if (here) {
  describe.each([
    ["rhythmx", () => seconds],
    ["rhythmx:ms", () => milliseconds],
  ] as const)("an input with sourcetype %s", (sourcetype, messages) => {
    const stanza = props.get(sourcetype) ?? new Map<string, string>();
    const get = (key: string) => stanza.get(key) ?? "";

    test("one event for each message, framed or not, at the header's time", () => {
      const lines = messages().map(({ line }, n) => (n % 3 === 0 ? `${Buffer.byteLength(line)} ${line}` : line));
      const streams = lines.flatMap((_, n) => (n % 5 === 0 ? [lines.slice(n, n + 5)] : []));
      const breaks = matchAll(
        "pcre",
        [get("LINE_BREAKER")],
        streams.map((some) => some.join("\n")),
      );
      for (const [n, some] of streams.entries()) expect(breaks[n]?.[0]).toHaveLength(some.length - 1);
      expect(get("SHOULD_LINEMERGE")).toBe("false");
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(Number(get("TRUNCATE")));
      const prefixes = matchAll("pcre", [get("TIME_PREFIX")], lines);
      for (const [n, line] of lines.entries()) {
        const prefix = prefixes[n]?.[0]?.[0]?.[0] ?? "";
        const behind = line.slice(prefix.length, prefix.length + Number(get("MAX_TIMESTAMP_LOOKAHEAD")));
        const time = /^<\d+>1 (\S+)/.exec(messages()[n]?.line ?? "")?.[1] ?? "";
        expect(strptime(behind, get("TIME_FORMAT"))).toBe(Date.parse(time));
      }
    });

    test("each gets the sourcetype of what it is about, and the host that sent it", () => {
      const names = get("TRANSFORMS-rhythmx").split(", ");
      const rules = names.map((name) => transforms.get(name) ?? new Map<string, string>());
      const found = matchAll(
        "pcre",
        rules.map((rule) => rule.get("REGEX") ?? ""),
        messages().map(({ line }) => line),
      );
      for (const [n, { kind, line }] of messages().entries()) {
        const given: Record<string, string> = {};
        for (const [m, rule] of rules.entries()) {
          const groups = found[n]?.[m]?.[0];
          if (groups === undefined) continue;
          given[rule.get("DEST_KEY") ?? ""] = (rule.get("FORMAT") ?? "").replace("$1", groups[1] ?? "");
        }
        expect(given).toEqual({
          "MetaData:Sourcetype": `sourcetype::rhythmx:${sourcetypeOf[kind]}`,
          "MetaData:Host": `host::${/^\S+ \S+ (\S+)/.exec(line)?.[1]}`,
        });
      }
    });
  });

  test.each(["rhythmx:alert", "rhythmx:incident", "rhythmx:status"])(
    "%s: every field is what was sent in",
    (sourcetype) => {
      const messages = own([...seconds, ...milliseconds], sourcetype);
      const found = searchTimeFields(
        sourcetype,
        messages.map(({ line }) => line),
        props,
        transforms,
      );
      for (const [n, message] of messages.entries()) {
        const { kind, line } = message;
        const fields = found[n] ?? {};
        expect({ line, ...given(fields, message) }).toEqual({ line, ...wanted(message) });
        if (kind !== "test")
          expect({ line, ...pick(fields, Object.keys(inJson(message))) }).toEqual({ line, ...inJson(message) });
      }
    },
  );

  test("through SC4S, with the parser of the page: every field all the same", async () => {
    const { blocks } = new Document(join(addon, "README.md"));
    const [parser = ""] = blocks.flatMap(({ heading, text }) => (heading === "Through SC4S" ? [text] : []));
    const messages = seconds.filter(({ line }) => / (?:SigmaAlert|SigmaIncident) /.test(line));
    const passed = await throughSc4s(
      parser,
      messages.map(({ line }) => line),
    );
    const events = passed.map(([sourcetype, event]) => {
      expect([sourcetype, event]).toEqual(["rhythmx", expect.not.stringMatching(/^</)]);
      return event;
    });
    const routes = ["rhythmx_is_alert", "rhythmx_is_incident", "rhythmx_is_status", "rhythmx_host"].map((name) =>
      transforms.get(name),
    );
    const regexes = routes.map((route) => route?.get("REGEX") ?? "");
    const routed = matchAll("pcre", regexes, events);
    for (const [n, { kind }] of messages.entries()) {
      const found = routed[n]?.map((matches) => matches.length);
      const own = { alert: 0, incident: 1, case: 1, status: 2, test: 2 }[kind];
      expect([events[n], found]).toEqual([events[n], [0, 1, 2].map((m) => (m === own ? 1 : 0)).concat(1)]);
      expect(routed[n]?.[3]?.[0]?.[1]).toBe("RhythmX");
    }
    for (const sourcetype of ["rhythmx:alert", "rhythmx:incident", "rhythmx:status"]) {
      const some = messages.flatMap((message, n) =>
        own([message], sourcetype).length === 1 ? [[message, events[n] ?? ""] as const] : [],
      );
      const found = searchTimeFields(
        sourcetype,
        some.map(([, event]) => event),
        props,
        transforms,
      );
      for (const [n, [message]] of some.entries())
        expect({ line: message.line, ...given(found[n] ?? {}, message) }).toEqual({
          line: message.line,
          ...wanted(message),
        });
    }
  });

  test("what the Common Information Model asks of alerts is there", () => {
    const messages = own(seconds, "rhythmx:alert").filter(({ expected }) => expected.rule_title !== undefined);
    const found = searchTimeFields(
      "rhythmx:alert",
      messages.map(({ line }) => line),
      props,
      transforms,
    );
    for (const [n, { expected }] of messages.entries()) {
      const techniques = [...(expected.rule_tags ?? "").matchAll(/attack\.(t\d{4}(?:\.\d{3})?)(?![\w.])/gi)];
      expect(found[n]).toMatchObject({
        id: expected.hash ?? "",
        signature: expected.rule_title ?? "",
        signature_id: expected.rule_id ?? "",
        severity: expected.rule_level ?? "",
        user: expected.user ?? "",
        dest: expected.host ?? "",
        src: expected.ip ?? "",
        risk_score: expected.risk ?? "",
        mitre_technique_id: techniques.length === 0 ? null : techniques.map(([, id]) => id?.toUpperCase() ?? ""),
        app: "RhythmX Edge",
        type: "alert",
      });
    }
  });

  test("searches and the dashboard name fields that there are", () => {
    const known = new Set(
      ["rhythmx:alert", "rhythmx:incident", "rhythmx:status"].flatMap((sourcetype) =>
        [...(props.get(sourcetype) ?? [])].flatMap(([key, pattern]) => [
          ...(key.startsWith("EVAL-") ? [key.slice(5)] : []),
          ...[...pattern.matchAll(/\(\?<(\w+)>/g)].map(([, name]) => name ?? ""),
        ]),
      ),
    );
    const searches = [...conf("savedsearches.conf").values()].map((stanza) => stanza.get("search") ?? "");
    const view = readFileSync(join(addon, "default/data/ui/views/rhythmx_overview.xml"), "utf8");
    const queries = [...searches, ...[...view.matchAll(/<query>(.*?)<\/query>/gs)].map(([, query]) => query ?? "")];
    expect(queries.length).toBeGreaterThan(8);
    const made = /^(_time|severity_id|urgency|detections|hosts|users|techniques|newest)$/;
    for (const query of queries) {
      const named = [
        ...query.matchAll(/\b(?:dedup|sort -|table|BY) ((?:\w+,? ?)+)/g),
        ...query.matchAll(/\b(?:dc|sum|values|coalesce)\(([\w, ]+)\)/g),
      ].flatMap(([, names]) => (names ?? "").split(/[ ,]+/));
      for (const name of named)
        if (!/^$|^OUTPUT$/.test(name) && !made.test(name) && name !== "host")
          expect([query, known.has(name)]).toEqual([query, true]);
    }
  });

  test("searches find what comes late: they look at the time of indexing, in a week of messages", () => {
    const searches = [...conf("savedsearches.conf")].filter(([name]) => !name.endsWith("Feed is silent"));
    expect(searches.length).toBe(3);
    for (const [name, stanza] of searches) {
      const [, from = ""] = /`rhythmx_index` _index_earliest=(-\d+[mh])@[mh] /.exec(stanza.get("search") ?? "") ?? [];
      // Twice as far back as it runs often, or, by whole hours, as far.
      expect([name, `${from} ${stanza.get("cron_schedule")}`]).toEqual([
        name,
        expect.stringMatching(/^-10m \*\/5 \* \* \* \*$|^-1h \d+ \* \* \* \*$/),
      ]);
      expect([name, stanza.get("dispatch.earliest_time")]).toEqual([name, "-7d@d"]);
    }
  });

  test("it is laid out as Splunk wants it", () => {
    for (const path of files) expect(path).not.toMatch(/(^|\/)(local|bin)\/|\.pyc$|\.DS_Store/);
    for (const path of [
      "default/app.conf",
      "metadata/default.meta",
      "static/appIcon.png",
      "static/appIcon_2x.png",
      "LICENSE",
      "README.md",
    ])
      expect([path, existsSync(join(addon, path))]).toEqual([path, true]);
    expect(conf("app.conf").get("launcher")?.get("version")).toBe(manifest.version);
    // Without this Splunk takes away what every expression begins with.
    for (const [name, stanza] of conf("inputs.conf"))
      if (name.startsWith("udp")) expect([name, stanza.get("no_priority_stripping")]).toEqual([name, "true"]);
    for (const [name, stanza] of [...conf("inputs.conf"), ...conf("savedsearches.conf")])
      expect([name, stanza.get("disabled")]).toEqual([name, "1"]);
    for (const path of files.filter((one) => one.endsWith(".xml")))
      expect(spawnSync("xmllint", ["--noout", join(addon, path)], { encoding: "utf8" }).stderr).toBe("");
    const eventtypes = [...conf("eventtypes.conf").keys()];
    for (const stanza of conf("tags.conf").keys()) expect(eventtypes).toContain(stanza.replace("eventtype=", ""));
  });
} else {
  test("perl or xmllint is not here: see the lines above", () => {
    expect(process.env.CI).toBeFalsy();
  });
}

function pick(fields: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, fields[name] ?? null]));
}

/** Of strptime what the add-on's formats use; a text that goes on behind it is as good. */
function strptime(text: string, format: string): number {
  const parts: Record<string, string> = {
    Y: "(\\d{4})",
    m: "(\\d\\d)",
    d: "(\\d\\d)",
    H: "(\\d\\d)",
    M: "(\\d\\d)",
    S: "(\\d\\d)",
    "3N": "(\\d{3})",
    Z: "(Z)",
  };
  const pattern = format.replace(/\./g, "\\.").replace(/%(3N|[YmdHMSZ])/g, (_, code: string) => parts[code] ?? "");
  const groups = new RegExp(`^${pattern}`).exec(text);
  if (groups === null) return Number.NaN;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, rest] = groups
    .slice(1)
    .map((group) => Number(group));
  return Date.UTC(year, month - 1, day, hour, minute, second, groups[7] === "Z" ? 0 : rest);
}
