/** Figures that tell how well scores order what they score. */

/**
 * The probability that one of `should` has a higher value than one of `rest`, equal ones counting half: 1 = perfectly ordered, 0.5 = by
 * chance (area under the ROC curve).
 */
export function areaUnderCurve(should: readonly number[], rest: readonly number[]): number {
  let won = 0;
  for (const high of should) for (const low of rest) won += high > low ? 1 : high === low ? 0.5 : 0;
  return won / (should.length * rest.length);
}

/** The place of `own` among `others`, from 1; those with the same value stand before it. */
export function rankOf(own: number, others: readonly number[]): number {
  return 1 + others.filter((other) => other >= own).length;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? "none" : `${part} of ${whole} (${Math.round((100 * part) / whole)} %)`;
}
