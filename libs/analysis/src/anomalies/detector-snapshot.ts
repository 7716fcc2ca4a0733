import type { SeriesDetector } from './anomaly';

/** A detector at rest: JSON from which `restoreDetector` makes one that goes on as if it had never stopped. */
export interface DetectorSnapshot {
  /** Name and version of the algorithm, e.g. `adaptive/1`: another version cannot go on from this state. */
  readonly method: string;
  readonly state: unknown;
}

export function snapshotOf(detector: SeriesDetector): DetectorSnapshot {
  return { method: detector.method, state: detector.state() };
}

export type DetectorStateProblem =
  /** No snapshot at all, or one whose state lacks something. */
  | 'damaged'
  /** Of an algorithm or a version that is not known here: begin anew. */
  | 'foreign'
  /** Snapshots of two methods, or of parts that are not one after the other. */
  | 'unmergeable';

/** A snapshot that cannot be used. What to do is the caller's choice: usually to begin with a fresh detector. */
export class DetectorStateError extends Error {
  override readonly name = 'DetectorStateError';

  constructor(
    readonly problem: DetectorStateProblem,
    message: string,
  ) {
    super(message);
  }
}
