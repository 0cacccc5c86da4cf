/** From an actor's evidence to its score and its cases, after some of its hours have changed. */
import { caseSeverities } from "../threat-case.ts";
import type { ActiveCase, ActorState } from "./actor-state.ts";
import type { EvidenceHour } from "./evidence.ts";
import { scoreWindowHours, type WindowFacts, windowFacts } from "./facts.ts";
import { type CaseFacts, caseFacts, matchPatterns } from "./match.ts";
import type { PreparedPattern } from "./patterns.ts";
import { keepBest, qualifies } from "./score.ts";
import { affectedEnds } from "./windows.ts";

export interface AssessmentRules {
  patterns: readonly PreparedPattern[];
  /** QUALIFY_MIN_SCORE. */
  minScore: number;
}

export interface Assessment {
  /** One of the windows that changed makes an incident, where the actor has none. */
  qualifies: boolean;
  /** Cases to open, most serious first. */
  opened: { type: string; facts: CaseFacts }[];
  /** Active cases whose evidence has changed. */
  grown: { known: ActiveCase; facts: CaseFacts }[];
}

/** Assesses what the changed hours touch and keeps the windows in the state; the cases are the caller's to open and to enter there. */
export function assess(state: ActorState, changed: ReadonlySet<EvidenceHour>, rules: AssessmentRules): Assessment {
  const { evidence } = state;
  const longest = rules.patterns.reduce((most, { windowHours }) => Math.max(most, windowHours), scoreWindowHours);
  const fulfilled = new Set<string>();
  const windows: WindowFacts[] = affectedEnds(evidence, changed, longest).map((end) => {
    const cases = matchPatterns(evidence, end, rules.patterns);
    for (const { type } of cases) fulfilled.add(type);
    return windowFacts(evidence, end, cases);
  });
  state.windows = keepBest(state.windows, windows);
  const assessment: Assessment = {
    qualifies: windows.some((facts) => qualifies(facts, rules.minScore)),
    opened: [],
    grown: [],
  };
  for (const pattern of rules.patterns) {
    const known = state.cases.find(({ type }) => type === pattern.type);
    if (known === undefined && !fulfilled.has(pattern.type)) continue;
    const facts = caseFacts(evidence, pattern);
    if (facts === null) continue;
    if (known === undefined) assessment.opened.push({ type: pattern.type, facts });
    else if (hasChanged(known, facts)) assessment.grown.push({ known, facts });
  }
  const rank = ({ facts }: { facts: CaseFacts }) => caseSeverities.indexOf(facts.severity);
  assessment.opened.sort((a, b) => rank(a) - rank(b));
  return assessment;
}

/** The entry of a case in the state, as its row says it now. */
export function activeCase(id: string, type: string, facts: CaseFacts): ActiveCase {
  const { alerts, severity, hosts, last } = facts;
  return { type, id, alerts, severity, hosts: hosts.length, last };
}

function hasChanged(known: ActiveCase, facts: CaseFacts): boolean {
  return (
    known.alerts !== facts.alerts ||
    known.severity !== facts.severity ||
    known.hosts !== facts.hosts.length ||
    known.last !== facts.last
  );
}
