/** Computes an actor's score and cases after some of its hours have changed. */
import { type AssetTraits, type AssetWeight, assetWeight } from "../assets/weight.ts";
import { caseSeverities } from "../threat-case.ts";
import { hourMs } from "../time.ts";
import type { ActiveCase, ActorState } from "./actor-state.ts";
import { type CaseFacts, caseFacts } from "./case-facts.ts";
import type { Evidence, EvidenceHour } from "./evidence.ts";
import { scoreWindowHours } from "./facts.ts";
import type { PreparedFloors } from "./floors.ts";
import { type PreparedPattern, steadyMark } from "./patterns.ts";
import { repeatedFacts } from "./repeats.ts";
import { ruleTraits, scanWindows } from "./scan.ts";
import { keepBest, qualifies } from "./score.ts";
import { affectedEnds, type WindowEnd } from "./windows.ts";

export interface AssessmentRules {
  patterns: readonly PreparedPattern[];
  /** What one detection is worth by itself. */
  floors: PreparedFloors;
  /** QUALIFY_MIN_SCORE. */
  minScore: number;
}

export interface Assessment {
  /** A changed window qualifies for an incident, if the actor has none. */
  qualifies: boolean;
  /** Cases to open, most serious first. */
  opened: { type: string; facts: CaseFacts }[];
  /** Active cases that outgrew their rows: another severity, more hosts or rules. */
  grown: { known: ActiveCase; facts: CaseFacts }[];
}

/** Assesses the windows that contain the changed hours and keeps them in the state; the caller opens the cases and adds them to the state. */
export function assess(
  state: ActorState,
  changed: ReadonlySet<EvidenceHour>,
  rules: AssessmentRules,
  assets: AssetTraits | null = null,
): Assessment {
  const { evidence } = state;
  const traits = ruleTraits(evidence.rules, rules.patterns, rules.floors);
  const ends = affectedEnds(evidence, changed, scoreWindowHours);
  const scans = ends.map((end) => {
    const scan = scanWindows(evidence, end, traits);
    Object.assign(scan.facts, weightOf(evidence, end, assets));
    return scan;
  });
  const isNewest = ends.at(-1)?.hour === evidence.hours.at(-1)?.hour;
  evidence.steadyFor = isNewest && scans.at(-1)?.isSteady === true ? steadyMark(rules.patterns) : undefined;
  const windows = scans.map(({ facts }) => facts);
  state.windows = keepBest(state.windows, windows);
  const assessment: Assessment = {
    qualifies: windows.some((facts) => qualifies(facts, rules.minScore)),
    opened: [],
    grown: [],
  };
  const active = new Map(state.cases.map((known) => [known.type, known]));
  const types = new Set(active.keys());
  for (const { cases } of windows) for (const { type } of cases) types.add(type);
  for (const type of types) {
    const pattern = rules.patterns.find((one) => one.type === type);
    const facts = pattern === undefined ? null : caseFacts(evidence, pattern);
    if (facts === null) continue;
    const known = active.get(type);
    if (known === undefined) assessment.opened.push({ type, facts });
    else if (hasChanged(known, facts)) assessment.grown.push({ known, facts });
  }
  const rank = ({ facts }: { facts: CaseFacts }) => caseSeverities.indexOf(facts.severity);
  assessment.opened.sort((a, b) => rank(a) - rank(b) || (a.type < b.type ? -1 : 1));
  return assessment;
}

/**
 * The same after `count` detections that only repeat the newest hour (`addRepeats`), without looking at the rest of the evidence; null if
 * something else could follow from them.
 */
export function assessRepeats(
  state: ActorState,
  newest: EvidenceHour,
  count: number,
  rules: AssessmentRules,
): Assessment | null {
  if (state.evidence.steadyFor !== steadyMark(rules.patterns)) return null;
  const facts = repeatedFacts(state, newest, count);
  // Alarms of the last day are counted back from the newest evidence, which may be newer now.
  if (facts === null || facts.alarms > 0) return null;
  state.windows = keepBest(state.windows, [facts]);
  return { qualifies: qualifies(facts, rules.minScore), opened: [], grown: [] };
}

/** The entry of a case in the state, as its row says it now. */
export function activeCase(id: string, type: string, facts: CaseFacts): ActiveCase {
  const { severity, hosts, rules } = facts;
  return { type, id, severity, hosts: hosts.length, rules };
}

function hasChanged(known: ActiveCase, { severity, hosts, rules }: CaseFacts): boolean {
  return known.severity !== severity || known.hosts !== hosts.length || known.rules !== rules;
}

function weightOf(evidence: Evidence, { behind, first }: WindowEnd, assets: AssetTraits | null): AssetWeight {
  return assetWeight(evidence, { behind, reach: first - scoreWindowHours * hourMs }, assets);
}

/** The hours that end windows which were scored with other roles than these. */
export function hoursOfOtherRoles({ evidence, windows }: ActorState, assets: AssetTraits | null): EvidenceHour[] {
  const scored = new Map(windows.map(({ facts }) => [Math.floor(facts.at / hourMs), facts]));
  const ends = affectedEnds(evidence, new Set(evidence.hours), scoreWindowHours);
  const other = new Set<number>();
  for (const end of ends) {
    const facts = scored.get(end.hour);
    if (facts === undefined) continue;
    const { asset, isOrdinary } = weightOf(evidence, end, assets);
    if (isOrdinary !== facts.isOrdinary || JSON.stringify(asset) !== JSON.stringify(facts.asset)) other.add(end.hour);
  }
  return evidence.hours.filter(({ hour }) => other.has(hour));
}
