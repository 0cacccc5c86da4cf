/** Maps risk levels to a project's priorities: by the usual names, by other common names, by order. */
import type { RiskLevel } from "../../core/risk.ts";

export interface Priority {
  id: string;
  name: string;
}

const usual: Readonly<Record<RiskLevel, string>> = {
  critical: "highest",
  high: "high",
  medium: "medium",
  low: "low",
};

/** Patterns of other names, such as `P1 - Critical` or `Sev 2`; the first match counts. */
const words: Readonly<Record<RiskLevel, RegExp>> = {
  critical: /\b(critical|highest|blocker|urgent|p1|sev(erity)?[ -]?1|prio(rity)?[ -]?1)\b/i,
  high: /\b(high|major|p2|sev(erity)?[ -]?2|prio(rity)?[ -]?2)\b/i,
  medium: /\b(medium|moderate|normal|p3|sev(erity)?[ -]?3|prio(rity)?[ -]?3)\b/i,
  low: /\b(low|minor|p4|sev(erity)?[ -]?4|prio(rity)?[ -]?4)\b/i,
};

/**
 * `priorities`: as Jira lists them, most urgent first; null = not on the screen. `isWanted`: the project requires one, so that
 * the nearest is used. Null: none fits; the level is in the text and label.
 */
export function priorityOf(
  priorities: readonly Priority[] | null,
  level: RiskLevel,
  isWanted: boolean,
): Priority | null {
  if (priorities === null) return null;
  const named =
    priorities.find(({ name }) => name.trim().toLowerCase() === usual[level]) ??
    priorities.find(({ name }) => words[level].test(name));
  if (named !== undefined) return named;
  if (!isWanted) return null;
  const levels = ["critical", "high", "medium", "low"];
  return priorities[Math.round((levels.indexOf(level) / (levels.length - 1)) * (priorities.length - 1))] ?? null;
}
