/** Changes of incidents by people and programs. Each adds its rows, history and events to a unit of work. */
import { caseBody, incidentBody } from "../../core/correlation/bodies.ts";
import { mergeState } from "../../core/correlation/merge-states.ts";
import type { PreparedPattern } from "../../core/correlation/patterns.ts";
import { EdgeError } from "../../core/errors.ts";
import { changeIncident, type IncidentRequest, withoutCopies } from "../../core/incident-change.ts";
import type { FieldChange } from "../../core/incident-event.ts";
import type { Database } from "../database/database.ts";
import { planUpdates, type SystemPolicies } from "../outbox/ticket-updates.ts";
import { type ActorPeriod, actorOfKey, currentPeriods, periodById } from "./actor-periods.ts";
import { type CaseRow, casesOfPeriods, saveCases } from "./case-rows.ts";
import { conclude, type Examined } from "./conclusions.ts";
import type { Correlator } from "./correlator.ts";
import { applyAgain } from "./exceptions.ts";
import type { HistoryAction, HistorySubject } from "./history.ts";
import { findIncidents, type IncidentRow, saveIncidents } from "./incident-rows.ts";
import { activeOf, liveCases } from "./live-cases.ts";
import { savePeriods } from "./save-periods.ts";
import type { UnitOfWork } from "./unit-of-work.ts";

/** The settings that apply to a change of an incident. */
export interface ChangeRules {
  patterns: readonly PreparedPattern[];
  /** Which changes are sent to tickets. */
  policies: SystemPolicies;
}

export interface Changed<Row> {
  row: Row;
  /** False if nothing had to change. */
  changed: boolean;
}

/** @throws EdgeError incident_unknown; incident_newer if a newer incident of the actor is open */
export async function applyIncidentChange(
  unit: UnitOfWork,
  { patterns, policies }: ChangeRules,
  incidentId: string,
  request: IncidentRequest,
): Promise<Changed<IncidentRow>> {
  const { database, now } = unit;
  const before = (await findIncidents(database, [incidentId])).get(incidentId);
  const period = before === undefined ? null : await periodById(database, before.periodId);
  if (before === undefined || period === null)
    throw new EdgeError("incident_unknown", `there is no incident ${incidentId}`);
  const { incident, changes, closes, reopens } = changeIncident(before, request, now);
  const row: IncidentRow = { ...before, ...incident };
  if (changes.length === 0) return { row, changed: false };

  const cases = liveCases(await casesOfPeriods(database, [period.id]), period.state, patterns);
  if (closes) {
    Object.assign(period, { current: false, decayAt: null });
    closeCases(unit, cases, row);
  }
  if (reopens) {
    // First, because this may throw and nothing must have been added to the unit by then.
    const between = await evidenceSince(database, period);
    reopenCases(unit, cases, row);
    if (between !== null) {
      const since = await casesOfPeriods(database, [between.id]);
      mergeCases(unit, period, between, since, row);
      takeOver(unit, period, between);
      cases.push(...since);
    }
    unit.add(applyAgain(period.id));
    // Due at once: the score may have fallen in the meantime.
    Object.assign(period, { current: true, decayAt: now });
  }
  const body = incidentBody(row, period.state, activeOf(cases), now, changes.map(withoutCopies));
  row.updatedSeq = unit.addEvent("incident_updated", row.incidentId, row.entity, JSON.stringify(body));
  unit.add(...saveIncidents([row]));
  noteChanges(unit, "incident", row.incidentId, changes);
  unit.add(...planUpdates(row.incidentId, changes, unit.author, policies, now));
  if (closes || reopens) savePeriods(unit, [period]);
  return { row, changed: true };
}

/**
 * Closes the active cases together with their incident. Their evidence is kept, so that they are reopened with
 * the incident.
 */
function closeCases(unit: UnitOfWork, cases: readonly CaseRow[], incident: IncidentRow): void {
  for (const row of cases) if (row.status !== "CLOSED") setStatus(unit, row, "CLOSED", true, incident);
}

function reopenCases(unit: UnitOfWork, cases: readonly CaseRow[], incident: IncidentRow): void {
  for (const row of cases) if (row.closedWithIncident) setStatus(unit, row, "OPEN", false, incident);
}

