/** Proposes exceptions from the evidence of an incident that was a false positive, for a person to edit and save. */
import type { RuleSummary } from "../correlation/summary.ts";
import type { Incident } from "../incident.ts";
import { normaliseName } from "../intake/identity.ts";
import { fileKind, fileName } from "../logs/file-kinds.ts";
import { type EventFacts, eventFacts } from "../logs/log-facts.ts";
import { hasWildcard, patternOf } from "../text/wildcard.ts";
import { dayMs, toIso } from "../time.ts";
import { commonPattern } from "./common-pattern.ts";
import { longestFields, type NewException, whyNoException } from "./exception.ts";
import { type Covered, ExceptionMatcher, type NamingRules, namesOf } from "./exception-matcher.ts";

/** An alert of the incident with logs that are kept of it. */
export interface AlertSample {
  ruleId: string | null;
  ruleTitle: string;
  /** As first given; null = none. */
  host: string | null;
  logs: string[];
}

export interface Proposal {
  exception: NewException;
  ruleTitle: string;
  /** Of the incident, by rule, actor and host. */
  detections: number;
  /** Logs that were read for it; 0 = none is kept. */
  logs: number;
  /** What the proposal rests on, in a sentence. */
  why: string;
}

/** The most rules that proposals are made for, the most serious first. */
const mostProposals = 10;
/** After so long somebody should look at it again. */
const untilDays = 90;
const longestReason = 300;

type Concerned = Pick<Incident, "incidentId" | "entity" | "actor" | "actorType" | "resolutionNotes">;
type Narrowing = Pick<NewException, "process" | "commandLine" | "hash" | "host">;

/** `rules`: of the incident, the most important first. `now`: epoch ms. */
export function proposeExceptions(
  incident: Concerned,
  rules: readonly RuleSummary[],
  alerts: readonly AlertSample[],
  now: number,
): Proposal[] {
  const byRule = Map.groupBy(alerts, ({ ruleId, ruleTitle }) => normaliseName(ruleId) || normaliseName(ruleTitle));
  return rules
    .filter(({ key }) => key !== "")
    .slice(0, mostProposals)
    .map((rule) => propose(incident, rule, byRule.get(rule.key) ?? [], now))
    .filter(({ exception }) => whyNoException(exception, now) === null);
}

function propose(incident: Concerned, rule: RuleSummary, alerts: readonly AlertSample[], now: number): Proposal {
  const logs = alerts.flatMap((alert) => alert.logs);
  const facts = logs.map(eventFacts);
  const { why, ...narrowing } = narrow(facts, rule, incident);
  const named = alerts.find(({ ruleId }) => ruleId !== null)?.ruleId ?? rule.key;
  const exception: NewException = {
    entity: incident.entity,
    rule: namePattern(named, longestFields.rule),
    actor: namePattern(incident.actor, longestFields.actor),
    ...narrowing,
    until: Math.ceil((now + untilDays * dayMs) / dayMs) * dayMs,
    reason: reasonOf(incident),
  };
  return { exception, ruleTitle: rule.title, detections: rule.count, logs: logs.length, why };
}

/** Names come from logs, whose authors may put signs into them. */
function namePattern(name: string, longest: number): string {
  const pattern = patternOf(name.trim());
  return pattern.length <= longest ? pattern : `${pattern.slice(0, longest - 1).toWellFormed()}*`;
}

