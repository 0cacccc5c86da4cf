/**
 * How much a step of a pass does. Intake waits for one step at most, and the larger the tables, the more pages the same rows lie on: each step says by the time that it
 * took how much the next one does.
 */

/** Milliseconds that a step may take before the next does less, and below which the next does more again. */
const mostMs = 5;
const leastMs = 2.5;
/** A step does no less than this share of the most: what a commit takes by itself, on a slow disk or through etcd, does not get less with its rows. */
const leastShare = 0.25;

/** The share of the most that the next step does, after one of `share` that took so many milliseconds. */
export function nextShare(share: number, took: number): number {
  if (took > mostMs) return Math.max(leastShare, share * Math.max(0.5, mostMs / took));
  return took < leastMs ? Math.min(1, share * 1.25) : share;
}

/** Rows of a step that does this share of the most. */
export function rowsOf(most: number, share: number): number {
  return Math.max(1, Math.round(most * share));
}
