/** A value at a time. */
export interface Point {
  atSeconds: number;
  value: number;
}

/** By how much a straight line through the points (least squares) rises from the first to the last; 0 for fewer than two. */
export function riseOf(points: readonly Point[]): number {
  const [first] = points;
  const last = points.at(-1);
  if (!first || !last || first === last) return 0;
  const mean = meanOf(points);
  const middle = points.reduce((sum, { atSeconds }) => sum + atSeconds, 0) / points.length;
  let covariance = 0;
  let variance = 0;
  for (const { atSeconds, value } of points) {
    covariance += (atSeconds - middle) * (value - mean);
    variance += (atSeconds - middle) ** 2;
  }
  return variance === 0 ? 0 : (covariance / variance) * (last.atSeconds - first.atSeconds);
}

export function meanOf(points: readonly Point[]): number {
  return points.reduce((sum, { value }) => sum + value, 0) / points.length;
}

/** Those of the second half of the time, when caches are warm. */
export function secondHalf(points: readonly Point[]): Point[] {
  const [first] = points;
  const last = points.at(-1);
  if (!first || !last) return [];
  const half = (first.atSeconds + last.atSeconds) / 2;
  return points.filter(({ atSeconds }) => atSeconds >= half);
}
