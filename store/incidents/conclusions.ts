/** Turns what core concludes from evidence (scores, cases, incidents) into rows and events. */

import type { Roles } from "../../core/assets/roles.ts";
import { type AssetTraits, assetTraits } from "../../core/assets/weight.ts";
import type { Outbreak } from "../../core/campaigns/campaign.ts";
import {
  type Assessment,
  type AssessmentRules,
  activeCase,
  assess,
  assessRepeats,
} from "../../core/correlation/assess.ts";
import { caseBody, incidentBody } from "../../core/correlation/bodies.ts";
import { compact } from "../../core/correlation/compact.ts";
import type { EvidenceHour } from "../../core/correlation/evidence.ts";
import { rulesChange, takeNewRules } from "../../core/correlation/rarity/new-rules.ts";
import type { Repeats } from "../../core/correlation/repeats.ts";
import { currentScore, earliestDecay, nextDecay } from "../../core/correlation/score.ts";
import type { FieldChange } from "../../core/incident-event.ts";
import { compareLevels, type RiskLevel, riskLevel } from "../../core/risk.ts";
import { systemsToPush } from "../../core/tickets/auto-push.ts";
import { headlineOfActor } from "../../core/tickets/headline/actor-headline.ts";
import { hourMs } from "../../core/time.ts";
import { newIds } from "../database/new-ids.ts";
import { askGate, noteOutbreaks, noteRules, type TicketRules } from "../outbox/ticket-updates.ts";
import { type PlannedTicket, planTickets } from "../outbox/tickets.ts";
import type { ActorPeriod } from "./actor-periods.ts";
import { type CaseRow, casesOfPeriods, growCases, saveCases } from "./case-rows.ts";
import { findIncidents, type IncidentRow, saveActivity, saveIncidents, saveScores } from "./incident-rows.ts";
import { activeOf, liveCases } from "./live-cases.ts";
import { newCase, newIncident } from "./new-rows.ts";
import { searchAnew } from "./search-marks.ts";
import { type Change, correlationAuthor, type UnitOfWork } from "./unit-of-work.ts";

export interface ConclusionRules extends AssessmentRules {
  tickets: TicketRules;
  roles: Roles;
}

/** An actor to assess, and the hours whose evidence changed; no hours if only time has passed. */
export interface Examined {
  period: ActorPeriod;
  changed: ReadonlySet<EvidenceHour>;
  /** Set if all that was added are so many detections that only repeat the newest hour, the one in `changed`. */
  repeated?: { hour: EvidenceHour; count: number; repeats: readonly Repeats[] };
  /** Set if the evidence has a rule or host that it did not have, or has lost one: the heading may be another. */
  regrouped?: boolean;
  /** Set if the evidence has a new outbreak, or one with more hosts; `told`: so many were told before, null = it is new. */
  outbreak?: Outbreak & { told: number | null };
  /** Set if somebody asked for an incident, whatever the score. */
  promotion?: { reason: string };
}

/** A state is stored at least so often while its actor is active, because retention goes by that time. */
const longestQuietMs = hourMs;

interface Conclusion extends Examined {
  assessment: Assessment;
  oldScore: number;
  create: boolean;
  /** The level of an existing incident rose. */
  rose: boolean;
  /** Titles of rules that an existing incident has to tell of. */
  news: readonly string[];
  /** Only counts and times changed: the repeats can be stored without the state. */
  quiet: boolean;
}

/** Periods with nothing new but repeats, to be saved as such. */
export type Quiet = { period: ActorPeriod; repeats: readonly Repeats[] };

/**
 * Assesses these actors, updates their periods in memory (the caller saves them) and adds everything else to the unit. The events of an
 * actor's cases come before that of its incident, and each already contains the id of the other. Returns the periods of which only the
 * repeats have to be saved.
 */
