/** Recommended actions of an incident: sentences of the table, filled with what was seen; one that cannot be filled is left out. */

import { fileName } from "../../logs/file-kinds.ts";
import type { CaseFacts } from "./case-facts.ts";
import { type Observed, type ObservedRule, some, techniqueLabel } from "./observed.ts";
import { type Actions, generalActions, tacticActions, techniqueActions } from "./recommendation-table.ts";

export interface Recommendations {
  containment: string[];
  eradication: string[];
  prevention: string[];
  practices: string[];
}

type Slots = Readonly<Record<string, string>>;
type Kind = "contain" | "eradicate" | "prevent";

/** Maximum of each kind: people do not read more. */
const mostOfAKind = 7;

/** `pattern`: what the attack is called. */
export function recommend(facts: CaseFacts, observed: Observed, pattern: string): Recommendations {
  const whole = slotsOf(facts, observed, observed.rules, null, pattern);
  const list = (kind: Kind): string[] => {
    const chosen: string[] = [];
    /** How sentences begin: two that begin alike ask for much the same. */
    const begun = new Set<string>();
    const add = (sentences: readonly string[], slots: Slots) => {
      for (const sentence of sentences) {
        const [beginning, filled] = [sentence.split(" ").slice(0, 3).join(" "), fill(sentence, slots)];
        if (filled === null) continue;
        if (!begun.has(beginning) && chosen.length < mostOfAKind) chosen.push(filled);
        begun.add(beginning);
        return;
      }
    };
    // The first of the general ones always; what the techniques ask for; the rest of the general ones.
    const [first = "", ...rest] = generalActions[kind];
    if (kind === "contain") add([first], whole);
    for (const { actions, slots } of rows(facts, observed, pattern)) add(actions[kind] ?? [], slots);
    for (const sentence of kind === "contain" ? rest : [first, ...rest]) add([sentence], whole);
    return chosen;
  };
  return {
    containment: list("contain"),
    eradication: list("eradicate"),
    prevention: list("prevent"),
    practices: generalActions.practice.map((one) => fill(one, whole)).filter((one) => one !== null),
  };
}

/** Rows of the table that apply, most important first: techniques of the most serious rules, then tactics. */
function rows(facts: CaseFacts, observed: Observed, pattern: string): { actions: Actions; slots: Slots }[] {
  const found: { actions: Actions; slots: Slots }[] = [];
  const seen = new Set<Actions>();
  const add = (actions: Actions | undefined, rules: readonly ObservedRule[], technique: string | null) => {
    if (actions === undefined || seen.has(actions)) return;
    seen.add(actions);
    found.push({ actions, slots: slotsOf(facts, observed, rules, technique, pattern) });
  };
  // Rules come the most serious first; what is only for information asks for nothing.
  for (const { rule } of observed.rules.filter((one) => one.rule.level !== "informational"))
    for (const id of rule.techniques) {
      const actions = techniqueActions[id] ?? techniqueActions[id.split(".")[0] ?? ""];
      add(
        actions,
        observed.rules.filter((one) => one.rule.techniques.includes(id)),
        id,
      );
    }
  // The latest stages of the attack first.
  for (const { tactic } of [...facts.chain].reverse())
    add(
      tacticActions[tactic],
      observed.rules.filter((one) => one.rule.tactics.includes(tactic)),
      null,
    );
  return found;
}

function slotsOf(
  { body, incident: _, chain: __ }: CaseFacts,
  observed: Observed,
  rules: readonly ObservedRule[],
  technique: string | null,
  pattern: string,
): Slots {
  const events = rules.map(({ event }) => event).filter((one) => one !== null);
  const first = (pick: (event: (typeof events)[number]) => string) => events.map(pick).find((one) => one !== "") ?? "";
  const hosts = [...new Set(rules.flatMap((one) => one.hosts))];
  const users = rules.flatMap((one) => one.users);
  const { group_key: actor, actor_type: type, entity_name: entity, incident_id: incident } = body;
  const indicators = [...observed.hashes, ...observed.ips, ...observed.domains, ...observed.processes];
  const techniques = [...new Set(rules.flatMap(({ rule }) => rule.techniques))];
  return {
    entity,
    incident,
    pattern,
    rule: rules[0] === undefined ? "" : `"${rules[0].rule.title}"`,
    hosts: some(hosts.length > 0 ? hosts : type === "host" ? [actor] : [], 3),
    user: type === "user" ? actor : (users[0] ?? ""),
    ip: first(({ ips }) => ips[0] ?? "") || (type === "ip" ? actor : ""),
    technique: technique === null ? "" : techniqueLabel(technique),
    process: first(({ image }) => fileName(image)),
    hash: first(({ hash }) => hash),
    domain: first(({ domain }) => domain),
    file: first(({ file }) => file),
    key: first(({ registryKey }) => registryKey),
    service: first(({ service }) => service),
    task: first(({ task }) => task),
    share: first(({ share }) => share),
    indicators: some(indicators.length > 0 ? indicators : observed.rules.map(({ rule }) => `rule "${rule.title}"`), 4),
    techniques: some(techniques, 8),
  };
}

/** Null where a slot is empty. */
function fill(sentence: string, slots: Slots): string | null {
  let isWhole = true;
  const filled = sentence.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = slots[name] ?? "";
    if (value === "") isWhole = false;
    return value.length > 260 ? `${value.slice(0, 259).toWellFormed()}…` : value;
  });
  return isWhole ? filled : null;
}
