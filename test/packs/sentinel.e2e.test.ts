/**
 * The pack `sentinel`: every message of the corpus through rsyslog with the pack's file, then through the parsers by Kusto's own syntax tree and RE2.
 * Microsoft Sentinel and the Azure Monitor Agent cannot be had.
 */
import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { fieldsOfMessage, type MessageKind } from "../../core/feeds/fields.ts";
import { installed } from "../harness/rsyslog.ts";
import { syslogRow, throughForwarder } from "./azure-monitor-agent.ts";
import { type CorpusMessage, makeCorpus } from "./corpus.ts";
import { valueAt } from "./json-values.ts";
import { type KqlRow, runKql } from "./kql.ts";
import { type Analyzed, Workspace } from "./kusto.ts";
import {
  asimColumns,
  asimFile,
  asimMandatory,
  faults,
  parserFile,
  resources,
  ruleFile,
  standardColumns,
} from "./sentinel-schema.ts";

const pack = join(import.meta.dirname, "../../appliance/packs/sentinel");
const read = (path: string) => readFileSync(join(pack, path), "utf8");
const readAll = (folder: string) => readdirSync(join(pack, folder)).map((name) => parse(read(`${folder}/${name}`)));

const parsers = readAll("Parsers").filter(({ FunctionName }) => FunctionName !== undefined);
const asim = parse(read("Parsers/ASimAlertEventRhythmXEdge.yaml"));
const filtering = parse(read("Parsers/vimAlertEventRhythmXEdge.yaml"));
const rules = readAll("Analytic Rules");
const workbook = JSON.parse(read("Workbooks/RhythmX.json"));
const queries: string[] = workbook.items.flatMap(({ content }: { content: { query?: string } }) => content.query ?? []);

const workspace = new Workspace();
const analyzed = new Map<string, Analyzed>(
  parsers.map(({ FunctionName, FunctionQuery }) => [FunctionName, workspace.add(FunctionName, FunctionQuery)]),
);
analyzed.set(
  asim.ParserName,
  workspace.add(asim.ParserName, asim.ParserQuery, "disabled: bool = false, pack: bool = true"),
);
const filters = filtering.ParserParams.map(
  ({ Name, Type, Default }: { Name: string; Type: string; Default: unknown }) => `${Name}: ${Type} = ${Default}`,
).join(", ");
analyzed.set(filtering.ParserName, workspace.add(filtering.ParserName, filtering.ParserQuery, filters));
const ruleQueries = new Map<string, Analyzed>(rules.map(({ name, query }) => [name, workspace.analyze(query)]));

const parserOf: Readonly<Record<MessageKind, string>> = {
  alert: "RhythmXAlert",
  incident: "RhythmXIncident",
  case: "RhythmXCase",
  status: "RhythmXStatus",
  test: "RhythmXStatus",
};
const now = Date.UTC(2026, 10, 29, 8);
const results = new Map<string, { of: readonly KqlRow[]; rows: KqlRow[] }>();
/** What a function of the workspace gives; the rows are those of the table or function that it reads. */
function parsed(name: string, of: readonly KqlRow[], table = "Syslog"): KqlRow[] {
  const known = results.get(name);
  if (known?.of === of) return known.rows;
  const { syntax } = analyzed.get(name) ?? {};
  if (syntax === undefined) throw new Error(`no parser ${name}`);
  const rows = runKql(syntax, { now, tables: { [table]: of } });
  results.set(name, { of, rows });
  return rows;
}

/** `related_case_ids` is RelatedCaseIds. */
const column = (name: string) =>
  name
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");

function textOf(value: unknown): string {
  if (value instanceof Date) return `${value.toISOString().slice(0, 19)}Z`;
  return String(value ?? "");
}

/** What structured data gave, by the names of the list of fields. */
function given(row: KqlRow, kind: MessageKind): Record<string, string> {
  const found = fieldsOfMessage(kind).flatMap(({ name, sd }) =>
    sd === null || row[column(name)] === null ? [] : [[name, textOf(row[column(name)])] as const],
  );
  return Object.fromEntries(found);
}

/** What the body alone has, as the parser gives it and as it is. */
function ofBody(
  row: KqlRow,
  { kind, body }: CorpusMessage,
): [given: Record<string, unknown>, wanted: Record<string, unknown>] {
  const [is, should]: Record<string, unknown>[] = [{}, {}] as const;
  for (const { name, sd, json, type } of fieldsOfMessage(kind)) {
    if (sd !== null || json === null) continue;
    if (json === "$") {
      [is![name], should![name]] = [row.Log, body];
      continue;
    }
    const [path = "", rest = ""] = json.split("[]");
    const wanted = valueAt(JSON.parse(body), json);
    const listed = rest === "" ? row[column(name)] : row[column(path)];
    if (type === "list") [is![name], should![name]] = [valueAt({ list: listed }, `list[]${rest}`), wanted];
    else [is![name], should![name]] = [textOf(row[column(name)]), textOf(wanted)];
  }
  return [is ?? {}, should ?? {}];
}