export async function conclude(
  unit: UnitOfWork,
  rules: ConclusionRules,
  examined: readonly Examined[],
): Promise<Quiet[]> {
  const { database, now } = unit;
  const appliance = unit.as(correlationAuthor);
  const conclusions = examined.map((one) => examine(one, rules, now));
  const announced = conclusions.filter(
    (one) => one.create || isNews(one) || (one.period.incidentId !== null && one.assessment.opened.length > 0),
  );
  const incidents = await findIncidents(
    database,
    announced.flatMap(({ period }) => period.incidentId ?? []),
  );
  const withCases = announced.filter((one) => (one.create || isNews(one)) && one.period.state.cases.length > 0);
  const cases = Map.groupBy(
    await casesOfPeriods(
      database,
      withCases.map(({ period }) => period.id),
    ),
    ({ periodId }) => periodId,
  );
  const incidentIds = await newIds(database, "INC", conclusions.filter(({ create }) => create).length);
  const opened = conclusions.reduce((sum, { assessment }) => sum + assessment.opened.length, 0);
  const caseIds = await newIds(database, "CASE", opened);

  const scored: Parameters<typeof saveScores>[0][number][] = [];
  const grown: Parameters<typeof growCases>[0][number][] = [];
  const active: Parameters<typeof saveActivity>[0][number][] = [];
  const saved: IncidentRow[] = [];
  const newCases: CaseRow[] = [];
  const tickets: PlannedTicket[] = [];
  const plan = ({ incidentId, entity, level, updatedSeq: afterSeq }: IncidentRow) => {
    const auto = { trigger: "auto" as const, who: correlationAuthor.who, payload: null, level: null };
    for (const system of systemsToPush(rules.tickets.push, level))
      tickets.push({ incidentId, entity, system, ...auto, afterSeq });
  };
  /** Incidents whose level changed. */
  const moved: string[] = [];
  const outbreaks: { incidentId: string; outbreak: Outbreak }[] = [];
  const untold: { incidentId: string; titles: readonly string[] }[] = [];
  for (const conclusion of conclusions) {
    const { period, assessment, create, rose, oldScore, news } = conclusion;
    const heading = () => headlineOfActor(period.actor, period.state, now);
    const incident = create
      ? newIncident(period, incidentIds.pop() ?? "", now)
      : (incidents.get(period.incidentId ?? "") ?? null);
    period.incidentId = incident?.incidentId ?? period.incidentId;
    const { outbreak } = conclusion;
    if (incident !== null && outbreak !== undefined) incident.outbreak = larger(incident.outbreak, outbreak);

    const activeNow = activeOf(liveCases(cases.get(period.id) ?? [], period.state, rules.patterns));
    for (const { known, facts } of assessment.grown) {
      grown.push({ id: known.id, knownHosts: known.hosts, facts });
      Object.assign(known, activeCase(known.id, known.type, facts));
    }
    for (const { type, facts } of assessment.opened) {
      const row = newCase(period, caseIds.pop() ?? "", type, facts, now);
      row.createdSeq = unit.addEvent("case_created", row.caseId, row.entity, JSON.stringify(caseBody(row, incident)));
      row.updatedSeq = row.createdSeq;
      newCases.push(row);
      appliance.addHistory("case", row.caseId, { action: "CREATED", field: "severity", old: null, new: row.severity });
      period.state.cases.push(activeCase(row.caseId, type, facts));
      activeNow.push(row);
    }
    if (incident !== null && create) {
      const body = incidentBody(incident, period.state, activeNow, now);
      incident.createdSeq = unit.addEvent(
        "incident_created",
        incident.incidentId,
        incident.entity,
        JSON.stringify(body),
      );
      incident.updatedSeq = incident.createdSeq;
      saved.push(incident);
      plan(incident);
      noteCreation(unit, incident, conclusion);
    } else if (incident !== null && isNews(conclusion)) {
      const { score } = period.state.risk;
      const raised: IncidentRow = {
        ...incident,
        score,
        level: riskLevel(score),
        updatedAt: now,
        activity: { ...period.state.activity },
        headline: heading(),
      };
      const changes = [
        ...(rose ? riseOf(incident, score) : []),
        ...(news.length > 0 ? [rulesChange(news)] : []),
        ...(outbreak === undefined ? [] : [outbreakChange(outbreak)]),
      ];
      if (rose) raised.escalatedAt = now;
      const body = incidentBody(raised, period.state, activeNow, now, changes);
      raised.updatedSeq = unit.addEvent("incident_updated", raised.incidentId, raised.entity, JSON.stringify(body));
      saved.push(raised);
      if (rose) plan(raised);
      if (raised.level !== incident.level) {
        appliance.addHistory("incident", raised.incidentId, levelChange(incident.level, raised.level));
        moved.push(raised.incidentId);
      }
      if (news.length > 0) {
        const { field, new: named } = rulesChange(news);
        const entry = { action: "RULES_ADDED" as const, field, old: null, new: String(named) };
        appliance.addHistory("incident", raised.incidentId, entry);
        untold.push({ incidentId: raised.incidentId, titles: news });
      }
      if (outbreak !== undefined) outbreaks.push({ incidentId: raised.incidentId, outbreak });
    } else if (period.incidentId !== null && period.state.risk.score !== oldScore) {
      const [from, to] = [riskLevel(oldScore), riskLevel(period.state.risk.score)];
      // A score that falls with time makes an event only if the level changes.
      const quiet = conclusion.changed.size === 0 && from === to;
      const data = JSON.stringify({ risk_score: period.state.risk.score, risk_level: to });
      const seq = quiet ? null : unit.addEvent("incident_scored", period.incidentId, period.entity, data);
      const { state, incidentId } = period;
      const headline = conclusion.changed.size === 0 ? null : heading();
      const score = { incidentId, activity: state.activity, score: state.risk.score, seq, moved: from !== to };
      scored.push({ ...score, headline });
      if (from !== to) {
        appliance.addHistory("incident", period.incidentId, levelChange(from, to));
        moved.push(period.incidentId);
      }
    } else if (period.incidentId !== null && conclusion.changed.size > 0)
      active.push([period.incidentId, period.state.activity, conclusion.regrouped === true ? heading() : null]);
    if (compact(period.state.evidence, now)) conclusion.quiet = false;
  }
  unit.add(
    ...saveCases(newCases),
    ...growCases(grown),
    ...saveIncidents(saved),
    ...saveScores(scored, now),
    ...saveActivity(active),
    ...planTickets(tickets, now),
    ...askGate(moved, rules.tickets.policies, now),
    ...noteRules(untold, rules.tickets.policies, now),
    ...searchAnew(conclusions),
    ...noteOutbreaks(outbreaks, rules.tickets.policies, now),
  );
  return conclusions.flatMap(({ period, repeated, quiet }) =>
    quiet && repeated !== undefined ? { period, repeats: repeated.repeats } : [],
  );
}

