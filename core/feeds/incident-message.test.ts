import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseRfc5424 } from "../../test/harness/rfc5424-strict.ts";
import { seedGrok } from "../../test/harness/seed-grok.ts";
import type { EdgeError } from "../errors.ts";
import type { EventKind, LoggedEvent } from "../event.ts";
import type { CaseBody, IncidentBody, OutbreakBody, RelatedCase } from "../incident-event.ts";
import { incidentEventFacts, incidentFeedMessage } from "./incident-message.ts";
import type { MessageOptions } from "./syslog-options.ts";

const options: MessageOptions = {
  facility: 17,
  appName: "SigmaIncident",
  hostname: "RhythmX",
  enterpriseId: 32473,
  maxBytes: 8192,
  timestampPrecision: 0,
  msgid: "event",
  sequenceId: false,
  ruleInfo: true,
  severity: "info",
  procid: 67890,
};

/** The bodies of seed 003's examples; the score of 82 is high, as its tables say. */
const incident: IncidentBody = {
  incident_id: "INC-7601d999",
  event: "created",
  group_key: "jsmith",
  actor_type: "user",
  entity_name: "Primary Site",
  status: "OPEN",
  assigned_analyst: null,
  investigation_notes: null,
  resolution_notes: null,
  external_ticket_id: null,
  external_ticket_url: null,
  external_system: null,
  risk: {
    score: 82,
    level: "high",
    alarm_count: 156,
    alarm_count_7d: 89,
    alarm_count_24h: 23,
    sigma_alert_count: 47,
    sigma_unique_rules: 12,
    sigma_high_sev_count: 8,
    threat_case_count: 3,
    max_rbp: 95,
    avg_rbp: 67.5,
  },
  mitre: {
    unique_tactics: 2,
    unique_techniques: 1,
    tactics: ["execution", "lateral-movement"],
    techniques: ["T1021.002"],
  },
  related_cases: [
    {
      case_id: "CASE-abc123",
      case_type: "lateral_movement",
      severity: "CRITICAL",
      status: "OPEN",
      alert_count: 28,
      max_risk_score: 85,
      first_alert: "2026-03-12T14:00:00Z",
      last_alert: "2026-03-13T02:30:00Z",
    },
    {
      case_id: "CASE-def456",
      case_type: "credential_theft",
      severity: "HIGH",
      status: "OPEN",
      alert_count: 12,
      max_risk_score: 78,
      first_alert: "2026-03-12T16:00:00Z",
      last_alert: "2026-03-13T01:15:00Z",
    },
  ],
  timeline: {
    first_alarm: "2026-03-12T18:26:28Z",
    last_alarm: "2026-03-13T03:49:20Z",
    risk_first_seen: "2026-03-12T08:00:00Z",
    risk_last_seen: "2026-03-13T04:00:00Z",
    created_at: "2026-03-12T18:26:28Z",
    updated_at: "2026-03-13T03:49:20Z",
    closed_at: null,
  },
  campaign_id: null,
};
const outbreak: OutbreakBody = {
  rule: "LSASS Dump",
  hosts: Array.from({ length: 500 }, (_, index) => `ws-${String(index).padStart(3, "0")}.corp.example`),
  hosts_total: 500,
  first_seen: "2026-03-13T03:48:00Z",
  last_seen: "2026-03-13T03:48:50Z",
};
const threatCase: CaseBody = {
  case_id: "CASE-abc123",
  event: "created",
  entity_name: "Primary Site",
  case_type: "lateral_movement",
  status: "OPEN",
  severity: "CRITICAL",
  primary_user: "jsmith",
  assigned_analyst: null,
  investigation_notes: null,
  alert_count: 28,
  max_risk_score: 85,
  affected_computers: ["WS-101", "WS-102", "DC-01"],
  related_incident: { incident_id: "INC-7601d999", group_key: "jsmith", status: "OPEN", assigned_analyst: null },
  timeline: {
    first_alert: "2026-03-12T14:00:00Z",
    last_alert: "2026-03-13T02:30:00Z",
    created_at: "2026-03-12T14:05:00Z",
    updated_at: "2026-03-13T02:35:00Z",
  },
};

