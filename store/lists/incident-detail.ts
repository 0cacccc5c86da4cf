/** The details of one incident or one case, as they are now. */

import { type InvolvedAssets, involvedAssets } from "../../core/assets/involved.ts";
import type { Roles } from "../../core/assets/roles.ts";
import { readAttackTags } from "../../core/attack/attack.ts";
import type { CampaignMembers } from "../../core/campaigns/members.ts";
import { incidentBody } from "../../core/correlation/bodies.ts";
import type { PreparedPattern } from "../../core/correlation/patterns.ts";
import { belongs } from "../../core/correlation/patterns.ts";
import {
  attackChain,
  type ChainLink,
  type RiskDetail,
  type RuleSummary,
  riskDetail,
  ruleSummaries,
} from "../../core/correlation/summary.ts";
import { type Level, levels } from "../../core/detection.ts";
import type { IncidentBody } from "../../core/incident-event.ts";
import { normaliseName } from "../../core/intake/identity.ts";
import { headlineOfActor } from "../../core/tickets/headline/actor-headline.ts";
import { type Sla, slaOf } from "../../core/tickets/sla.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text } from "../database/rows.ts";
import { periodById } from "../incidents/actor-periods.ts";
import { type CaseRow, casesOfPeriods, findCase } from "../incidents/case-rows.ts";
import { readHistory, type ShownEntry } from "../incidents/history.ts";
import { findIncidents, type IncidentRow } from "../incidents/incident-rows.ts";
import { activeOf, liveCases } from "../incidents/live-cases.ts";
import { serviceLevels } from "../outbox/service-levels.ts";
import { type ActiveHour, activeHours } from "./active-hours.ts";
import { alertsOfPeriod, type RuleExample } from "./alert-detail.ts";
import { readMembers } from "./campaigns.ts";

/** An alert of the actor of an incident or case. Times are epoch milliseconds. */
export interface AlertOfActor {
  hash: string;
  ruleId: string;
  ruleTitle: string;
  ruleAuthor: string;
  level: Level;
  tags: string[];
  user: string;
  host: string;
  ip: string;
  risk: number;
  count: number;
  firstSeen: number;
  lastSeen: number;
}

/** A SIEM alarm that counts towards an incident's score. */
export interface ContributingAlarm {
  alarmId: string;
  name: string;
  rbp: number;
  entity: string;
  /** Epoch milliseconds. */
  at: number;
}

export interface RuleOfIncident extends RuleSummary {
  /** The rule's author, whom Sigma's licence requires to be named. */
  author: string;
  /** Null where retention has removed its alerts. */
  example: RuleExample | null;
}

export interface IncidentDetail {
  incident: IncidentRow;
  body: IncidentBody;
  /** What happened, where and by whom, in one line. */
  headline: string;
  risk: RiskDetail;
  chain: ChainLink[];
  rules: RuleOfIncident[];
  /** All cases of the actor's period, including closed ones. */
  cases: CaseRow[];
  /** The accounts named in its alerts, in their first spelling. */
  users: string[];
  /** The hosts and accounts of its evidence and alerts, the actor first where it is one. */
  assets: InvolvedAssets;
  /** The newest alarms. */
  alarms: ContributingAlarm[];
  /** The newest hours in which something happened, oldest first. */
  activity: ActiveHour[];
  sla: Sla;
  /** The other incidents of its campaign, and why they are one; null = it is part of none. */
  campaign: CampaignMembers | null;
  /** The newest entries, oldest first. */
  history: ShownEntry[];
  historyTotal: number;
}

export interface CaseDetail {
  threatCase: CaseRow;
  incident: IncidentRow | null;
  rules: RuleSummary[];
  alerts: AlertOfActor[];
  /** The newest entries, oldest first. */
  history: ShownEntry[];
  historyTotal: number;
}

/** The most entries of each list; counts are of all. */
const mostListed = 500;
/** Two weeks of hours, and some. */
const mostHours = 400;

/** The id of the incident that was made last; null = there is none. */
export async function newestIncident(database: Database): Promise<string | null> {
  const { rows } = await database.read("select incident_id from incidents order by id desc limit 1", []);
  return rows[0] === undefined ? null : text(rows[0], "incident_id");
}

