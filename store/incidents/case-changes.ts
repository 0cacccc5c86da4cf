/** Changes of cases by people and programs. */

import { activeCase } from "../../core/correlation/assess.ts";
import { caseBody } from "../../core/correlation/bodies.ts";
import { caseFacts } from "../../core/correlation/case-facts.ts";
import { closePattern, reopenPattern } from "../../core/correlation/evidence.ts";
import { EdgeError } from "../../core/errors.ts";
import { type CaseRequest, changeCase, withoutCopies } from "../../core/incident-change.ts";
import { type ActorPeriod, periodById } from "./actor-periods.ts";
import { type CaseRow, casesOfPeriods, findCase, saveCases } from "./case-rows.ts";
import { conclude } from "./conclusions.ts";
import type { Correlator } from "./correlator.ts";
import { type Changed, noteChanges } from "./incident-changes.ts";
import { findIncidents } from "./incident-rows.ts";
import { liveCases } from "./live-cases.ts";
import { savePeriods } from "./save-periods.ts";
import type { UnitOfWork } from "./unit-of-work.ts";

/**
 * Closing a case by hand removes its evidence from the pattern: later evidence makes a new case, and the actor's score no
 * longer counts the closed one. @throws EdgeError case_unknown; case_newer if a newer case of the same kind is active
 */
export async function applyCaseChange(
  unit: UnitOfWork,
  correlator: Correlator | null,
  caseId: string,
  request: CaseRequest,
): Promise<Changed<CaseRow>> {
  const { database, now } = unit;
  const before = await findCase(database, caseId);
  const period = before === null ? null : await periodById(database, before.periodId);
  if (before === null || period === null) throw new EdgeError("case_unknown", `there is no case ${caseId}`);
  const [live = before] = liveCases([before], period.state, correlator?.rules.patterns ?? []);
  const { threatCase: row, changes } = changeCase(live, request, now);
  if (changes.length === 0) return { row, changed: false };

  const closes = before.status !== "CLOSED" && row.status === "CLOSED";
  const reopens = before.status === "CLOSED" && row.status !== "CLOSED";
  if (closes) closeEvidence(period, row);
  if (reopens) reopenEvidence(period, row, await casesOfPeriods(database, [period.id]), correlator);

  const incidents = await findIncidents(database, period.incidentId === null ? [] : [period.incidentId]);
  const incident = incidents.get(period.incidentId ?? "") ?? null;
  const body = JSON.stringify(caseBody(row, incident, changes.map(withoutCopies)));
  row.updatedSeq = unit.addEvent("case_updated", caseId, row.entity, body);
  unit.add(...saveCases([row]));
  noteChanges(unit, "case", caseId, changes);
  if (closes || reopens) {
    // In the same write, so that no message contains a score that still counts the closed case.
    await rescore(unit, correlator, period);
    savePeriods(unit, [period]);
  }
  return { row, changed: true };
}

function closeEvidence(period: ActorPeriod, row: CaseRow): void {
  row.closedPart = period.state.evidence.part;
  row.closedWithIncident = false;
  closePattern(period.state.evidence, row.type);
  period.state.cases = period.state.cases.filter(({ id }) => id !== row.caseId);
}

function reopenEvidence(
  period: ActorPeriod,
  row: CaseRow,
  siblings: readonly CaseRow[],
  correlator: Correlator | null,
): void {
  const same = siblings.filter(({ type, caseId }) => type === row.type && caseId !== row.caseId);
  const newer = same.find(({ status }) => status !== "CLOSED");
  if (newer !== undefined)
    throw new EdgeError(
      "case_newer",
      `case ${newer.caseId} of the same kind and actor is active: work on that one, or close it first`,
    );
  const { closedPart } = row;
  Object.assign(row, { closedPart: null, closedWithIncident: false });
  // It was closed with its incident, so its evidence is unchanged.
  if (closedPart === null) return;
  const earlier = same.map((other) => other.closedPart ?? -1).filter((part) => part < closedPart);
  const { evidence } = period.state;
  reopenPattern(evidence, row.type, Math.max(-1, ...earlier), closedPart);
  const pattern = correlator?.rules.patterns.find(({ type }) => type === row.type);
  const facts = pattern === undefined ? null : caseFacts(evidence, pattern);
  if (facts !== null) period.state.cases.push(activeCase(row.caseId, row.type, facts));
}

/** Assesses the actor from scratch, because every window may have counted the case. */
async function rescore(unit: UnitOfWork, correlator: Correlator | null, period: ActorPeriod): Promise<void> {
  if (correlator === null || !period.current) return;
  period.state.windows = [];
  const changed = new Set(period.state.evidence.hours);
  await conclude(unit, correlator.rules, [{ period, changed }]);
}
