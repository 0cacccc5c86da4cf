/**
 * Windows over an actor's evidence. Each hour with evidence ends windows of all lengths; a window of n hours reaches back n hours from
 * the first detection of its last hour, so that what happened within n hours is never torn apart. All of it runs in the detections'
 * own time: an imported log gives what it would have given live, in whatever order it comes in.
 */
import type { Evidence, EvidenceHour } from "./evidence.ts";

/** The last hour of windows: where they end and what reaches furthest back. */
export interface WindowEnd {
  hour: number;
  /** Index behind the hours of this number. */
  behind: number;
  /** First and last evidence of the hour, epoch milliseconds. */
  first: number;
  last: number;
}

/** Ends of the windows, up to `longestHours` long, that hold any of the changed hours. */
export function affectedEnds(
  { hours }: Evidence,
  changed: ReadonlySet<EvidenceHour>,
  longestHours: number,
): WindowEnd[] {
  if (changed.size === 0) return [];
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const { hour } of changed) {
    from = Math.min(from, hour);
    to = Math.max(to, hour);
  }
  const ends: WindowEnd[] = [];
  for (const [at, hour] of hours.entries()) {
    if (hour.hour < from || hour.hour > to + longestHours + 1) continue;
    const span = spanOf(hour);
    const before = ends.at(-1);
    if (before?.hour === hour.hour) {
      before.behind = at + 1;
      before.first = Math.min(before.first, span.first);
      before.last = Math.max(before.last, span.last);
    } else ends.push({ hour: hour.hour, behind: at + 1, ...span });
  }
  return ends;
}

/** First and last evidence of an hour. */
function spanOf({ items, alarms }: EvidenceHour): { first: number; last: number } {
  let first = alarms?.first ?? Number.POSITIVE_INFINITY;
  let last = alarms?.last ?? Number.NEGATIVE_INFINITY;
  for (const item of items) {
    first = Math.min(first, item.first);
    last = Math.max(last, item.last);
  }
  return { first, last };
}
