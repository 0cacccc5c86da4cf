/** How a value goes over time, with what cannot be told from chance. */

export interface Point {
  /** Hours. */
  at: number;
  value: number;
}

export interface Trend {
  /** Per hour. */
  slope: number;
  /** One standard error of the slope. */
  error: number;
}

/** The straight line through the points (least squares); null for fewer than ten. */
export function trendOf(points: readonly Point[]): Trend | null {
  const count = points.length;
  if (count < 10) return null;
  const mean = (of: (point: Point) => number) => points.reduce((sum, point) => sum + of(point), 0) / count;
  const [at, value] = [mean((point) => point.at), mean((point) => point.value)];
  const spread = points.reduce((sum, point) => sum + (point.at - at) ** 2, 0);
  const slope = points.reduce((sum, point) => sum + (point.at - at) * (point.value - value), 0) / spread;
  const rest = points.reduce((sum, point) => sum + (point.value - value - slope * (point.at - at)) ** 2, 0);
  return { slope, error: Math.sqrt(rest / (count - 2) / spread) };
}