function examine(one: Examined, rules: ConclusionRules, now: number): Conclusion {
  const { period, changed, repeated, promotion } = one;
  const { state } = period;
  const short = repeated === undefined ? null : assessRepeats(state, repeated.hour, repeated.count, rules);
  const assessment = short ?? assess(state, changed, rules, traitsOf(period, rules.roles));
  const oldScore = state.risk.score;
  const score = currentScore(state.windows, now);
  const exists = period.incidentId !== null;
  const create = !exists && (assessment.qualifies || promotion !== undefined);
  // Without an incident nobody is told the score: it is noted when the state is stored next.
  const quiet =
    short !== null &&
    !create &&
    (!exists || score === oldScore) &&
    now - period.storedAt < longestQuietMs &&
    !isDue(period, now);
  if (quiet) return { ...one, assessment, oldScore, create, rose: false, news: [], quiet };
  if (score !== oldScore) state.risk = { score, previous: oldScore, changedAt: now };
  period.pending = false;
  if (create || exists) period.decayAt = decayTime(period, now);
  const rose = exists && compareLevels(riskLevel(score), riskLevel(oldScore)) > 0;
  const fresh = takeNewRules(state.evidence, rules.floors);
  return { ...one, assessment, oldScore, create, rose, news: exists ? fresh : [], quiet };
}

/** An existing incident has something to tell. */
function isNews({ rose, news, outbreak }: Conclusion): boolean {
  return rose || news.length > 0 || outbreak !== undefined;
}

function outbreakChange({ told, hosts }: NonNullable<Examined["outbreak"]>): FieldChange {
  return { field: "outbreak", old: told, new: hosts.length };
}

/** The one that an incident shows. */
function larger(known: Outbreak | null, outbreak: Outbreak): Outbreak {
  return known !== null && known.hosts.length > outbreak.hosts.length ? known : outbreak;
}

function isDue({ decayAt }: ActorPeriod, now: number): boolean {
  return decayAt !== null && decayAt <= now;
}

/**
 * When to assess the score again. New evidence delays the fall; that is found out at this time, so it need not be written with every batch.
 */
function decayTime({ decayAt, state }: ActorPeriod, now: number): number | null {
  if (decayAt === null) return Math.floor(earliestDecay(now));
  return decayAt <= now ? nextDecay(state.windows, now) : decayAt;
}

function riseOf(incident: IncidentRow, score: number): FieldChange[] {
  return [{ field: "risk_level", old: incident.level, new: riskLevel(score) }];
}

/** Notes who made the incident: the appliance, or the person who asked for it. */
function noteCreation(unit: UnitOfWork, { incidentId, level }: IncidentRow, { promotion }: Conclusion): void {
  if (promotion === undefined)
    unit
      .as(correlationAuthor)
      .addHistory("incident", incidentId, { action: "CREATED", field: "risk_level", old: null, new: level });
  else
    unit.addHistory("incident", incidentId, { action: "PROMOTED", field: "reason", old: null, new: promotion.reason });
}

function levelChange(from: RiskLevel, to: RiskLevel): Change {
  return { action: "RISK_LEVEL_CHANGED", field: "risk_level", old: from, new: to };
}

/** What is known of the hosts and accounts of an actor's evidence. */
export function traitsOf({ entity, actor, state }: ActorPeriod, roles: Roles): AssetTraits | null {
  return assetTraits(roles, { entity, actor, hosts: state.evidence.hosts });
}
