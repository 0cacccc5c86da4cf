/** Changes that people and programs make to incidents and cases: each is one commit of rows, history and events. */
import type { InStatement } from "@libsql/client";
import { caseBody, incidentBody } from "../../core/correlation/bodies.ts";
import { mergeEvidence } from "../../core/correlation/evidence.ts";
import type { PreparedPattern } from "../../core/correlation/patterns.ts";
import { EdgeError } from "../../core/errors.ts";
import { changeIncident, type IncidentRequest, withoutCopies } from "../../core/incident-change.ts";
import type { FieldChange } from "../../core/incident-event.ts";
import type { Database } from "../database/database.ts";
import { EventBatch } from "../events/event-batch.ts";
import { planUpdates, type SystemPolicies } from "../outbox/ticket-updates.ts";
import { type ActorPeriod, currentPeriods, periodById, savePeriods } from "./actor-periods.ts";
import { type CaseRow, casesOfPeriods, saveCases } from "./case-rows.ts";
import { conclude, type Examined } from "./conclusions.ts";
import type { Correlator } from "./correlator.ts";
import { addHistory, type HistoryAction } from "./history.ts";
import { findIncidents, type IncidentRow, saveIncidents } from "./incident-rows.ts";
import { activeOf, liveCases } from "./live-cases.ts";

/** Who makes a change, and what brings it in (`api`, `console`, the synchronisation of a ticket system). */
export interface Author {
  who: string;
  source: string;
  /** Instead of what the field says, such as EXTERNAL_SYNC. */
  action?: HistoryAction;
  /** The ticket that it comes from: that one need not be told. */
  ticketId?: number;
}

/** What holds for changes of incidents at the moment. */
export interface ChangeRules {
  patterns: readonly PreparedPattern[];
  /** Which of the changes reach tickets. */
  policies: SystemPolicies;
}

export interface Changed<Row> {
  row: Row;
  /** False: it was so already. */
  changed: boolean;
  events: EventBatch;
}

/** @throws EdgeError incident_unknown; incident_newer where a newer incident of the actor is open. */
export async function applyIncidentChange(
  database: Database,
  { patterns, policies }: ChangeRules,
  after: number,
  incidentId: string,
  request: IncidentRequest,
  author: Author,
  now: number,
): Promise<Changed<IncidentRow>> {
  const before = (await findIncidents(database, [incidentId])).get(incidentId);
  const period = before === undefined ? null : await periodById(database, before.periodId);
  if (before === undefined || period === null)
    throw new EdgeError("incident_unknown", `there is no incident ${incidentId}`);
  const { incident, changes, closes, reopens } = changeIncident(before, request, now);
  const events = new EventBatch(after, now);
  const row: IncidentRow = { ...before, ...incident };
  if (changes.length === 0) return { row, changed: false, events };

  const statements: InStatement[] = [];
  const cases = liveCases(await casesOfPeriods(database, [period.id]), period.state, patterns);
  if (closes) {
    Object.assign(period, { current: false, decayAt: null });
    statements.push(...closeCases(cases, row, author, events, now));
  }
  if (reopens) {
    const between = await evidenceSince(database, period);
    statements.push(...reopenCases(cases, row, author, events, now));
    if (between !== null) {
      const since = await casesOfPeriods(database, [between.id]);
      statements.push(
        ...mergeCases(period, between, since, row, author, events, now),
        ...takeOver(period, between, now),
      );
      cases.push(...since);
    }
    // Looked at at the next turn of the loop: it may have fallen in the meantime.
    Object.assign(period, { current: true, decayAt: now });
  }
  const body = incidentBody(row, period.state, activeOf(cases), now, changes.map(withoutCopies));
  row.updatedSeq = events.add("incident_updated", row.incidentId, row.entity, JSON.stringify(body));
  statements.push(...saveIncidents([row]), ...historyOf("incident", row.incidentId, changes, author, now));
  statements.push(...planUpdates(row.incidentId, changes, author, policies, now));
  if (closes || reopens) statements.push(...savePeriods([period]));
  await database.write([...statements, ...events.statements()]);
  return { row, changed: true, events };
}

/**
 * Closes the active cases with their incident: what they stand on no longer counts. Their evidence stays as it is, so that they come
 * back when the incident does.
 */
function closeCases(
  cases: CaseRow[],
  incident: IncidentRow,
  author: Author,
  events: EventBatch,
  now: number,
): InStatement[] {
  return cases
    .filter(({ status }) => status !== "CLOSED")
    .flatMap((row) => setStatus(row, "CLOSED", true, incident, author, events, now));
}

function reopenCases(
  cases: CaseRow[],
  incident: IncidentRow,
  author: Author,
  events: EventBatch,
  now: number,
): InStatement[] {
  return cases
    .filter(({ closedWithIncident }) => closedWithIncident)
    .flatMap((row) => setStatus(row, "OPEN", false, incident, author, events, now));
}