function setStatus(
  unit: UnitOfWork,
  row: CaseRow,
  status: CaseRow["status"],
  withIncident: boolean,
  incident: IncidentRow,
): void {
  const changes: FieldChange[] = [{ field: "status", old: row.status, new: status }];
  Object.assign(row, { status, closedWithIncident: withIncident, updatedAt: unit.now });
  const body = JSON.stringify(caseBody(row, incident, changes));
  row.updatedSeq = unit.addEvent("case_updated", row.caseId, row.entity, body);
  unit.add(...saveCases([row]));
  noteChanges(unit, "case", row.caseId, changes);
}

/** The actor's period since the incident was closed, if any. @throws EdgeError incident_newer */
async function evidenceSince(database: Database, { key }: ActorPeriod): Promise<ActorPeriod | null> {
  const between = (await currentPeriods(database, [key])).get(key) ?? null;
  if (between === null || between.incidentId === null) return between;
  throw new EdgeError(
    "incident_newer",
    `incident ${between.incidentId} of the same actor is open: work on that one, or close it first`,
    { data: { incidentId: between.incidentId } },
  );
}

/** Moves newer cases to the reopened incident, unless it has a case of the same kind itself, which then takes over their evidence. */
function mergeCases(
  unit: UnitOfWork,
  period: ActorPeriod,
  between: ActorPeriod,
  since: readonly CaseRow[],
  incident: IncidentRow,
): void {
  for (const known of between.state.cases) {
    if (!period.state.cases.some(({ type }) => type === known.type)) {
      period.state.cases.push(known);
      continue;
    }
    const row = since.find(({ caseId }) => caseId === known.id);
    if (row !== undefined) setStatus(unit, row, "CLOSED", false, incident);
  }
}

/** Makes the reopened period the actor's current one and moves newer evidence to it, to be assessed when the loop next runs. */
function takeOver(unit: UnitOfWork, period: ActorPeriod, between: ActorPeriod): void {
  mergeState(period.state, between.state);
  Object.assign(period, { pending: true, updatedAt: unit.now });
  const [entityKey] = actorOfKey(period.key);
  unit.add(
    { sql: "delete from actor_periods where id = ?", args: [between.id] },
    {
      sql: "update outbreak_sightings set period_id = ? where entity_key = ? and period_id = ?",
      args: [period.id, entityKey, between.id],
    },
    { sql: "delete from actor_repeats where period_id = ?", args: [between.id] },
    // What an exception took from both stays with the one it has.
    { sql: "update or ignore excepted_evidence set period_id = ? where period_id = ?", args: [period.id, between.id] },
    { sql: "delete from excepted_evidence where period_id = ?", args: [between.id] },
    ...["sigma_alerts", "alarms", "threat_cases"].map((table) => ({
      sql: `update ${table} set period_id = ? where period_id = ?`,
      args: [period.id, between.id],
    })),
  );
}

const actions: Readonly<Record<string, HistoryAction>> = {
  status: "STATUS_CHANGED",
  assigned_analyst: "ASSIGNED",
  investigation_notes: "NOTES_CHANGED",
  resolution_notes: "NOTES_CHANGED",
  external_ticket_id: "TICKET_LINKED",
};

/** Adds changes of fields to the history, in the name of the unit's author. */
export function noteChanges(unit: UnitOfWork, of: HistorySubject, id: string, changes: readonly FieldChange[]): void {
  const text = (value: FieldChange["old"]) => (value === null ? null : String(value));
  for (const { field, old, new: now } of changes.map(withoutCopies)) {
    const action = unit.author.action ?? actions[field] ?? "STATUS_CHANGED";
    unit.addHistory(of, id, { action, field, old: text(old), new: text(now) });
  }
}

/**
 * Makes an incident for an actor by hand, whatever the score.
 * @throws EdgeError actor_unknown; incident_exists if the actor has an open incident
 */
export async function promote(
  unit: UnitOfWork,
  correlator: Correlator,
  request: { entity: string; actor: string; reason: string },
): Promise<string> {
  const keys = correlator.keysOf(request.entity, request.actor);
  const known = await currentPeriods(unit.database, keys);
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
  const hours = period.pending ? period.state.evidence.hours : [];
  const examined: Examined = { period, changed: new Set(hours), promotion: { reason: request.reason } };
  await conclude(unit, correlator.rules, [examined]);
  savePeriods(unit, [period]);
  return period.incidentId ?? "";
}
