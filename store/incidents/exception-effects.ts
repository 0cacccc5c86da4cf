/**
 * What saving or removing an exception does to evidence that is there already: what it covers by rule, actor and host is taken out and kept
 * aside, and comes back if the exception is removed while it holds. Actors are gone through in steps, each one commit with how far it came,
 * so that intake goes on meanwhile and a crash in between loses and doubles nothing.
 */
import { type ActorState, encodeActorState, parseActorState } from "../../core/correlation/actor-state.ts";
import { assess } from "../../core/correlation/assess.ts";
import { caseBody } from "../../core/correlation/bodies.ts";
import { mergeState } from "../../core/correlation/merge-states.ts";
import { type Exception, needsLog } from "../../core/exceptions/exception.ts";
import { ExceptionMatcher } from "../../core/exceptions/exception-matcher.ts";
import { itemTest, takeItems } from "../../core/exceptions/taken-evidence.ts";
import type { FieldChange } from "../../core/incident-event.ts";
import { dayMs, minuteMs } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { forRows, insertSql } from "../database/insert-sql.ts";
import { integer, text } from "../database/rows.ts";
import { type ActorPeriod, actorOfKey, periodsById } from "./actor-periods.ts";
import { casesOfPeriods, saveCases } from "./case-rows.ts";
import { conclude, type Examined, traitsOf } from "./conclusions.ts";
import type { Correlator } from "./correlator.ts";
import { changedException, listExceptions } from "./exceptions.ts";
import { noteChanges } from "./incident-changes.ts";
import { findIncidents, saveActivity } from "./incident-rows.ts";
import { savePeriods } from "./save-periods.ts";
import { type OpenUnit, UnitOfWork } from "./unit-of-work.ts";

/** The most actors that one commit looks at by name, those whose evidence it reads, and those that it changes: others wait meanwhile. */
const mostLookedAt = 2_000;
const mostRead = 300;
const mostChanged = 50;
/** Read at once. */
const readAtOnce = 50;
/** Evidence that is older has lost its weight, and makes no new incident when it comes back. */
const freshMs = 7 * dayMs;

/** Goes a step further with exceptions that were saved or removed; returns whether more is left. `now`: epoch ms. */
export async function applyExceptions(open: OpenUnit, correlator: Correlator, now: number): Promise<boolean> {
  return (await giveBackStep(open, correlator, now)) || (await takeStep(open, correlator, now));
}

async function takeStep(open: OpenUnit, correlator: Correlator, now: number): Promise<boolean> {
  const { database } = open;
  const { rows } = await database.read(
    "select id, applied_upto from exceptions where applied_upto is not null and removed = 0 order by created_at, id limit 1",
  );
  const [row] = rows;
  if (row === undefined) return false;
  const exception = (await listExceptions(database)).find(({ id }) => id === text(row, "id"));
  if (exception === undefined) return false;
  const isOver = exception.until !== null && exception.until <= now;
  const matcher = new ExceptionMatcher(exception, correlator.naming);
  const author = { who: exception.who, source: "exception" };
  await UnitOfWork.inOneWrite(open, author, now, async (unit) => {
    const { concerned, upto } = isOver
      ? { concerned: [], upto: null }
      : await takeFrom(database, correlator, matcher, integer(row, "applied_upto"));
    await keepAside(unit, exception.id, concerned);
    await rescore(
      unit,
      correlator,
      concerned.map(([period]) => ({ period, changed: new Set(period.state.evidence.hours), regrouped: true })),
    );
    for (const [{ incidentId }, { activity }] of concerned)
      if (incidentId !== null)
        unit.addHistory("incident", incidentId, {
          action: "EXCEPTION_APPLIED",
          field: "evidence",
          old: null,
          new: `${exception.id} took ${counted(activity.detections)} out of the evidence: ${exception.reason}`,
        });
    unit.add({ sql: "update exceptions set applied_upto = ? where id = ?", args: [upto, exception.id] });
  });
  return true;
}

/** Takes what is covered from the evidence of some actors behind `after`; `upto`: how far that was, null = to the end. */
async function takeFrom(
  database: Database,
  { naming }: Correlator,
  matcher: ExceptionMatcher,
  after: number,
): Promise<{ concerned: (readonly [ActorPeriod, ActorState])[]; upto: number | null }> {
  const { rows } = await database.read(
    "select id, actor_key from actor_periods where current = 1 and id > ? order by id limit ?",
    [after, mostLookedAt],
  );
  const ids = rows
    .filter((row) => matcher.mayConcern(...actorOfKey(text(row, "actor_key"))))
    .map((row) => integer(row, "id"));
  const concerned: (readonly [ActorPeriod, ActorState])[] = [];
  for (let at = 0; at < ids.length; at += readAtOnce) {
    if (at >= mostRead || concerned.length >= mostChanged) return { concerned, upto: ids[at - 1] ?? after };
    for (const period of await periodsById(database, ids.slice(at, at + readAtOnce))) {
      const { state } = period;
      const taken = takeItems(state, itemTest(matcher, period, state.evidence, naming));
      if (taken !== null) concerned.push([period, taken]);
    }
  }
  const last = rows.at(-1);
  return { concerned, upto: rows.length < mostLookedAt || last === undefined ? null : integer(last, "id") };
}