/** Null if there is no incident with that id. `now`: epoch milliseconds. */
export async function readIncidentDetail(
  database: Database,
  { patterns, roles }: { patterns: readonly PreparedPattern[]; roles: Roles },
  incidentId: string,
  now: number,
): Promise<IncidentDetail | null> {
  const incident = (await findIncidents(database, [incidentId])).get(incidentId);
  const period = incident === undefined ? null : await periodById(database, incident.periodId);
  if (incident === undefined || period === null) return null;
  const { state } = period;
  const cases = liveCases(await casesOfPeriods(database, [period.id]), state, patterns);
  const { examples, authors, users } = await alertsOfPeriod(database, period.id);
  const history = await readHistory(database, "incident", incidentId);
  const body = incidentBody(incident, state, activeOf(cases), now);
  return {
    incident,
    body,
    headline: headlineOfActor({ type: incident.actorType, name: incident.actor }, state, now),
    risk: riskDetail(state, now),
    chain: attackChain(state.evidence),
    rules: ruleSummaries(state.evidence).map((rule) => ({
      ...rule,
      author: authors.get(rule.key) ?? "",
      example: examples.get(rule.key) ?? null,
    })),
    cases,
    users,
    assets: involvedAssets(roles, incident.entity, {
      // Those of an outbreak too: what is recommended for all of them must know a domain controller among them.
      hosts: [
        ...(incident.actorType === "host" ? [incident.actor] : []),
        ...state.evidence.hosts,
        ...(body.outbreak?.hosts ?? []),
      ],
      accounts: [...(incident.actorType === "user" ? [incident.actor] : []), ...users],
    }),
    alarms: await contributingAlarms(database, period.id),
    activity: activeHours(state.evidence, mostHours),
    sla: slaOf(incident.level, incident.createdAt, incident.closedAt, now, await serviceLevels(database)),
    campaign: incident.campaignId === null ? null : await readMembers(database, incident.campaignId, incidentId),
    history: history.entries,
    historyTotal: history.total,
  };
}

/** Null if there is no case with that id. */
export async function readCaseDetail(
  database: Database,
  patterns: readonly PreparedPattern[],
  caseId: string,
): Promise<CaseDetail | null> {
  const row = await findCase(database, caseId);
  const period = row === null ? null : await periodById(database, row.periodId);
  if (row === null || period === null) return null;
  const [threatCase = row] = liveCases([row], period.state, patterns);
  const incidents = await findIncidents(database, period.incidentId === null ? [] : [period.incidentId]);
  const pattern = patterns.find(({ type }) => type === row.type);
  const takesPart = (alert: { level: Level; tags: readonly string[] }) =>
    pattern === undefined || belongs(pattern, { level: levels.indexOf(alert.level), ...readAttackTags(alert.tags) });
  const alerts = (await alertsOf(database, period.id)).filter(takesPart);
  const history = await readHistory(database, "case", caseId);
  const keys = new Set(alerts.map(({ ruleId, ruleTitle }) => normaliseName(ruleId) || normaliseName(ruleTitle)));
  return {
    threatCase,
    incident: incidents.get(period.incidentId ?? "") ?? null,
    rules: ruleSummaries(period.state.evidence).filter(({ key }) => keys.has(key)),
    alerts,
    history: history.entries,
    historyTotal: history.total,
  };
}

/** Alerts whose evidence counts, or counted earlier, for this period. */
const ofPeriod = `(select id from sigma_alerts where period_id = ?1
  union select alert_id from period_alerts where period_id = ?1)`;

async function alertsOf(database: Database, periodId: number): Promise<AlertOfActor[]> {
  const { rows } = await database.read(
    `select hash, rule_id, rule_title, rule_author, level, tags, user_name, host, src_ip, risk, count, first_seen, last_seen
     from sigma_alerts where id in ${ofPeriod} order by last_seen desc limit ?2`,
    [periodId, mostListed],
  );
  return rows.map((row) => ({
    hash: text(row, "hash"),
    ruleId: text(row, "rule_id"),
    ruleTitle: text(row, "rule_title"),
    ruleAuthor: text(row, "rule_author"),
    level: text(row, "level") as Level,
    tags: JSON.parse(text(row, "tags")) as string[],
    user: text(row, "user_name"),
    host: text(row, "host"),
    ip: text(row, "src_ip"),
    risk: integer(row, "risk"),
    count: integer(row, "count"),
    firstSeen: fromIso(text(row, "first_seen")),
    lastSeen: fromIso(text(row, "last_seen")),
  }));
}

async function contributingAlarms(database: Database, periodId: number): Promise<ContributingAlarm[]> {
  const { rows } = await database.read(
    `select alarm_id, name, rbp, entity_name, alarm_time from alarms where period_id = ? order by alarm_time desc limit ?`,
    [periodId, mostListed],
  );
  return rows.map((row) => ({
    alarmId: text(row, "alarm_id"),
    name: text(row, "name"),
    rbp: integer(row, "rbp"),
    entity: text(row, "entity_name"),
    at: fromIso(text(row, "alarm_time")),
  }));
}
