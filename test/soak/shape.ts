/** Quiet and busy times of one cycle: the share of the average load at a time from 0 to 1 of it. */
export function shapeAt(time: number): number {
  // A quiet fifth, a busy one, and the average between them.
  if (time < 0.2) return 1 / 3;
  if (time >= 0.6 && time < 0.8) return 5 / 3;
  return 1;
}
