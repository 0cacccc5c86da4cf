/** Joining what is known of one actor in two places. */
import type { ActorState } from "./actor-state.ts";
import { mergeEvidence } from "./evidence.ts";

/** Adds another state's evidence and counts, as if they had come in here. Windows and cases are for the next assessment to find. */
export function mergeState(into: ActorState, from: ActorState): void {
  mergeEvidence(into.evidence, from.evidence);
  const { activity } = into;
  const more = from.activity;
  activity.detections += more.detections;
  activity.highDetections += more.highDetections;
  activity.alarms += more.alarms;
  activity.rbpSum += more.rbpSum;
  activity.rbpMax = Math.max(activity.rbpMax, more.rbpMax);
  activity.firstAt = least(activity.firstAt, more.firstAt);
  activity.lastAt = greatest(activity.lastAt, more.lastAt);
}

function least(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function greatest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
