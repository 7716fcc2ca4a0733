import type { Point } from '../prepare-series';
import type { PointJudgement, SeriesDetector } from './anomaly';

/**
 * Judges all points of a series with a fresh detector, in order of time; points at one instant keep their order. The judgements come back in the
 * order of the points given. The same as `observe` for each point of an ordered series.
 */
export function judgePoints(points: readonly Point[], detector: SeriesDetector): PointJudgement[] {
  const order = points.map((_, index) => index);
  if (!isOrdered(points))
    order.sort((one, other) => timeOf(points[one]) - timeOf(points[other]) || one - other);
  const judgements = new Array<PointJudgement>(points.length);
  for (const index of order) {
    const point = points[index];
    if (point !== undefined) judgements[index] = detector.observe(point.atMs, point.value);
  }
  return judgements;
}

/** Points without a usable time come first and are judged as missing. */
function timeOf(point: Point | undefined): number {
  return point !== undefined && Number.isFinite(point.atMs) ? point.atMs : -Number.MAX_VALUE;
}

function isOrdered(points: readonly Point[]): boolean {
  let before = -Number.MAX_VALUE;
  for (const point of points) {
    const atMs = timeOf(point);
    if (atMs < before) return false;
    before = atMs;
  }
  return true;
}
