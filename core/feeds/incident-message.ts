/**
 * Messages of the incident/case feed (seed 003 "Incident/Case Syslog Format", CONTRACT 3). They are made from the stored body and the
 * destination's options alone, so that a replay has the same bytes.
 */
import { EdgeError } from "../errors.ts";
import type { LoggedEvent } from "../event.ts";
import type { CaseBody, IncidentBody } from "../incident-event.ts";
import { syslogSeverity } from "../risk.ts";
import type { EncodedMessage } from "./fit.ts";
import { fitByMeaning, listOf, type Shrinking, type ShrinkingList } from "./fit-by-meaning.ts";
import type { MsgId, SdElement } from "./rfc5424.ts";
import type { MessageOptions } from "./syslog-options.ts";

/** The message of an incident or case event. Throws `EdgeError` code `event_corrupt` for an event that cannot be one. */
export function incidentFeedMessage(event: LoggedEvent, options: MessageOptions): EncodedMessage {
  const body = storedBody(event);
  const shrinking = "incident_id" in body ? incidentShrinking(options) : caseShrinking(options);
  const severity = "incident_id" in body ? syslogSeverity[body.risk.level] : syslogSeverity[levelOf(body.severity)];
  const msgid = options.msgid === "nil" ? null : (event.kind as MsgId);
  return fitByMeaning(
    body,
    shrinking as Shrinking<typeof body>,
    { severity, timestamp: event.at, msgid, seq: event.seq },
    options,
  );
}

/** What the appliance finds out by itself and `risk_level_events` turns off. */
const foundOut: readonly string[] = ["risk_level", "rules", "campaign_id", "outbreak"];

/** What a destination filters an event by: its risk, and whether what the appliance has found out by itself is its only news. */
export function incidentEventFacts(event: LoggedEvent): { risk: number; onlyRiskLevel: boolean } {
  const body = storedBody(event);
  return {
    risk: "incident_id" in body ? body.risk.score : body.max_risk_score,
    onlyRiskLevel: body.changes?.every(({ field }) => foundOut.includes(field)) ?? false,
  };
}

function levelOf(severity: CaseBody["severity"]): keyof typeof syslogSeverity {
  return severity.toLowerCase() as keyof typeof syslogSeverity;
}

/** Incident bodies name an incident first, case bodies a case. */
function storedBody(event: LoggedEvent): IncidentBody | CaseBody {
  let body: IncidentBody | CaseBody;
  try {
    body = JSON.parse(event.data) as IncidentBody | CaseBody;
  } catch (cause) {
    throw corrupt(event, "its body is not JSON", cause);
  }
  if (typeof body !== "object" || body === null) throw corrupt(event, "its body is no object");
  const known =
    "incident_id" in body
      ? body.risk?.level in syslogSeverity && Array.isArray(body.related_cases)
      : levelOf(body.severity ?? "") in syslogSeverity && Array.isArray(body.affected_computers);
  if (!known) throw corrupt(event, "its body is not that of an incident or case");
  return body;
}

function incidentShrinking({ enterpriseId }: MessageOptions): Shrinking<IncidentBody> {
  return {
    element: (body) => incidentElement(body, enterpriseId),
    notes: ["investigation_notes", "resolution_notes"],
    // The first hosts say more than the last cases, the last hosts less.
    lists: [hostsDownTo(fewHosts), listOf("related_cases", "related_cases_total"), hostsDownTo(0)],
  };
}

function caseShrinking({ enterpriseId }: MessageOptions): Shrinking<CaseBody> {
  return {
    element: (body) => caseElement(body, enterpriseId),
    notes: ["investigation_notes"],
    lists: [listOf("affected_computers", "affected_computers_total")],
  };
}

const fewHosts = 5;

/** Hosts of an outbreak, which counts them by itself. */
function hostsDownTo(least: number): ShrinkingList<IncidentBody> {
  return {
    length: ({ outbreak }) => outbreak?.hosts.length ?? 0,
    least,
    keep: (body, count) => {
      const { outbreak } = body;
      return outbreak === undefined
        ? body
        : { ...body, outbreak: { ...outbreak, hosts: outbreak.hosts.slice(0, count) } };
    },
    marks: () => ({}),
  };
}

/** In the order of the seed's table; every parameter always, empty when unset. */
function incidentElement(body: IncidentBody, enterpriseId: number): SdElement {
  const { risk, related_cases: cases } = body;
  return {
    id: `sigma-incident@${enterpriseId}`,
    params: [
      ["id", body.incident_id],
      ["event", body.event],
      ["actor", body.group_key],
      ["actor_type", body.actor_type],
      ["entity", body.entity_name],
      ["status", body.status],
      ["risk_score", String(risk.score)],
      ["risk_level", risk.level],
      ["alarm_count", String(risk.alarm_count)],
      ["sigma_alert_count", String(risk.sigma_alert_count)],
      ["threat_case_count", String(risk.threat_case_count)],
      ["related_case_ids", cases.map(({ case_id }) => case_id).join(",")],
      ["related_case_types", cases.map(({ case_type }) => case_type).join(",")],
      ["assigned_analyst", body.assigned_analyst ?? ""],
      ["external_ticket", body.external_ticket_id ?? ""],
    ],
    shorten: ["entity", "actor", "assigned_analyst", "external_ticket"],
  };
}

function caseElement(body: CaseBody, enterpriseId: number): SdElement {
  return {
    id: `sigma-case@${enterpriseId}`,
    params: [
      ["id", body.case_id],
      ["event", body.event],
      ["entity", body.entity_name],
      ["type", body.case_type],
      ["status", body.status],
      ["severity", body.severity],
      ["alert_count", String(body.alert_count)],
      ["risk_score", String(body.max_risk_score)],
      ["primary_user", body.primary_user],
      ["affected_hosts", body.affected_computers.join(",")],
      ["assigned_analyst", body.assigned_analyst ?? ""],
      ["related_incident_id", body.related_incident?.incident_id ?? ""],
    ],
    shorten: ["entity", "primary_user", "assigned_analyst"],
  };
}

function corrupt(event: LoggedEvent, what: string, cause?: unknown): EdgeError {
  const message = `Event ${event.seq} of ${event.subject} cannot be sent: ${what}. Run "rhythmx doctor"; restore a backup if the database is damaged.`;
  return new EdgeError("event_corrupt", message, { cause, data: { seq: event.seq } });
}