function event(kind: EventKind, body: unknown, seq = 1): LoggedEvent {
  const data = JSON.stringify(body);
  return { seq, at: Date.UTC(2026, 2, 13, 4, 35), kind, subject: "X", entity: "Primary Site", data, body: null };
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const render = (kind: EventKind, body: unknown, change: Partial<MessageOptions> = {}) =>
  text(incidentFeedMessage(event(kind, body), { ...options, ...change }).bytes);

const incidentTail =
  '"status":"OPEN","assigned_analyst":null,"investigation_notes":null,"resolution_notes":null,"external_ticket_id":null,' +
  '"external_ticket_url":null,"external_system":null,"risk":{"score":82,"level":"high","alarm_count":156,"alarm_count_7d":89,' +
  '"alarm_count_24h":23,"sigma_alert_count":47,"sigma_unique_rules":12,"sigma_high_sev_count":8,"threat_case_count":3,' +
  '"max_rbp":95,"avg_rbp":67.5},"mitre":{"unique_tactics":2,"unique_techniques":1,"tactics":["execution","lateral-movement"],' +
  '"techniques":["T1021.002"]},"related_cases":[{"case_id":"CASE-abc123","case_type":"lateral_movement","severity":"CRITICAL",' +
  '"status":"OPEN","alert_count":28,"max_risk_score":85,"first_alert":"2026-03-12T14:00:00Z","last_alert":"2026-03-13T02:30:00Z"},' +
  '{"case_id":"CASE-def456","case_type":"credential_theft","severity":"HIGH","status":"OPEN","alert_count":12,' +
  '"max_risk_score":78,"first_alert":"2026-03-12T16:00:00Z","last_alert":"2026-03-13T01:15:00Z"}],' +
  '"timeline":{"first_alarm":"2026-03-12T18:26:28Z","last_alarm":"2026-03-13T03:49:20Z","risk_first_seen":"2026-03-12T08:00:00Z",' +
  '"risk_last_seen":"2026-03-13T04:00:00Z","created_at":"2026-03-12T18:26:28Z","updated_at":"2026-03-13T03:49:20Z","closed_at":null},"campaign_id":null}';
const caseTail =
  '"alert_count":28,"max_risk_score":85,"affected_computers":["WS-101","WS-102","DC-01"],"related_incident":' +
  '{"incident_id":"INC-7601d999","group_key":"jsmith","status":"OPEN","assigned_analyst":null},"timeline":' +
  '{"first_alert":"2026-03-12T14:00:00Z","last_alert":"2026-03-13T02:30:00Z","created_at":"2026-03-12T14:05:00Z",' +
  '"updated_at":"2026-03-13T02:35:00Z"}}';

describe("golden messages, written by hand after the seed's examples", () => {
  test("incident_created", () => {
    expect(render("incident_created", incident)).toBe(
      '<139>1 2026-03-13T04:35:00Z RhythmX SigmaIncident 67890 incident_created [sigma-incident@32473 id="INC-7601d999" ' +
        'event="created" actor="jsmith" actor_type="user" entity="Primary Site" status="OPEN" risk_score="82" risk_level="high" ' +
        'alarm_count="156" sigma_alert_count="47" threat_case_count="3" related_case_ids="CASE-abc123,CASE-def456" ' +
        'related_case_types="lateral_movement,credential_theft" assigned_analyst="" external_ticket=""] ' +
        `{"incident_id":"INC-7601d999","event":"created","group_key":"jsmith","actor_type":"user","entity_name":"Primary Site",${incidentTail}`,
    );
  });

  test("incident_updated, with its changes behind the seed's keys; critical is <138>", () => {
    const { campaign_id: _, ...asInTheSeed } = incident;
    const body: IncidentBody = {
      ...asInTheSeed,
      event: "updated",
      status: "IN_PROGRESS",
      assigned_analyst: "analyst1",
      external_ticket_id: "SEC-1234",
      risk: { ...incident.risk, score: 90, level: "critical" },
      changes: [{ field: "status", old: "OPEN", new: "IN_PROGRESS" }],
      campaign_id: "CMP-0badcafe",
      outbreak: { ...outbreak, hosts: ["ws-1", "ws-2"], hosts_total: 2 },
    };
    const message = render("incident_updated", body);
    expect(message).toStartWith(
      '<138>1 2026-03-13T04:35:00Z RhythmX SigmaIncident 67890 incident_updated [sigma-incident@32473 id="INC-7601d999" ' +
        'event="updated" actor="jsmith" actor_type="user" entity="Primary Site" status="IN_PROGRESS" risk_score="90" ' +
        'risk_level="critical" alarm_count="156" sigma_alert_count="47" threat_case_count="3" ' +
        'related_case_ids="CASE-abc123,CASE-def456" related_case_types="lateral_movement,credential_theft" ' +
        'assigned_analyst="analyst1" external_ticket="SEC-1234"] {"incident_id":"INC-7601d999","event":"updated",',
    );
    expect(message).toEndWith(
      '"closed_at":null},"changes":[{"field":"status","old":"OPEN","new":"IN_PROGRESS"}],"campaign_id":"CMP-0badcafe",' +
        '"outbreak":{"rule":"LSASS Dump","hosts":["ws-1","ws-2"],"hosts_total":2,"first_seen":"2026-03-13T03:48:00Z",' +
        '"last_seen":"2026-03-13T03:48:50Z"}}',
    );
  });

  test("case_created", () => {
    expect(render("case_created", threatCase)).toBe(
      '<138>1 2026-03-13T04:35:00Z RhythmX SigmaIncident 67890 case_created [sigma-case@32473 id="CASE-abc123" event="created" ' +
        'entity="Primary Site" type="lateral_movement" status="OPEN" severity="CRITICAL" alert_count="28" risk_score="85" ' +
        'primary_user="jsmith" affected_hosts="WS-101,WS-102,DC-01" assigned_analyst="" related_incident_id="INC-7601d999"] ' +
        '{"case_id":"CASE-abc123","event":"created","entity_name":"Primary Site","case_type":"lateral_movement","status":"OPEN",' +
        `"severity":"CRITICAL","primary_user":"jsmith","assigned_analyst":null,"investigation_notes":null,${caseTail}`,
    );
  });

  test("case_updated without an incident; the severities of the table", () => {
    const closed: CaseBody = {
      ...threatCase,
      event: "updated",
      status: "CLOSED",
      severity: "LOW",
      related_incident: null,
      changes: [{ field: "status", old: "OPEN", new: "CLOSED" }],
    };
    const message = render("case_updated", closed);
    expect(message).toStartWith(
      '<142>1 2026-03-13T04:35:00Z RhythmX SigmaIncident 67890 case_updated [sigma-case@32473 id="CASE-abc123" event="updated" ' +
        'entity="Primary Site" type="lateral_movement" status="CLOSED" severity="LOW" alert_count="28" risk_score="85" ' +
        'primary_user="jsmith" affected_hosts="WS-101,WS-102,DC-01" assigned_analyst="" related_incident_id=""] {',
    );
    expect(message).toContain('"related_incident":null,');
    const severities = { CRITICAL: 138, HIGH: 139, MEDIUM: 140, LOW: 142 };
    for (const [severity, pri] of Object.entries(severities))
      expect(render("case_created", { ...threatCase, severity })).toStartWith(`<${pri}>1 `);
    for (const [level, pri] of Object.entries(severities))
      expect(
        render("incident_created", { ...incident, risk: { ...incident.risk, level: level.toLowerCase() } }),
      ).toStartWith(`<${pri}>1 `);
  });

  test("options: no MSGID, another enterprise, milliseconds, a sequence number", () => {
    const message = render("incident_created", incident, {
      msgid: "nil",
      enterpriseId: 4711,
      timestampPrecision: 3,
      sequenceId: true,
      facility: 20,
    });
    expect(message).toStartWith(
      '<163>1 2026-03-13T04:35:00.000Z RhythmX SigmaIncident 67890 - [sigma-incident@4711 id="INC-7601d999"',
    );
    expect(message).toContain('external_ticket=""][meta sequenceId="1"] {');
  });
});

test("the seed's Splunk and Logstash patterns find every value", () => {
  const message = render("incident_created", { ...incident, group_key: "jsmith" });
  const extract = (pattern: RegExp) => pattern.exec(message)?.[1];
  expect(extract(/sigma-incident@32473\s+id="([^"]+)"/)).toBe("INC-7601d999");
  expect(extract(/risk_score="(\d+)"/)).toBe("82");
  expect(extract(/actor="([^"]+)"/)).toBe("jsmith");
  expect(extract(/status="([^"]+)"/)).toBe("OPEN");
  expect(extract(/related_case_ids="([^"]+)"/)).toBe("CASE-abc123,CASE-def456");
  for (const [kind, body] of [
    ["incident_created", incident],
    ["case_created", threatCase],
  ] as const) {
    const fields = seedGrok(render(kind, body));
    expect(fields).toMatchObject({ app_name: "SigmaIncident", msg_id: kind, pid: "67890" });
    expect(JSON.parse(fields?.json_body ?? "")).toEqual(body as never);
  }
});

test("what a destination filters by", () => {
  const facts = (kind: EventKind, body: object) => incidentEventFacts(event(kind, body));
  expect(facts("incident_created", incident)).toEqual({ risk: 82, onlyRiskLevel: false });
  expect(facts("case_created", threatCase)).toEqual({ risk: 85, onlyRiskLevel: false });
  const rise = { field: "risk_level", old: "medium", new: "high" };
  expect(facts("incident_updated", { ...incident, changes: [rise] }).onlyRiskLevel).toBe(true);
  const status = { field: "status", old: "OPEN", new: "CLOSED" };
  expect(facts("incident_updated", { ...incident, changes: [rise, status] }).onlyRiskLevel).toBe(false);
  const joined = { field: "campaign_id", old: null, new: "CMP-0badcafe" };
  expect(facts("incident_updated", { ...incident, changes: [joined] }).onlyRiskLevel).toBe(true);
});

test("a body that cannot be one is told", () => {
  for (const data of ["{", "[]", "{}", '{"incident_id":"x"}', '{"case_id":"x"}', "null"]) {
    const broken = { ...event("incident_created", incident), data };
    let code = "";
    try {
      incidentFeedMessage(broken, options);
    } catch (error) {
      code = (error as EdgeError).code;
    }
    expect([data, code]).toEqual([data, "event_corrupt"]);
  }
});

describe("a message that is too long", () => {
  const params = (message: string) => new Map(parseRfc5424(message).sd[0]?.params ?? []);
  const json = (message: string) => JSON.parse(parseRfc5424(message).msg ?? "");
  const manyCases: RelatedCase[] = Array.from({ length: 60 }, (_, index) => ({
    ...incident.related_cases[0]!,
    case_id: `CASE-${String(index).padStart(8, "0")}`,
  }));

  test("loses its notes first, and keeps of them what fits", () => {
    const body = { ...incident, investigation_notes: "n".repeat(100_000), resolution_notes: "short" };
    const message = render("incident_created", body, { maxBytes: 2500 });
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(2500);
    expect(Buffer.byteLength(message)).toBeGreaterThan(2480);
    const shorter = json(message);
    expect(shorter.investigation_notes).toMatch(/^n{100,}…$/);
    expect(shorter).toMatchObject({
      resolution_notes: "short",
      truncated: true,
      related_cases: incident.related_cases,
    });
    expect(Object.keys(shorter).at(-1)).toBe("truncated");
  });

  test("notes in what has changed go with them", () => {
    const notes = "x".repeat(50_000);
    const changes = [{ field: "investigation_notes", old: null, new: notes }];
    const message = render(
      "incident_updated",
      { ...incident, investigation_notes: notes, changes },
      { maxBytes: 2300 },
    );
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(2300);
    expect(json(message).changes[0]).toMatchObject({ field: "investigation_notes", old: null });
  });

  test("then related cases from the end, in structured data and JSON alike; the count stays", () => {
    const body = { ...incident, related_cases: manyCases, risk: { ...incident.risk, threat_case_count: 60 } };
    const message = render("incident_created", { ...body, investigation_notes: "gone" }, { maxBytes: 4096 });
    const shorter = json(message);
    const ids = params(message).get("related_case_ids")?.split(",");
    expect(shorter.related_cases.length).toBeGreaterThan(5);
    expect(shorter.related_cases.length).toBeLessThan(60);
    expect(ids).toEqual(manyCases.slice(0, shorter.related_cases.length).map(({ case_id }) => case_id));
    expect(shorter).toMatchObject({
      investigation_notes: null,
      truncated: true,
      related_cases_total: 60,
      risk: { threat_case_count: 60 },
    });
    expect(params(message).get("threat_case_count")).toBe("60");
  });

  test("the hosts of an outbreak go before the cases, down to a few, and are counted; then cases, then the last hosts", () => {
    const body = { ...incident, campaign_id: "CMP-0badcafe", outbreak };
    expect(json(render("incident_created", body, { maxBytes: 20_000 }))).toEqual(body as never);
    const notes = { ...body, investigation_notes: "gone" };
    const large = json(render("incident_created", notes, { maxBytes: 8192 }));
    expect(large.outbreak.hosts).toEqual(outbreak.hosts.slice(0, large.outbreak.hosts.length));
    expect(large.outbreak.hosts.length).toBeGreaterThan(200);
    expect(large).toMatchObject({ investigation_notes: null, related_cases: incident.related_cases, truncated: true });
    expect(large).not.toHaveProperty("related_cases_total");
    const many = { ...body, related_cases: manyCases };
    const small = json(render("incident_created", many, { maxBytes: 4096 }));
    expect(small.outbreak).toEqual({ ...outbreak, hosts: outbreak.hosts.slice(0, 5) });
    expect(small.related_cases.length).toBeGreaterThan(5);
    expect(small).toMatchObject({ campaign_id: "CMP-0badcafe", related_cases_total: 60, truncated: true });
    const least = render("incident_created", many, { maxBytes: 1500 });
    expect(Buffer.byteLength(least)).toBeLessThanOrEqual(1500);
    expect(json(least)).toMatchObject({
      related_cases: [],
      outbreak: { hosts_total: 500 },
      campaign_id: "CMP-0badcafe",
    });
    expect(json(least).outbreak.hosts.length).toBeLessThan(5);
  });

  test("affected computers of a case likewise", () => {
    const hosts = Array.from({ length: 2000 }, (_, index) => `WS-${index}`);
    const message = render("case_created", { ...threatCase, affected_computers: hosts }, { maxBytes: 2048 });
    const shorter = json(message);
    expect(shorter.affected_computers.length).toBeGreaterThan(20);
    expect(shorter).toMatchObject({ truncated: true, affected_computers_total: 2000 });
    expect(params(message).get("affected_hosts")).toBe(shorter.affected_computers.join(","));
  });

  test("whatever the values hold, down to what every receiver takes: valid and within the size", () => {
    const evil = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.string({
        unit: fc.constantFrom('"', "\\", "]", "\n", "\u2028", "😀", "\ud800", "ü", "a", " "),
        maxLength: 60,
      }),
      fc.string({ unit: "grapheme", minLength: 100, maxLength: 700 }),
    );
    const many = fc.record({
      actor: evil,
      entity: evil,
      analyst: fc.option(evil),
      notes: fc.option(evil),
      ticket: fc.option(evil),
      cases: fc.integer({ min: 0, max: 500 }),
      hosts: fc.array(evil, { maxLength: 30 }),
      maxBytes: fc.constantFrom(480, 512, 700, 1024, 2048, 4096),
    });
    fc.assert(
      fc.property(many, ({ actor, entity, analyst, notes, ticket, cases, hosts, maxBytes }) => {
        const related_cases = Array.from({ length: cases }, (_, index) => manyCases[index % 60]!);
        const messages = [
          render(
            "incident_updated",
            {
              ...incident,
              group_key: actor,
              entity_name: entity,
              assigned_analyst: analyst,
              investigation_notes: notes,
              external_ticket_id: ticket,
              related_cases,
              event: "updated",
              changes: [{ field: "assigned_analyst", old: analyst, new: actor }],
              outbreak: { ...outbreak, rule: entity, hosts, hosts_total: hosts.length },
            },
            { maxBytes, sequenceId: true },
          ),
          render(
            "case_created",
            {
              ...threatCase,
              primary_user: actor,
              entity_name: entity,
              assigned_analyst: analyst,
              affected_computers: hosts,
            },
            { maxBytes },
          ),
        ];
        for (const message of messages) {
          expect(Buffer.byteLength(message)).toBeLessThanOrEqual(maxBytes);
          expect(parseRfc5424(message).sd[0]?.params[0]?.[0]).toBe("id");
          expect(typeof json(message)).toBe("object");
        }
      }),
      { numRuns: 100 },
    );
  });
});
