/** The first rows of incidents and cases. */
import type { Assessment } from "../../core/correlation/assess.ts";
import { riskLevel } from "../../core/risk.ts";
import { headlineOfActor } from "../../core/tickets/headline/actor-headline.ts";
import type { ActorPeriod } from "./actor-periods.ts";
import type { CaseRow } from "./case-rows.ts";
import type { IncidentRow } from "./incident-rows.ts";

/** The row of an actor's incident that is made at `now` (epoch ms). */
export function newIncident(period: ActorPeriod, incidentId: string, now: number): IncidentRow {
  const { id, entity, actor } = period;
  const { score } = period.state.risk;
  return {
    incidentId,
    periodId: id,
    entity,
    actor: actor.name,
    actorType: actor.type,
    status: "OPEN",
    score,
    level: riskLevel(score),
    assignedAnalyst: null,
    investigationNotes: null,
    resolutionNotes: null,
    ticketId: null,
    ticketUrl: null,
    ticketSystem: null,
    campaignId: null,
    outbreak: null,
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    escalatedAt: now,
    activity: { ...period.state.activity },
    headline: headlineOfActor(actor, period.state, now),
    createdSeq: 0,
    updatedSeq: 0,
  };
}

/** The row of a case of this type that is opened at `now` (epoch ms). */
export function newCase(
  { id, entity, actor }: ActorPeriod,
  caseId: string,
  type: string,
  facts: Assessment["opened"][number]["facts"],
  now: number,
): CaseRow {
  const { alerts, rules, risk, severity, hosts, first, last } = facts;
  return {
    caseId,
    periodId: id,
    entity,
    type,
    status: "OPEN",
    severity,
    primaryUser: actor.name,
    assignedAnalyst: null,
    investigationNotes: null,
    alerts,
    ruleCount: rules,
    risk,
    hosts,
    firstAlert: first,
    lastAlert: last,
    createdAt: now,
    updatedAt: now,
    closedPart: null,
    closedWithIncident: false,
    createdSeq: 0,
    updatedSeq: 0,
  };
}
