/** How a value goes over time, with what cannot be told from chance. */

export interface Point {
  /** Hours. */
  at: number;
  value: number;
}

export interface Trend {
  /** Per hour. */
  slope: number;
  /**
   * One standard error of the slope, with how much a point tells of the next: memory that goes up and down over minutes has far fewer
   * independent points than samples (first-order autocorrelation of what the line leaves over, Bence 1995).
   */
  error: number;
}

/** Keeps the error finite where each point is as good as the one before. */
const mostAlike = 0.99;

/** The straight line through the points (least squares); null for fewer than ten. */
export function trendOf(points: readonly Point[]): Trend | null {
  const count = points.length;
  if (count < 10) return null;
  const mean = (of: (point: Point) => number) => points.reduce((sum, point) => sum + of(point), 0) / count;
  const [at, value] = [mean((point) => point.at), mean((point) => point.value)];
  const spread = points.reduce((sum, point) => sum + (point.at - at) ** 2, 0);
  const slope = points.reduce((sum, point) => sum + (point.at - at) * (point.value - value), 0) / spread;
  const left = points.map((point) => point.value - value - slope * (point.at - at));
  const squares = left.reduce((sum, one) => sum + one * one, 0);
  const products = left.slice(1).reduce((sum, one, index) => sum + one * (left[index] ?? 0), 0);
  const alike = squares === 0 ? 0 : Math.min(mostAlike, Math.max(0, products / squares));
  const independent = Math.sqrt((1 + alike) / (1 - alike));
  return { slope, error: Math.sqrt(squares / (count - 2) / spread) * independent };
}
