import type { Anomaly, SeriesVerdict } from './judge-series';

export interface VerdictChange {
  /** Anomalies that only the proposed verdict has. */
  readonly added: readonly Anomaly[];
  /** Anomalies that only the current verdict has. */
  readonly removed: readonly Anomaly[];
  readonly kept: number;
}

/** What another way of judging the same points would change. Anomalies are the same where their instants are. */
export function compareVerdicts(current: SeriesVerdict, proposed: SeriesVerdict): VerdictChange {
  const before = new Set(current.anomalies.map(({ atMs }) => atMs));
  const after = new Set(proposed.anomalies.map(({ atMs }) => atMs));
  const added = proposed.anomalies.filter(({ atMs }) => !before.has(atMs));
  const removed = current.anomalies.filter(({ atMs }) => !after.has(atMs));
  return { added, removed, kept: current.anomalies.length - removed.length };
}
