/** Service level: from creation to closing, `at_risk` from 75 % on (CONTRACT 6). */
import type { RiskLevel } from "../risk.ts";

export type SlaMinutes = Readonly<Record<RiskLevel, number>>;

export const slaStatuses = ["on_track", "at_risk", "breached"] as const;
export type SlaStatus = (typeof slaStatuses)[number];

export interface Sla {
  targetMinutes: number;
  status: SlaStatus;
  /** Of the target, whole, rounded down: 100 means breached. */
  percent: number;
}

/** Times are epoch milliseconds; `closedAt` null = still open at `now`. */
export function slaOf(
  level: RiskLevel,
  createdAt: number,
  closedAt: number | null,
  now: number,
  minutes: SlaMinutes,
): Sla {
  const targetMinutes = minutes[level];
  const percent = Math.max(0, Math.floor((((closedAt ?? now) - createdAt) / 60_000 / targetMinutes) * 100));
  return { targetMinutes, percent, status: percent >= 100 ? "breached" : percent >= 75 ? "at_risk" : "on_track" };
}
