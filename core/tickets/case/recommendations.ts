/** Recommended actions of an incident: the steps of the table that its evidence calls for, the most urgent first, each with object, place, how and why. */
import { familyOf } from "../../attack/attack.ts";
import { compareLevels } from "../../risk.ts";
import type { CaseFacts } from "./case-facts.ts";
import { commandWith, sentenceWith } from "./command-names.ts";
import { evidenceOf } from "./evidence-kinds.ts";
import { HostRoles, seenOn } from "./host-roles.ts";
import { type Observed, type ObservedRule, some, type Target, techniqueLabel } from "./observed.ts";
import { type Step, type StepSection, steps } from "./recommendation-table.ts";
import { seenBy, shown } from "./seen-words.ts";
import { StepTargets } from "./step-targets.ts";

export interface Recommendations {
  containment: string[];
  eradication: string[];
  prevention: string[];
  practices: string[];
}

/** People do not read more: at most this many of a section, after the first three only what matters, after the first five only what is urgent. */
const most = 7;
const isWorth = (urgency: number, at: number) => at < 3 || urgency >= 85 || (at < 5 && urgency >= 70);

/** `pattern`: what the attack is called. `limit`: most steps of a section. */
export function recommend(facts: CaseFacts, observed: Observed, pattern: string, limit = most): Recommendations {
  const roles = new HostRoles(facts.assets, seenOn(observed));
  const targets = new StepTargets(facts, observed, roles);
  const relevant = relevantRules(observed);
  const evidence = evidenceOf(relevant);
  const general = generalWords(facts, observed, indicatorsOf(targets, relevant), pattern);
  const found = steps
    .filter((step) => fitsLevel(step, facts))
    .map((step, order) => ({ step, order, rules: matching(step, relevant, evidence) }))
    .flatMap(({ step, order, rules }) =>
      rules.length === 0 && (isNamed(step) || relevant.length > 0)
        ? []
        : targets
            .of(step.for, rules, step.os, !isNamed(step))
            .map((target) => ({ step, order, text: written(step, target, general) })),
    )
    .sort((a, b) => b.step.urgency - a.step.urgency || a.order - b.order);
  const list = (section: StepSection) => {
    const texts = found.filter(({ step, text }) => step.section === section && text !== null);
    const chosen = texts.filter(({ step }, at) => isWorth(step.urgency, at));
    return [...new Set(chosen.map(({ text }) => text ?? ""))].slice(0, limit);
  };
  return {
    containment: list("contain"),
    eradication: list("eradicate"),
    prevention: list("prevent"),
    practices: list("practice"),
  };
}

/** Rules from medium on; without any, those that are not only for information; without any, all. */
function relevantRules({ rules }: Observed): ObservedRule[] {
  const from = (levels: readonly string[]) => rules.filter(({ rule }) => levels.includes(rule.level));
  const serious = from(["medium", "high", "critical"]);
  if (serious.length > 0) return serious;
  const low = from(["low"]);
  return low.length > 0 ? low : [...rules];
}

function isNamed({ techniques, tactics, evidence }: Step): boolean {
  return techniques !== undefined || tactics !== undefined || evidence !== undefined;
}

function matching(step: Step, rules: readonly ObservedRule[], evidence: ReturnType<typeof evidenceOf>): ObservedRule[] {
  if (!isNamed(step)) return [...rules];
  const { techniques = [], tactics = [], evidence: kinds = [] } = step;
  return rules.filter(
    (one) =>
      one.rule.techniques.some((id) => techniques.some((wanted) => id === wanted || id.startsWith(`${wanted}.`))) ||
      one.rule.tactics.some((tactic) => tactics.includes(tactic)) ||
      kinds.some((kind) => evidence.get(kind)?.includes(one) === true),
  );
}

function fitsLevel({ level, below }: Step, { body }: CaseFacts): boolean {
  const own = body.risk.level;
  return (
    (level === undefined || compareLevels(own, level) >= 0) && (below === undefined || compareLevels(own, below) < 0)
  );
}

