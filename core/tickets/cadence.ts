/** How often a ticket is told of a change of risk (seed 001 "Update Cadence", CONTRACT 6 and 9.17-18): on level, never on score alone. */

import type { RiskLevel } from "../risk.ts";
import { hourMs } from "../time.ts";

/** The risk that a ticket was last told of. */
export interface ReportedRisk {
  level: RiskLevel;
  /** When it was last told of a change, epoch milliseconds; null: never since it was made. */
  at: number | null;
}

export type GateDecision =
  | {
      push: true;
      reason:
        | ("first-push" | "p1-escalation" | `cadence-elapsed-${number}h`)
        | ("first-campaign-note" | "campaign-critical");
    }
  | { push: false; reason: "within-cadence"; nextAt: number }
  /** The level is what the ticket says already. */
  | { push: false; reason: "unchanged" };

/** Whether the ticket is told of this level now. `now`: epoch milliseconds. */
export function cadenceGate(
  level: RiskLevel,
  lastReported: ReportedRisk,
  cadenceHours: number,
  now: number,
): GateDecision {
  if (level === lastReported.level) return { push: false, reason: "unchanged" };
  if (lastReported.at === null) return { push: true, reason: "first-push" };
  if (level === "critical") return { push: true, reason: "p1-escalation" };
  return sinceGate(lastReported.at, cadenceHours, now);
}

/**
 * Whether the ticket is told of new rules now, where its level is what it says already: once the cadence has elapsed since it was last told
 * of a change, or made. `since`: epoch milliseconds.
 */
export function sinceGate(
  since: number,
  cadenceHours: number,
  now: number,
): Exclude<GateDecision, { reason: "unchanged" }> {
  const elapsed = now - since;
  // A clock that was set back must not make it wait for longer than the cadence.
  if (elapsed >= cadenceHours * hourMs || elapsed < -cadenceHours * hourMs)
    return { push: true, reason: `cadence-elapsed-${Math.max(0, Math.floor(elapsed / hourMs))}h` };
  return { push: false, reason: "within-cadence", nextAt: since + cadenceHours * hourMs };
}

/** The log line of a decision (CONTRACT 6), null where there is nothing to say. */
export function gateLine(incidentId: string, decision: GateDecision): string | null {
  if (decision.reason === "unchanged") return null;
  const text = `SNOW cadence gate: ${decision.push ? "PUSH" : "SKIP"} incident=${incidentId} reason=${decision.reason}`;
  return decision.push ? text : `${text} next=${new Date(decision.nextAt).toISOString()}`;
}
