/** A straight line through points, by least squares. */
export interface LineFit {
  readonly slope: number;
  readonly intercept: number;
  /** How far points lie off the line: standard deviation, in units of y. */
  readonly residual: number;
}

/** Needs two points of different x; with two the residual is 0. */
export function fitLine(points: readonly (readonly [x: number, y: number])[]): LineFit {
  const mean = (read: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + read(point), 0) / points.length;
  const [meanX, meanY] = [mean(([x]) => x), mean(([, y]) => y)];
  let sumXY = 0;
  let sumXX = 0;
  for (const [x, y] of points) {
    sumXY += (x - meanX) * (y - meanY);
    sumXX += (x - meanX) ** 2;
  }
  const slope = sumXY / sumXX;
  const intercept = meanY - slope * meanX;
  const squares = points.reduce((sum, [x, y]) => sum + (y - intercept - slope * x) ** 2, 0);
  return { slope, intercept, residual: Math.sqrt(squares / Math.max(1, points.length - 2)) };
}
