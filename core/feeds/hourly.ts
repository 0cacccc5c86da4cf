/** Decides whether an alert's HOURLY message is due. (CONTRACT 3) */
import type { AlertCounts } from "../alert.ts";

export interface HourlyDecision {
  send: boolean;
  /**
   * - `due`: send, then set `sentCount` to `count` and `lastMessageAt` to now.
   * - `nothing-new`: no occurrence since the last message.
   * - `within-interval`: the last message is too recent.
   * - `clock-went-back`: the last message lies in the future, so the clock was set back. Set `lastMessageAt` to now, so that the
   *   alert is silent for one interval at most and not until the clock has caught up.
   */
  reason: "due" | "nothing-new" | "within-interval" | "clock-went-back";
  /** Earliest time at which a message may go, after this decision was carried out. Epoch milliseconds. */
  nextAt: number;
  /** Occurrences not yet reported in a message. */
  delta: number;
}

/** Decides at `now` (epoch milliseconds) with `intervalMs` between two messages of one alert. */
export function hourlyDecision(counts: AlertCounts, now: number, intervalMs: number): HourlyDecision {
  const delta = counts.count - counts.sentCount;
  const earliest = counts.lastMessageAt + intervalMs;
  if (delta <= 0) return { send: false, reason: "nothing-new", nextAt: Math.max(now, earliest), delta };
  if (counts.lastMessageAt > now) return { send: false, reason: "clock-went-back", nextAt: now + intervalMs, delta };
  if (now < earliest) return { send: false, reason: "within-interval", nextAt: earliest, delta };
  return { send: true, reason: "due", nextAt: now + intervalMs, delta };
}
