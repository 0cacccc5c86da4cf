/**
 * What needs somebody's attention now, the most urgent first: each line with its named reason, what it means for the data or for the
 * service, and the one next step. A pure function of what is known.
 */
import { destinationLines, faultLines, incidentLines, setUpLines, ticketLines } from "./attention-lines.ts";
import { type AttentionLine, type AttentionState, attentionReasons } from "./attention-state.ts";

/** The lines for this state at `now` (epoch milliseconds), the most urgent first; empty when nothing needs anybody. */
export function needsAttention(state: AttentionState, now: number): AttentionLine[] {
  const lines = [
    ...faultLines(state),
    ...incidentLines(state),
    ...ticketLines(state),
    ...destinationLines(state),
    ...setUpLines(state, now),
  ];
  return lines.sort((a, b) => attentionReasons.indexOf(a.reason) - attentionReasons.indexOf(b.reason));
}
