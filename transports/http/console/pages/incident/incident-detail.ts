/** What the page of an incident is made of: `GET /api/incidents/{id}` (api/shapes.ts), read with everything beside it. */
import { may } from "../../../../../core/access/caller.ts";
import type { Story } from "../../../../../core/tickets/case/story.ts";
import type { SlaStatus } from "../../../../../core/tickets/sla.ts";
import type { PageRequest } from "../../page.ts";
import type { IncidentRow } from "../incident-rows.tsx";
import type { IncidentTicket, TicketSystem, ToldIn } from "./ticket-detail.ts";

export interface Factor {
  name: string;
  weight: number;
  points: number;
  why: string;
}

export interface RuleOfIncident {
  /** Its id, else its title, in lower case. */
  rule: string;
  rule_title: string;
  rule_author: string | null;
  level: string;
  count: number;
  first_seen: string;
  last_seen: string;
  hosts: string[];
  tactics: string[];
  techniques: string[];
  example: {
    alert_hash: string;
    timestamp: string;
    user: string | null;
    host: string | null;
    src_ip: string | null;
    log: string | null;
  } | null;
}

export interface CaseOfIncident {
  case_id: string;
  case_type: string;
  severity: string;
  status: string;
  alert_count: number;
  first_alert: string;
  last_alert: string;
  affected_computers: string[];
}

export interface Involved {
  name: string;
  role: string | null;
  criticality: string;
  from: string | null;
}

export interface CampaignMember {
  incident_id: string;
  group_key: string;
  headline: string | null;
  risk_score: number;
  risk_level: string;
  status: string;
  external_ticket_id: string | null;
}

export interface HistoryEntry {
  at: string;
  who: string;
  action: string;
  field: string | null;
  old: string | null;
  new: string | null;
  source: string;
  shortened?: boolean;
}

export interface IncidentDetail extends IncidentRow {
  closed_at: string | null;
  updated_at: string;
  investigation_notes: string | null;
  resolution_notes: string | null;
  risk: {
    score: number;
    level: string;
    alarm_count: number;
    sigma_alert_count: number;
    sigma_unique_rules: number;
    sigma_high_sev_count: number;
    threat_case_count: number;
    previous_score: number;
    trend: "rising" | "falling" | "steady";
    confidence: { percent: number; word: string; why: string } | null;
    primary_driver: string | null;
    factors: Factor[];
    floor: { points: number; rule: string; why: string } | null;
  };
  mitre: { unique_tactics: number; unique_techniques: number };
  attack_chain: { tactic: string; first_seen: string; count: number }[];
  alerts_by_rule: RuleOfIncident[];
  cases: CaseOfIncident[];
  users: string[];
  assets: { hosts: Involved[]; accounts: Involved[] };
  alarms: { alarm_id: string; name: string; rbp: number; timestamp: string }[];
  activity: ({ hour: string; alarms: number } & Record<string, number | string>)[];
  service_level: { target_minutes: number; percent: number; status: SlaStatus; due_at: string };
  tickets: IncidentTicket[];
  /** Tickets of other incidents of its campaign in which it was told. */
  told_in?: ToldIn[];
  campaign: {
    campaign_id: string;
    incidents: CampaignMember[];
    incidents_total: number;
    links: { incident_id: string; other_id: string; why: string; at: string }[];
    links_total: number;
  } | null;
  outbreak: { rule: string; hosts: string[]; hosts_total: number; first_seen: string; last_seen: string } | null;
  history: HistoryEntry[];
  history_total: number;
}

/** An exception that is proposed from its evidence. */
export interface Proposal {
  exception: Partial<Record<"entity" | "rule" | "actor" | "host" | "process" | "command_line" | "hash", string>> & {
    until: string | null;
    reason: string;
  };
  rule_title: string;
  detections: number;
  why: string;
  /** Id of an exception that does the same already. */
  covered_by: string | null;
}

/** What the viewer may do. */
export interface Rights {
  change: boolean;
  tickets: boolean;
  exceptions: boolean;
}

export interface IncidentData {
  incident: IncidentDetail;
  story: Story;
  /** Ticket systems that are in use. */
  systems: TicketSystem[];
  /** Of a false positive alone. */
  proposals: Proposal[];
  /** Logins that it can be assigned to. */
  people: string[];
  rights: Rights;
  /** The list that the viewer came from. */
  listAddress: string;
}

/** @throws EdgeError incident_unknown */
export async function readIncident(request: PageRequest): Promise<IncidentData> {
  const { caller, ports, param } = request;
  const { api, incidents } = ports;
  const id = param("id");
  const [incident, story, systems] = await Promise.all([
    api.investigation.incident(caller, id) as unknown as Promise<IncidentDetail>,
    incidents.story(caller, id),
    systemsInUse(request),
  ]);
  const rights = {
    change: may(caller, "incident:write"),
    tickets: may(caller, "ticket:write"),
    exceptions: may(caller, "exceptions:write"),
  };
  const isFalsePositive = incident.status === "FALSE_POSITIVE" && rights.exceptions;
  return {
    incident,
    story,
    systems,
    proposals: isFalsePositive ? ((await api.exceptions.proposals(caller, id)) as unknown as Proposal[]) : [],
    people: rights.change ? incidents.assignable(incident.entity_name) : [],
    rights,
    listAddress: listAddressOf(request),
  };
}

export async function systemsInUse({ ports }: PageRequest): Promise<TicketSystem[]> {
  const all = (await ports.api.settings.status()) as unknown as (TicketSystem & {
    configured: boolean;
    enabled: boolean;
  })[];
  return all.filter(({ configured, enabled }) => configured && enabled);
}

/** The list as the reader left it: as the link says (`from`), else as the page before was. */
function listAddressOf({ url, c }: PageRequest): string {
  const before = URL.parse(c.req.header("referer") ?? "");
  const isList = before !== null && before.host === url.host && before.pathname === "/incidents";
  const query = new URLSearchParams(url.searchParams.get("from") ?? (isList ? before.search : "")).toString();
  return query === "" ? "/incidents" : `/incidents?${query.slice(0, 2_000)}`;
}