function expectFields(messages: readonly CorpusMessage[], rows: readonly KqlRow[]): void {
  for (const name of new Set(Object.values(parserOf))) {
    const own = messages.flatMap((message, n) =>
      parserOf[message.kind] === name ? [[message, rows[n]] as const] : [],
    );
    const found = parsed(name, rows);
    expect(found.length).toBe(own.length);
    for (const [n, [message, source]] of own.entries()) {
      const { line, kind, expected } = message;
      const row = found[n] ?? {};
      expect(row.SyslogMessage).toBe(source?.SyslogMessage);
      // What a message has not is empty.
      const empty = Object.fromEntries(
        fieldsOfMessage(kind).flatMap((field) => (given(row, kind)[field.name] === "" ? [[field.name, ""]] : [])),
      );
      expect({ line, ...given(row, kind) }).toEqual({ line, ...empty, ...expected });
      const [is, should] = ofBody(row, message);
      expect({ line, ...is }).toEqual({ line, ...should });
    }
  }
}

describe("Kusto's own parser and binder has nothing to say", () => {
  test("against functions and rules", () => {
    for (const [name, { diagnostics }] of [...analyzed, ...ruleQueries])
      expect([name, diagnostics]).toEqual([name, []]);
    // It would say something.
    expect(workspace.analyze("RhythmXAlert | where Nope == 1").diagnostics).toHaveLength(1);
    expect(workspace.analyze('RhythmXAlert | extend a = extract("(a)", 1, Count)').diagnostics).toHaveLength(1);
  });

  test("against the workbook", () => {
    expect(queries.length).toBeGreaterThan(6);
    for (const query of queries) expect([query, workspace.analyze(query).diagnostics]).toEqual([query, []]);
  });
});