function setStatus(
  row: CaseRow,
  status: CaseRow["status"],
  withIncident: boolean,
  incident: IncidentRow,
  author: Author,
  events: EventBatch,
  now: number,
): InStatement[] {
  const changes: FieldChange[] = [{ field: "status", old: row.status, new: status }];
  Object.assign(row, { status, closedWithIncident: withIncident, updatedAt: now });
  row.updatedSeq = events.add("case_updated", row.caseId, row.entity, JSON.stringify(caseBody(row, incident, changes)));
  return [...saveCases([row]), ...historyOf("case", row.caseId, changes, author, now)];
}

/** What came in since the incident was closed. @throws EdgeError incident_newer */
async function evidenceSince(database: Database, { key }: ActorPeriod): Promise<ActorPeriod | null> {
  const between = (await currentPeriods(database, [key])).get(key) ?? null;
  if (between === null || between.incidentId === null) return between;
  throw new EdgeError(
    "incident_newer",
    `incident ${between.incidentId} of the same actor is open: work on that one, or close it first`,
    { data: { incidentId: between.incidentId } },
  );
}

/** Cases made since go to the reopened incident, unless its own of the same kind is back: that one goes on with their evidence. */
function mergeCases(
  period: ActorPeriod,
  between: ActorPeriod,
  since: readonly CaseRow[],
  incident: IncidentRow,
  author: Author,
  events: EventBatch,
  now: number,
): InStatement[] {
  return between.state.cases.flatMap((known) => {
    if (!period.state.cases.some(({ type }) => type === known.type)) {
      period.state.cases.push(known);
      return [];
    }
    const row = since.find(({ caseId }) => caseId === known.id);
    return row === undefined ? [] : setStatus(row, "CLOSED", false, incident, author, events, now);
  });
}

/** The reopened period is the actor's current one again; what came in since goes to it, to be assessed at the next turn of the loop. */
function takeOver(period: ActorPeriod, between: ActorPeriod, now: number): InStatement[] {
  mergeEvidence(period.state.evidence, between.state.evidence);
  const { activity } = period.state;
  const more = between.state.activity;
  activity.detections += more.detections;
  activity.highDetections += more.highDetections;
  activity.alarms += more.alarms;
  activity.rbpSum += more.rbpSum;
  activity.rbpMax = Math.max(activity.rbpMax, more.rbpMax);
  activity.firstAt = least(activity.firstAt, more.firstAt);
  activity.lastAt = greatest(activity.lastAt, more.lastAt);
  Object.assign(period, { pending: true, updatedAt: now });
  return [
    { sql: "delete from actor_periods where id = ?", args: [between.id] },
    ...["sigma_alerts", "alarms", "threat_cases"].map((table) => ({
      sql: `update ${table} set period_id = ? where period_id = ?`,
      args: [period.id, between.id],
    })),
  ];
}

const actions: Readonly<Record<string, HistoryAction>> = {
  status: "STATUS_CHANGED",
  assigned_analyst: "ASSIGNED",
  investigation_notes: "NOTES_CHANGED",
  resolution_notes: "NOTES_CHANGED",
  external_ticket_id: "TICKET_LINKED",
};

export function historyOf(
  of: "incident" | "case",
  id: string,
  changes: readonly FieldChange[],
  { who, source, action }: Author,
  at: number,
): InStatement[] {
  const text = (value: FieldChange["old"]) => (value === null ? null : String(value));
  return addHistory(
    of,
    changes.map(withoutCopies).map(({ field, old, new: now }) => ({
      id,
      at,
      who,
      source,
      field,
      old: text(old),
      new: text(now),
      action: action ?? actions[field] ?? "STATUS_CHANGED",
    })),
  );
}

/**
 * Makes an incident of an actor by hand, whatever its score.
 * @throws EdgeError actor_unknown: nothing is known of such an actor; incident_exists: it has an open incident.
 */
export async function promote(
  database: Database,
  correlator: Correlator,
  after: number,
  request: { entity: string; actor: string; reason: string },
  author: Author,
  now: number,
): Promise<{ incidentId: string; events: EventBatch }> {
  const keys = correlator.keysOf(request.entity, request.actor);
  const known = await currentPeriods(database, keys);
  const period = keys.map((key) => known.get(key)).find((found) => found !== undefined);
  if (period === undefined)
    throw new EdgeError(
      "actor_unknown",
      `nothing is known of an actor ${JSON.stringify(request.actor.slice(0, 80))} of this entity: give the user, host or address of a detection`,
    );
  if (period.incidentId !== null)
    throw new EdgeError("incident_exists", `the actor has an open incident already: ${period.incidentId}`, {
      data: { incidentId: period.incidentId },
    });
  const events = new EventBatch(after, now);
  const { who, source } = author;
  const hours = period.pending ? period.state.evidence.hours : [];
  const examined: Examined = { period, changed: new Set(hours), promotion: { who, source, reason: request.reason } };
  const statements = await conclude(database, correlator.rules, [examined], events, now);
  await database.write([...statements, ...savePeriods([period]), ...events.statements()]);
  return { incidentId: period.incidentId ?? "", events };
}

function least(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function greatest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