/** What stands for the rule where alarms of a SIEM are all there is. */
function alarmWords({ alarms, body }: CaseFacts): { rule: string; seen: string } {
  const [top] = [...alarms].sort((a, b) => b.rbp - a.rbp || b.at - a.at);
  if (top !== undefined) {
    const rule = `"${shown(top.name)}"`;
    return { rule, seen: `the SIEM raised ${rule} with priority ${top.rbp}` };
  }
  const rule = body.risk.alarm_count > 0 ? "the SIEM's alarms" : "what led to this incident";
  return { rule, seen: `the risk is ${body.risk.level}` };
}

/** What others can search for: only what is no part of a system and none of one's own networks. */
function indicatorsOf(targets: StepTargets, rules: readonly ObservedRule[]): string[] {
  const kinds = [
    ["hashes", "hash"],
    ["addresses", "ip"],
    ["domains", "domain"],
    ["files", "file"],
    ["services", "service"],
  ] as const;
  return kinds.flatMap(([kind, word]) => targets.of(kind, rules).map(({ words }) => words[word] ?? ""));
}

function generalWords(
  facts: CaseFacts,
  observed: Observed,
  indicators: readonly string[],
  pattern: string,
): Record<string, string> {
  const { body } = facts;
  const titles = observed.rules.map(({ rule }) => `"${shown(rule.title)}"`);
  const techniques = [...new Set(observed.rules.flatMap(({ rule }) => rule.techniques))];
  const first = body.timeline.first_alarm ?? body.timeline.created_at;
  return {
    entity: shown(body.entity_name),
    incident: body.incident_id,
    pattern,
    ...alarmWords(facts),
    level: body.risk.level,
    since: `${first.slice(0, 16).replace("T", " ")} UTC`,
    scope: some((observed.hosts.length > 0 ? observed.hosts : [body.group_key]).map(shown), 3),
    indicators:
      indicators.length > 0
        ? `its indicators ${some(indicators.map(shown), 3)}`
        : titles.length > 0
          ? `its rules ${some(titles, 2)}`
          : `its alarms, such as ${alarmWords(facts).rule}`,
    techniques:
      techniques.length > 0 ? some(techniques, 5) : titles.length > 0 ? some(titles, 2) : alarmWords(facts).rule,
  };
}

/** A step for one of its objects; null where something is missing. */
function written(
  step: Step,
  { words, names, rules, isLinux = false, isLocal = false, isForeign = false }: Target,
  general: Record<string, string>,
): string | null {
  const [main] = rules;
  const against = main === undefined ? "" : againstOf(step, main);
  const all = {
    ...general,
    against,
    ...(main === undefined ? {} : { rule: `"${shown(main.rule.title)}"`, seen: seenBy(main) }),
    ...words,
  };
  const what = sentenceWith(step.do, all);
  const why = sentenceWith(step.why, all);
  if (what === null || why === null) return null;
  const own = isLinux ? step.linux : isLocal && step.local !== undefined ? step.local : step.command;
  const command = isForeign ? undefined : own;
  const console = sentenceWith(step.console ?? "", all) ?? "";
  const how = (command === undefined ? null : commandWith(command, names)) ?? console;
  return `${what}${how === "" ? "" : ` (${how})`}: ${why}.`;
}

/** The technique, else the tactic, for which a step is taken. */
function againstOf({ techniques = [], tactics = [] }: Step, { rule }: ObservedRule): string {
  const id = rule.techniques.find((one) => techniques.some((wanted) => one === wanted || one.startsWith(`${wanted}.`)));
  if (id !== undefined) return techniqueLabel(id);
  const tactic = rule.tactics.find((one) => tactics.includes(one));
  return tactic === undefined ? `what "${shown(rule.title)}" saw` : (familyOf(tactic)?.title ?? tactic).toLowerCase();
}
