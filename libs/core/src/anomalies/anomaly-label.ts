import {
  type LabelledDeparture,
  learnAdjustment,
  type SeriesAdjustment,
} from '../../../analysis/src/anomalies/learn-adjustment';
import type { AnomalyLabelId } from '../common/ids';
import type { SeriesKey, Tags } from '../metrics/sample';

/** What a person says about a time of some series. */
export interface AnomalyLabel extends LabelledDeparture {
  readonly id: AnomalyLabelId;
  readonly metricName: string;
  /** Absent: of every service. */
  readonly serviceName?: string;
  /** Each must have this value; absent: whatever they are. */
  readonly tags?: Tags;
  readonly note: string;
  readonly createdAtMs: number;
  /** Absent while it is only proposed. */
  readonly appliedAtMs?: number;
}

/** Labels that have taken effect. */
export function appliedLabels(labels: readonly AnomalyLabel[]): readonly AnomalyLabel[] {
  return labels.filter(({ appliedAtMs }) => appliedAtMs !== undefined);
}

/** What labels change about how a series is judged. */
export function adjustmentOf(labels: readonly AnomalyLabel[], series: SeriesKey): SeriesAdjustment {
  return learnAdjustment(labels.filter((label) => isLabelOf(label, series)));
}

/** Whether a label speaks of a series. A line that stands for all services is spoken of by labels without one. */
export function isLabelOf(label: AnomalyLabel, { metricName, serviceName, tags }: SeriesKey): boolean {
  return (
    label.metricName === metricName &&
    (label.serviceName === undefined || label.serviceName === serviceName) &&
    Object.entries(label.tags ?? {}).every(([name, value]) => tags[name] === value)
  );
}