/** Gives back evidence of removed exceptions. */
async function giveBackStep(open: OpenUnit, correlator: Correlator, now: number): Promise<boolean> {
  const { database } = open;
  const [removed] = (await database.read("select id from exceptions where removed = 1 order by id limit 1")).rows;
  if (removed === undefined) return false;
  const exceptionId = text(removed, "id");
  const { rows } = await database.read(
    "select period_id, state from excepted_evidence where exception_id = ? order by period_id limit ?",
    [exceptionId, mostChanged],
  );
  const states = new Map(rows.map((row) => [integer(row, "period_id"), text(row, "state")]));
  const others = (await listExceptions(database)).filter(
    (one) => !needsLog(one) && (one.until === null || one.until > now),
  );
  const changed = changedException(exceptionId);
  const what = changed === null ? `${exceptionId} was removed` : `${changed} was changed`;
  await UnitOfWork.inOneWrite(open, { who: "rhythmx", source: "exception" }, now, async (unit) => {
    const periods = await periodsById(database, [...states.keys()]);
    for (const period of periods) {
      const back = parseActorState(states.get(period.id) ?? "");
      await keepForOthers(unit, correlator, others, period, back);
      const returned = back.activity.detections;
      mergeState(period.state, back);
      // What comes back was there before: it is no news.
      period.state.evidence.assessedRules = period.state.evidence.rules.length;
      if (period.incidentId !== null && returned > 0)
        unit.addHistory("incident", period.incidentId, {
          action: changed === null ? "EXCEPTION_REMOVED" : "EXCEPTION_CHANGED",
          field: "evidence",
          old: null,
          new: `${what}: ${counted(returned)} that it had taken out count again`,
        });
    }
    unit.add(
      ...forRows(
        "delete from excepted_evidence where exception_id = ? and period_id = ?",
        [...states.keys()].map((id) => [exceptionId, id]),
      ),
      ...(rows.length < mostChanged ? [{ sql: "delete from exceptions where id = ?", args: [exceptionId] }] : []),
    );
    const isFresh = ({ recorded }: { recorded: number }) => recorded * minuteMs > now - freshMs;
    const current = periods.filter((period) => period.current);
    await rescore(
      unit,
      correlator,
      current.map((period) => ({
        period,
        changed: new Set(period.state.evidence.hours.filter(isFresh)),
        regrouped: true,
      })),
    );
    savePeriods(
      unit,
      periods.filter((period) => !period.current),
    );
  });
  return true;
}

/** Of what comes back, other exceptions keep what they cover as well. */
async function keepForOthers(
  unit: UnitOfWork,
  correlator: Correlator,
  others: readonly Exception[],
  period: ActorPeriod,
  state: ActorState,
): Promise<void> {
  for (const other of others) {
    const matcher = new ExceptionMatcher(other, correlator.naming);
    const taken = takeItems(state, itemTest(matcher, period, state.evidence, correlator.naming));
    if (taken !== null) await keepAside(unit, other.id, [[period, taken]]);
  }
}

async function keepAside(
  unit: UnitOfWork,
  exceptionId: string,
  taken: readonly (readonly [ActorPeriod, ActorState])[],
): Promise<void> {
  if (taken.length === 0) return;
  const { rows } = await unit.database.read(
    "select period_id, state from excepted_evidence where exception_id = ? and period_id in (select value from json_each(?))",
    [exceptionId, JSON.stringify(taken.map(([{ id }]) => id))],
  );
  const known = new Map(rows.map((row) => [integer(row, "period_id"), text(row, "state")]));
  for (const [{ id }, state] of taken) {
    const before = known.get(id);
    const kept = before === undefined ? state : parseActorState(before);
    if (kept !== state) mergeState(kept, state);
    unit.add({
      sql: insertSql(
        "excepted_evidence",
        "exception_id, period_id, state",
        "on conflict (exception_id, period_id) do update set state = excluded.state",
      ),
      args: [exceptionId, id, encodeActorState(kept)],
    });
  }
}

/** Assesses these actors, closes cases of which nothing is left, and saves them. */
async function rescore(unit: UnitOfWork, correlator: Correlator, examined: readonly Examined[]): Promise<void> {
  if (examined.length === 0) return;
  const { rules } = correlator;
  for (const { period, changed } of examined) {
    assess(period.state, changed, rules, traitsOf(period, rules.roles));
    await closeEmptyCases(unit, period);
  }
  await conclude(unit, rules, examined);
  const periods = examined.map(({ period }) => period);
  savePeriods(unit, periods);
  unit.add(
    ...saveActivity(
      periods.flatMap(({ incidentId, state }) =>
        incidentId === null ? [] : [[incidentId, state.activity, null] as const],
      ),
    ),
  );
}

async function closeEmptyCases(unit: UnitOfWork, period: ActorPeriod): Promise<void> {
  const { evidence, cases } = period.state;
  const gone = cases.filter(({ type }) => !evidence.hours.some(({ matched }) => matched.includes(type)));
  if (gone.length === 0) return;
  const rows = await casesOfPeriods(unit.database, [period.id]);
  const incidents = await findIncidents(unit.database, period.incidentId === null ? [] : [period.incidentId]);
  const incident = incidents.get(period.incidentId ?? "") ?? null;
  period.state.cases = cases.filter((known) => !gone.includes(known));
  for (const row of rows.filter(({ caseId }) => gone.some(({ id }) => id === caseId))) {
    const changes: FieldChange[] = [{ field: "status", old: row.status, new: "CLOSED" }];
    Object.assign(row, { status: "CLOSED", closedPart: evidence.part, closedWithIncident: false, updatedAt: unit.now });
    row.updatedSeq = unit.addEvent(
      "case_updated",
      row.caseId,
      row.entity,
      JSON.stringify(caseBody(row, incident, changes)),
    );
    unit.add(...saveCases([row]));
    noteChanges(unit, "case", row.caseId, changes);
  }
}

function counted(detections: number): string {
  return `${detections} ${detections === 1 ? "detection" : "detections"}`;
}
