/** The list of fields against messages as they are made. */
import { describe, expect, test } from "bun:test";
import { parseRfc5424 } from "../../test/harness/rfc5424-strict.ts";
import type { AlertSnapshot } from "../alert.ts";
import type { EventKind, LoggedEvent } from "../event.ts";
import type { CaseBody, IncidentBody } from "../incident-event.ts";
import { alertMessage } from "./alert-message.ts";
import { fieldsOfMessage, type MessageKind } from "./fields.ts";
import type { EncodedMessage } from "./fit.ts";
import { incidentFeedMessage } from "./incident-message.ts";
import { encodeSnapshot } from "./snapshot.ts";
import { statusMessage, testMessage } from "./status-message.ts";
import type { MessageOptions } from "./syslog-options.ts";

const options: MessageOptions = {
  facility: 16,
  appName: "SigmaAlert",
  hostname: "RhythmX",
  enterpriseId: 32473,
  maxBytes: 8192,
  timestampPrecision: 0,
  msgid: "event",
  sequenceId: true,
  ruleInfo: true,
  severity: "info",
  procid: 12345,
};
const small = { ...options, maxBytes: 1800 };
const at = Date.UTC(2026, 2, 13, 4, 35);
const iso = "2026-03-13T04:35:00Z";

const alert: AlertSnapshot = {
  hash: "a1b2c3d4e5f67890",
  count: 147,
  risk: 85,
  mlCluster: 3,
  firstSeen: at,
  lastSeen: at,
  delta: 146,
  burst: true,
  ruleId: "1f21ec3f-810d-4b0e-8045-322202e22b4b",
  ruleTitle: "Mimikatz Use",
  ruleAuthor: "Florian Roth (Nextron Systems)",
  level: "critical",
  tags: ["attack.execution"],
  entity: "Primary Site",
  user: "CORP\\jsmith",
  host: "WS-101",
  ip: "10.0.0.5",
};

const relatedCase: IncidentBody["related_cases"][number] = {
  case_id: "CASE-abc12345",
  case_type: "lateral_movement",
  severity: "HIGH",
  status: "OPEN",
  alert_count: 23,
  max_risk_score: 82,
  first_alert: iso,
  last_alert: iso,
};

const incident: IncidentBody = {
  incident_id: "INC-7601d999",
  event: "updated",
  group_key: "jsmith",
  actor_type: "user",
  entity_name: "Primary Site",
  status: "OPEN",
  assigned_analyst: "asmith",
  investigation_notes: "checked",
  resolution_notes: "mended",
  external_ticket_id: "SEC-1",
  external_ticket_url: "https://acme.example/browse/SEC-1",
  external_system: "jira",
  risk: {
    score: 82,
    level: "high",
    alarm_count: 1,
    alarm_count_7d: 1,
    alarm_count_24h: 1,
    sigma_alert_count: 1,
    sigma_unique_rules: 1,
    sigma_high_sev_count: 1,
    threat_case_count: 1,
    max_rbp: 1,
    avg_rbp: 1.5,
  },
  mitre: { unique_tactics: 1, unique_techniques: 1, tactics: ["execution"], techniques: ["T1059"] },
  related_cases: [relatedCase],
  timeline: {
    first_alarm: iso,
    last_alarm: iso,
    risk_first_seen: iso,
    risk_last_seen: iso,
    created_at: iso,
    updated_at: iso,
    closed_at: iso,
  },
  changes: [{ field: "risk_level", old: "medium", new: "high" }],
  campaign_id: "CMP-7601d999",
  outbreak: { rule: "Mimikatz Use", hosts: ["ws-101"], hosts_total: 50, first_seen: iso, last_seen: iso },
};

const threatCase: CaseBody = {
  case_id: "CASE-abc12345",
  event: "updated",
  entity_name: "Primary Site",
  case_type: "lateral_movement",
  status: "OPEN",
  severity: "HIGH",
  primary_user: "jsmith",
  assigned_analyst: "asmith",
  investigation_notes: "checked",
  alert_count: 23,
  max_risk_score: 82,
  affected_computers: ["ws-101"],
  related_incident: {
    incident_id: "INC-7601d999",
    group_key: "jsmith",
    status: "OPEN",
    assigned_analyst: "asmith",
  },
  timeline: { first_alert: iso, last_alert: iso, created_at: iso, updated_at: iso },
  changes: [{ field: "status", old: "OPEN", new: "CLOSED" }],
};

const event = (kind: EventKind, data: string, body: string | null = null): LoggedEvent => ({
  seq: 7,
  at,
  kind,
  subject: "x",
  entity: "Primary Site",
  data,
  body,
});
const many = <T>(one: T): T[] => Array.from({ length: 200 }, () => one);

/** For each kind of message: one with all it can have, and one that was shortened. */
const messages: Record<MessageKind, EncodedMessage[]> = {
  alert: [
    alertMessage(event("alert_hourly", encodeSnapshot(alert), "{}"), options),
    alertMessage(event("alert_hourly", encodeSnapshot(alert), JSON.stringify({ log: "x".repeat(9000) })), small),
  ],
  incident: [
    incidentFeedMessage(event("incident_updated", JSON.stringify(incident)), options),
    incidentFeedMessage(
      event("incident_updated", JSON.stringify({ ...incident, related_cases: many(relatedCase) })),
      small,
    ),
  ],
  case: [
    incidentFeedMessage(event("case_updated", JSON.stringify(threatCase)), options),
    incidentFeedMessage(
      event("case_updated", JSON.stringify({ ...threatCase, affected_computers: many("ws-101.corp.example") })),
      small,
    ),
  ],
  status: [statusMessage(at, { destination: "siem", uptimeSeconds: 1, sent: 1, queued: 1 }, options)],
  test: [testMessage(at, "siem", options)],
};

/** Paths of all values in JSON, `[]` for each item of an array. */
function pathsOf(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsOf(item, `${path}[]`));
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, path === "" ? key : `${path}.${key}`));
}

describe.each(Object.entries(messages) as [MessageKind, EncodedMessage[]][])("%s", (kind, made) => {
  const listed = fieldsOfMessage(kind);
  const [whole] = made.map((message) => parseRfc5424(message.bytes));

  test("its structured data is the list's, in this order", () => {
    const parameters = whole?.sd.flatMap(({ id, params }) => params.map(([name]) => `${id.split("@")[0]} ${name}`));
    expect(listed.flatMap(({ sd }) => (sd === null ? [] : [sd]))).toEqual(parameters ?? []);
  });

  test("its JSON has what the list says, and nothing else", () => {
    // The log of an alert is what somebody else wrote.
    const own = (path: string) => kind !== "alert" || path === "truncated";
    const paths = made.flatMap((message) => pathsOf(JSON.parse(parseRfc5424(message.bytes).msg ?? "")));
    expect([...new Set(paths)].filter(own).sort()).toEqual(
      listed.flatMap(({ json }) => (json === null || json === "$" ? [] : [json])).sort(),
    );
  });

  test("each name stands once", () => {
    for (const key of ["name", "qradar"] as const) {
      const names = listed.map((field) => field[key]);
      expect(names.filter((name, n) => names.indexOf(name) !== n)).toEqual([]);
    }
  });
});

test("names are fit for every pack", () => {
  for (const { name, type, meaning, example } of Object.keys(messages).flatMap((kind) =>
    fieldsOfMessage(kind as MessageKind),
  )) {
    expect(["string", "integer", "decimal", "boolean", "time", "list"]).toContain(type);
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(meaning).not.toBe("");
    expect(example).not.toBe("");
  }
});
