/** Rules that an open incident has to tell of: new to its actor, and of level high or more or a crown jewel. */
import { levels } from "../../detection.ts";
import type { FieldChange } from "../../incident-event.ts";
import type { Evidence, EvidenceRule } from "../evidence.ts";
import { floorOf, type PreparedFloors } from "../floors.ts";

const high = levels.indexOf("high");
const medium = levels.indexOf("medium");
/** More are counted only; titles come from outside. */
const mostNamed = 20;
const longestTitle = 200;

/** The titles of those since this was last asked, most serious first; from now on they are no longer new. */
export function takeNewRules(evidence: Evidence, floors: PreparedFloors): string[] {
  const { rules, assessedRules } = evidence;
  if (assessedRules >= rules.length) return [];
  const isTold = (rule: EvidenceRule) =>
    rule.level >= high || (rule.level >= medium && floorOf(rule, floors)?.crownJewel === true);
  const known = new Set(
    rules
      .slice(0, assessedRules)
      .filter(isTold)
      .map(({ key }) => key),
  );
  const fresh = new Map<string, EvidenceRule>();
  for (const rule of rules.slice(assessedRules)) {
    if (!isTold(rule) || known.has(rule.key)) continue;
    const other = fresh.get(rule.key);
    if (other === undefined || rule.level > other.level) fresh.set(rule.key, rule);
  }
  evidence.assessedRules = rules.length;
  return [...fresh.values()]
    .sort((a, b) => b.level - a.level || (a.title < b.title ? -1 : 1))
    .map(({ title }) => (title.length > longestTitle ? `${title.slice(0, longestTitle).toWellFormed()}…` : title));
}

/** The change that an `incident_updated` tells of. */
export function rulesChange(titles: readonly string[]): FieldChange {
  const more = titles.length - mostNamed;
  const named = titles.slice(0, mostNamed).join("; ");
  return { field: "rules", old: null, new: more > 0 ? `${named}; and ${more} more` : named };
}
