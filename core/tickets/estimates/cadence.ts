/** How many updates of risk tickets would have got by the cadence gate: pure arithmetic over recorded changes of level. */
import type { RiskLevel } from "../../risk.ts";
import { cadenceGate, type ReportedRisk } from "../cadence.ts";

/** A ticket and the levels that its incident has had, the oldest first. Times are epoch milliseconds. */
export interface TicketLevels {
  incidentId: string;
  system: string;
  createdAt: number;
  /** What it became, and what it was before; null = it was made with this level. */
  levels: readonly { at: number; level: RiskLevel; before: RiskLevel | null }[];
}

/** How many updates of its level a ticket would have got from `since` to `now`. */
export function updatesOf(ticket: TicketLevels, cadenceHours: number, since: number, now: number): number {
  const { createdAt, levels } = ticket;
  const first = levels.findLast(({ at }) => at <= createdAt)?.level ?? levels[0]?.before ?? levels[0]?.level;
  if (first === undefined) return 0;
  let told: ReportedRisk = { level: first, at: null };
  let level = first;
  let updates = 0;
  /** When the gate is asked again; Infinity = not before the next change. */
  let askedAt = Number.POSITIVE_INFINITY;
  const ask = (at: number) => {
    const decision = cadenceGate(level, told, cadenceHours, at);
    askedAt = decision.reason === "within-cadence" ? decision.nextAt : Number.POSITIVE_INFINITY;
    if (!decision.push) return;
    told = { level, at };
    if (at >= since) updates++;
  };
  for (const change of levels) {
    if (change.at <= createdAt) continue;
    if (askedAt <= change.at) ask(askedAt);
    level = change.level;
    ask(change.at);
  }
  if (askedAt <= now) ask(askedAt);
  return updates;
}
