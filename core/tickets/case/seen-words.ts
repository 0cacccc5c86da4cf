/** Names and sightings as they stand in sentences. */
import { eventClause, oneLine } from "../../logs/event-text.ts";
import type { ObservedRule } from "./observed.ts";

/** A name as it stands in a sentence. */
export function shown(name: string): string {
  return oneLine(name, 160);
}

/** What a rule saw, short: what its log says happened, else its title. */
export function seenBy({ event, rule }: ObservedRule): string {
  const clause = event === null ? "" : eventClause(event);
  return clause !== "" && clause.length <= 110 && !clause.endsWith("…") ? clause : `"${shown(rule.title)}" fired`;
}
