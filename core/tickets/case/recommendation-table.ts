/**
 * What to do about a technique or a tactic: one row each in `recommendations.json`, easy to read and to add to. A sentence is used only where all
 * its `{slots}` can be filled from the incident, and every sentence has one, so that none is filler. Slots: `{hosts}` `{user}` `{process}` `{hash}` `{ip}`
 * `{domain}` `{file}` `{key}` (registry) `{service}` `{task}` `{share}` `{rule}` `{technique}` `{entity}`; they stand for what was seen with this technique. Of
 * several sentences in one place the first that can be filled is taken.
 */
import table from "./recommendations.json" with { type: "json" };

export interface Actions {
  /** Stops it now. */
  contain?: readonly string[];
  /** Removes what it left. */
  eradicate?: readonly string[];
  /** Keeps it from coming back. */
  prevent?: readonly string[];
}

/** By id; a sub-technique without a row has that of its technique. */
export const techniqueActions: Readonly<Record<string, Actions>> = table.techniques;

/** By ATT&CK's short name, for techniques without a row and detections without a technique. */
export const tacticActions: Readonly<Record<string, Actions>> = table.tactics;

/** For every incident, by what it is about. */
export const generalActions: Readonly<Record<"contain" | "eradicate" | "prevent" | "practice", readonly string[]>> =
  table.general;