/** What all of a rule's logs have in common, the most telling that is not everybody's. */
function narrow(
  facts: readonly EventFacts[],
  rule: RuleSummary,
  { actorType }: Concerned,
): Narrowing & { why: string } {
  const nothing = { process: "", commandLine: "", hash: "", host: "" };
  const all = (pick: (one: EventFacts) => string, longest: number) => {
    const texts = facts.map(pick);
    return texts.length === 0 || texts.includes("") ? null : commonPattern(texts, longest);
  };
  // Of different programs in one folder the folder would cover all that is in it.
  const programs = new Set(facts.map(({ image }) => fileName(image).toLowerCase()));
  const process = programs.size === 1 ? all(({ image }) => image, longestFields.process) : null;
  const commandLine = all((one) => one.commandLine, longestFields.commandLine);
  const hash = all((one) => one.hash, longestFields.hash);
  const logs = facts.length === 1 ? "the one log that was read names" : `all ${facts.length} logs that were read name`;
  const kinds = [...new Set(facts.map(({ image, originalName }) => fileKind(image, originalName)))];
  const isInstalled = kinds.every((kind) => kind === "installed" || kind === "security");
  const isSystem = kinds.some((kind) => kind === "system" || kind === "administration");
  const [only = ""] = rule.hosts.length === 1 && actorType !== "host" ? rule.hosts : [];
  const host = namePattern(only, longestFields.host);
  const limited = host === "" ? "" : "; limited to the one host it was seen on";
  if (process !== null && isInstalled)
    return { ...nothing, process, why: `${logs} this installed program, which ordinary accounts cannot replace` };
  if (hash !== null && !hasWildcard(hash) && !isSystem)
    return { ...nothing, hash, why: `${logs} this very file; another file in its place is not covered` };
  if (commandLine !== null) {
    const more = isSystem ? "; its program belongs to the system and does many other things" : "";
    return { ...nothing, process: process ?? "", commandLine, why: `${logs} this command line${more}` };
  }
  if (process !== null) {
    const more = isSystem
      ? "which belongs to the system and does many other things"
      : "in whose place others may put another file";
    return { ...nothing, process, host, why: `${logs} this process, ${more}${limited}` };
  }
  const why = facts.length === 0 ? "no log of it is kept" : "its logs have no process, command line or hash in common";
  const covers = host === "" ? ": it covers all of this rule by this actor" : limited;
  return { ...nothing, host, why: `${why}${covers}` };
}

function reasonOf({ incidentId, resolutionNotes }: Concerned): string {
  const notes = (resolutionNotes ?? "").replace(/\s+/g, " ").trim();
  const more = notes === "" ? "" : `: ${notes}`;
  const text = `${incidentId} was a false positive${more}`;
  return text.length <= longestReason ? text : `${text.slice(0, longestReason - 1).toWellFormed()}…`;
}

/** The first of these exceptions that covers all that the proposal rests on; null if none does. */
export function coveredBy<Known extends NewException & { id: string }>(
  { exception }: Proposal,
  alerts: readonly AlertSample[],
  { actor, actorType }: Concerned,
  known: readonly Known[],
  rules: NamingRules,
  now: number,
): Known | null {
  const rule = normaliseName(exception.rule);
  const own = alerts.filter(
    (alert) => rule === normaliseName(namePattern(alert.ruleId ?? alert.ruleTitle, longestFields.rule)),
  );
  const covers = (one: Known) => {
    if (one.until !== null && one.until <= now) return false;
    const matcher = new ExceptionMatcher(one, rules);
    return own.every((alert) => {
      const detection: Covered = { ...alert, entity: exception.entity };
      const names = namesOf(detection, { type: actorType, name: actor }, rules);
      return (
        matcher.fitsNames(detection, names) &&
        (!matcher.needsLog || (alert.logs.length > 0 && alert.logs.every((log) => matcher.fitsLog(eventFacts(log)))))
      );
    });
  };
  return own.length === 0 ? null : (known.find(covers) ?? null);
}

/** A proposal as the API gives it: `exception` can be posted as it is. */
export function proposalJson(proposal: Proposal, covered: string | null) {
  const { exception, ruleTitle, detections, logs, why } = proposal;
  const { commandLine: command_line, until, entity, rule, actor, host, process, hash, reason } = exception;
  const given = { entity, rule, actor, host, process, command_line, hash };
  return {
    exception: {
      ...Object.fromEntries(Object.entries(given).filter(([, text]) => text !== "")),
      until: until === null ? null : toIso(until),
      reason,
    },
    rule_title: ruleTitle,
    detections,
    logs_read: logs,
    why,
    covered_by: covered,
  };
}
