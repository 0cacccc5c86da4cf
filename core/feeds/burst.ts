/** Decides whether a window's new occurrences are a burst. (CONTRACT 3, seed 003 "Burst Detection") */

import type { AlertCounts } from "../alert.ts";
import { hourMs } from "../time.ts";

export interface BurstDecision {
  burst: boolean;
  reason: "over-100" | "over-5x-average" | "steady";
}

/**
 * Judges the window since the alert's last message: a burst is a delta over 100, or over five times the mean hourly count of the
 * alert's life before the window. That life is from `recordedAt` to `lastMessageAt`, taken as one hour where it is shorter or,
 * after the clock was set back, negative.
 */
export function burst(counts: AlertCounts): BurstDecision {
  const delta = counts.count - counts.sentCount;
  if (delta > 100) return { burst: true, reason: "over-100" };
  const life = Math.max(hourMs, counts.lastMessageAt - counts.recordedAt);
  // delta > 5 * sentCount / (life / hour), without a division so that the edge is exact.
  if (delta * life > 5 * counts.sentCount * hourMs) return { burst: true, reason: "over-5x-average" };
  return { burst: false, reason: "steady" };
}