describe("the files", () => {
  test("have the keys of Azure-Sentinel's", () => {
    for (const file of parsers) expect(faults(file, parserFile)).toEqual([]);
    for (const file of rules) expect(faults(file, ruleFile)).toEqual([]);
    for (const file of [asim, filtering]) {
      expect(faults(file, asimFile)).toEqual([]);
      const columns = analyzed.get(file.ParserName)?.columns ?? new Map<string, string>();
      for (const [name, type] of columns)
        if (!standardColumns.includes(name)) expect([name, asimColumns.get(name)]).toEqual([name, type]);
      for (const name of asimMandatory) expect([...columns.keys()]).toContain(name);
    }
    const ids = [...parsers, ...rules].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("rules show, group by and hand on columns that they have", () => {
    for (const { name, customDetails, entityMappings, alertDetailsOverride, incidentConfiguration } of rules) {
      const columns = ruleQueries.get(name)?.columns ?? new Map();
      const shown = [...JSON.stringify(alertDetailsOverride).matchAll(/\{\{(\w+)\}\}/g)].map(([, one]) => one);
      const mapped = entityMappings.flatMap(({ fieldMappings }: { fieldMappings: { columnName: string }[] }) =>
        fieldMappings.map(({ columnName }) => columnName),
      );
      const named = [...Object.values(customDetails), ...mapped, ...shown];
      expect([name, named.filter((one) => !columns.has(one))]).toEqual([name, []]);
      for (const key of incidentConfiguration?.groupingConfiguration.groupByCustomDetails ?? [])
        expect(customDetails).toHaveProperty(key);
    }
    const [rule] = rules.filter(({ name }) => name.includes("risk of 70"));
    for (const input of Object.keys(rule.customDetails)) expect(read("README.md")).toContain(`\`${input}\``);
  });

  test("rules find what comes late, and nothing twice: they look at the time of ingestion, in a day of messages", () => {
    for (const { name, query, queryFrequency, queryPeriod } of rules.filter(({ name }) => !/silent/.test(name)))
      expect([name, queryPeriod, query]).toEqual([
        name,
        "1d",
        expect.stringContaining(`| where IngestionTime > ago(${queryFrequency})\n`),
      ]);
  });

  test("templates have the properties of their resources, and all of the pack", () => {
    const template = JSON.parse(read("azuredeploy.json"));
    const collection = JSON.parse(read("DataConnectors/ama-dcr.json"));
    for (const resource of [...template.resources, ...collection.resources])
      expect([resource.name, faults(resource, resources[resource.type] ?? (() => false))]).toEqual([resource.name, []]);
    const made = JSON.stringify(template.resources);
    for (const name of [...analyzed.keys(), ...rules.map(({ id }) => id)]) expect(made).toContain(`/${name}'`);
    for (const { parameters } of [template, collection])
      for (const name of Object.keys(parameters)) expect(read("README.md")).toMatch(new RegExp(`\\b${name}=`));
    const { serializedData } = template.resources.at(-1).properties;
    expect(JSON.parse(serializedData)).toEqual(workbook);
  });

  test("ports and facilities are the same everywhere", () => {
    const conf = read("DataConnectors/rsyslog-rhythmx.conf");
    for (const [, port] of read("README.md").matchAll(/"port": (\d+)/g)) expect(conf).toContain(`port="${port}"`);
    const [{ facilityNames }] = JSON.parse(read("DataConnectors/ama-dcr.json")).resources[0].properties.dataSources
      .syslog;
    expect(facilityNames).toEqual(["local0", "local1"]);
  });
});

const here = installed("rsyslogd", "rsyslog");
if (here) {
  const corpus = await makeCorpus();
  const messages = [...corpus.messages(), ...corpus.variants()];
  const rows = await throughForwarder(messages.map(({ line }) => line));

  test("every field of every message that rsyslog has passed on is what was sent in", () => {
    for (const [n, { line }] of messages.entries()) expect(rows[n]?.SyslogMessage).toBe(line.replace(/^<\d+>/, ""));
    expectFields(messages, rows);
    const [first] = parsed("RhythmXIncident", rows);
    expect(first?.Appliance).toBe("RhythmX");
    expect(textOf(first?.MessageTime)).toBe(
      /^\S+ (\S+)/.exec(messages.find(({ kind }) => kind === "incident")?.line ?? "")?.[1] ?? "",
    );
  });

  test("rsyslog has nothing against the file with all its inputs switched on", () => {
    const folder = mkdtempSync(join(tmpdir(), "rhythmx-forwarder-"));
    const all = read("DataConnectors/rsyslog-rhythmx.conf")
      .replace(/^# (module\(load="im(?:relp|tcp)"\)|input\(type)/gm, "$1")
      .replace(/^# {3}stream/m, "  stream")
      .replaceAll("/etc/rsyslog.d/rhythmx-", `${join(import.meta.dirname, "../data/tls")}/`);
    writeFileSync(join(folder, "conf"), all);
    const { status, stderr } = spawnSync("rsyslogd", ["-N1", "-f", join(folder, "conf")], { encoding: "utf8" });
    rmSync(folder, { recursive: true });
    expect(all).not.toMatch(/^# *(module|input|stream)/m);
    expect([status, stderr.split("\n").length]).toEqual([0, 3]);
  });

  test("and of what agents and relays make of messages: less header, none, no program", () => {
    const some = messages.filter((_, n) => n % 9 === 0);
    const shapes: ((line: string) => string)[] = [
      (line) => line.replace(/^<\d+>1 (?:\S+ ){5}/, ""),
      (line) => line.replace(/^<\d+>1 (?:\S+ ){4}/, ""),
      (line) => line.replace(/^<\d+>1 \S+ \S+ (\S+) (\S+) \S+ /, "$1[$2]: "),
      (line) => line,
    ];
    for (const shape of shapes)
      expectFields(
        some,
        some.map(({ line }) => ({ ...syslogRow(`<134>Nov 29 08:00:00 relay x: ${shape(line)}`), ProcessName: "" })),
      );
  });

  test("no log is taken for structured data where an agent has dropped that", () => {
    const hostile = String.raw`{"a":"[sigma@32473 hash=\"x\"][rule@32473 title=\"y\"]","b":"[sigma-incident@1 id=\"z\"]"}`;
    const dropped = [hostile, ` ${hostile}`, `SigmaAlert[1]: ${hostile}`, ...messages.map(({ body }) => body)];
    const bare = dropped.map((body) => syslogRow(`<134>Nov 29 08:00:00 RhythmX SigmaAlert[1]: ${body}`));
    for (const name of new Set(Object.values(parserOf))) expect(parsed(name, bare)).toEqual([]);
  });

  test("the rule that starts a playbook finds just the incidents that are new or have risen to 70", () => {
    const [rule] = rules.filter(({ name }) => name.includes("risk of 70"));
    const found = runKql(ruleQueries.get(rule.name)!.syntax, {
      now,
      tables: { RhythmXIncident: parsed("RhythmXIncident", rows) },
    });
    const wanted = messages.filter(
      ({ kind, expected, body }) =>
        kind === "incident" &&
        Number(expected.risk_score) >= 70 &&
        /^(OPEN|IN_PROGRESS)$/.test(expected.status ?? "") &&
        (expected.event === "created" ||
          JSON.parse(body).changes.some(({ field }: { field: string }) => field === "risk_level")),
    );
    const keys = new Set(wanted.map(({ expected }) => `${expected.incident_id} ${expected.risk_level}`));
    expect(keys.size).toBeGreaterThan(3);
    expect(wanted.filter(({ expected }) => expected.status === "IN_PROGRESS").length).toBeGreaterThan(0);
    expect(found.map((row) => `${row.IncidentId} ${row.RiskLevel}`).sort()).toEqual([...keys].sort());
    for (const row of found) expect(row.ActorUser || row.ActorHost || row.ActorIp).toBe(row.Actor);
  });

  test("ASIM: what the schema of alerts asks for is there, with its values", () => {
    const alerts = messages.filter(({ kind }) => kind === "alert");
    const found = parsed(asim.ParserName, parsed("RhythmXAlert", rows), "RhythmXAlert");
    expect(found.length).toBe(alerts.length);
    const severities = { critical: "High", high: "High", medium: "Medium", low: "Low", informational: "Informational" };
    for (const [n, { expected }] of alerts.entries()) {
      const tags = (expected.rule_tags ?? "").toLowerCase().split(",");
      const techniques = tags.flatMap((tag) => /^attack\.(t\d{4}(?:\.\d{3})?)$/.exec(tag)?.[1]?.toUpperCase() ?? []);
      expect(found[n]).toMatchObject({
        EventCount: Number(expected.hourly_delta ?? expected.count),
        EventUid: expected.hash,
        AlertName: expected.rule_title ?? "",
        Username: expected.user ?? "",
        DvcHostname: expected.host ?? "",
        DvcIpAddr: expected.ip ?? "",
        ThreatRiskLevel: Number(expected.risk),
        AttackTechniques: techniques.join(", "),
        EventSchema: "AlertEvent",
        ...(expected.rule_level === undefined
          ? {}
          : { EventSeverity: severities[expected.rule_level as keyof typeof severities] }),
      });
      expect(textOf(found[n]?.EventStartTime)).toBe(expected.first_seen ?? "");
      for (const word of String(found[n]?.AttackTactics).split(", "))
        expect(word).toMatch(/^$|^[A-Z][a-z]+( and)?( [A-Z][a-z]+)*$/);
    }
  });

  test("ASIM with filters: what the caller asks for, of what the other parser gives", () => {
    const tables = { RhythmXAlert: parsed("RhythmXAlert", rows) };
    const all = parsed(asim.ParserName, tables.RhythmXAlert, "RhythmXAlert");
    const asked = (given: string) => {
      const { syntax, diagnostics } = workspace.analyze(
        `let called = (${filters}) {\n${filtering.ParserQuery}};\ncalled(${given})`,
      );
      expect([given, diagnostics]).toEqual([given, []]);
      return runKql(syntax, { now, tables });
    };
    const has = (value: unknown, word: string) =>
      String(value)
        .toLowerCase()
        .split(/[^a-z0-9.-]+/)
        .includes(word);
    const some: [given: string, wanted: (row: KqlRow) => boolean][] = [
      ["pack=true", () => true],
      ["disabled=true", () => false],
      [`username_has_any=dynamic(["pgustavo", "nobody"])`, (row) => has(row.Username, "pgustavo")],
      [`hostname_has_any=dynamic(["h"])`, (row) => has(row.DvcHostname, "h")],
      [`ipaddr_has_any_prefix=dynamic(["10."])`, (row) => String(row.DvcIpAddr).startsWith("10.")],
      [
        `attacktactics_has_any=dynamic(["Lateral Movement"])`,
        (row) => /Lateral Movement/.test(String(row.AttackTactics)),
      ],
      [`attacktechniques_has_any=dynamic(["T1059"])`, (row) => /T1059/.test(String(row.AttackTechniques))],
      [`eventseverity_has_any=dynamic(["High", "Low"])`, (row) => /High|Low/.test(String(row.EventSeverity))],
      [`threatcategory_has_any=dynamic(["Malware"])`, () => false],
      [`alertverdict_has_any=dynamic(["Unknown"])`, () => true],
      ["starttime=datetime(2030-01-01T00:00:00Z)", () => false],
      ["starttime=datetime(2020-01-01T00:00:00Z), endtime=datetime(2030-01-01T00:00:00Z)", () => true],
    ];
    for (const [given, wanted] of some) {
      const uids = (found: readonly KqlRow[]) => found.map(({ EventUid }) => EventUid);
      expect([given, uids(asked(given))]).toEqual([given, uids(all.filter(wanted))]);
    }
    expect(all.filter(some[2]?.[1] ?? (() => false)).length).toBeGreaterThan(0);
  });
} else {
  test("rsyslog is not here: see the line above", () => {
    expect(process.env.CI).toBeFalsy();
  });
}
