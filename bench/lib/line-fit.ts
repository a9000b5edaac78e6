/** A straight line through points. */
export interface LineFit {
  readonly slope: number;
  readonly intercept: number;
  /** How far points lie off the line: standard deviation, in units of y. */
  readonly residual: number;
}

/** By least squares. Needs two points of different x; with two the residual is 0. */
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
  return lineOf(points, slope, meanY - slope * meanX);
}

/**
 * By the median of the slopes between all pairs of points, so that neither a single step nor less than three in ten outliers tilt the
 * line, while repeated steps do. Needs two points, all of different x.
 *
 * Source: Sen, "Estimates of the regression coefficient based on Kendall's tau", Journal of the American Statistical Association 63, 1968.
 */
export function fitMedianLine(points: readonly (readonly [x: number, y: number])[]): LineFit {
  const slopes = points.flatMap(([x, y], i) =>
    points.slice(i + 1).map(([otherX, otherY]) => (otherY - y) / (otherX - x)),
  );
  const slope = middleOf(slopes);
  return lineOf(points, slope, middleOf(points.map(([x, y]) => y - slope * x)));
}

function middleOf(values: readonly number[]): number {
  return Float64Array.from(values).sort()[values.length >> 1]!;
}

function lineOf(points: readonly (readonly [x: number, y: number])[], slope: number, intercept: number): LineFit {
  const squares = points.reduce((sum, [x, y]) => sum + (y - intercept - slope * x) ** 2, 0);
  return { slope, intercept, residual: Math.sqrt(squares / Math.max(1, points.length - 2)) };
}
