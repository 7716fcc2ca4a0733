import type { SeriesInput } from '../../../../libs/analysis/src/root-cause';
import type { CsvRow } from './read-csv';

interface MutablePoint {
  readonly atMs: number;
  readonly value: number;
}

/** The metrics of a case, one series per service and column. */
export interface Sampled {
  readonly series: readonly SeriesInput[];
  readonly alertMs: number;
  readonly firstMs: number;
  /** The last row that belongs to the incident. */
  readonly lastMs: number;
}

/** A pause of so many usual steps ends the incident: what comes after it was recorded for another purpose. */
const PAUSE_STEPS = 10;

/**
 * Turns rows (time in epoch seconds, service, one column per metric) into series. Where nothing lies before the alert, but rows follow after a
 * long pause, those are the normal period.
 */
export function toSampled(rows: readonly CsvRow[], normal: readonly CsvRow[], alertMs: number): Sampled {
  const times = [...new Set(rows.map(({ time }) => Number(time) * 1000))]
    .filter(Number.isFinite)
    .sort((one, other) => one - other);
  const pauseMs = findPause(times, alertMs);
  const hasBaseline = (times[0] ?? alertMs) < alertMs;
  const isLater = ({ time }: CsvRow) => Number(time) * 1000 >= pauseMs;
  const own = rows.filter((row) => !isLater(row));
  const reference = normal.length > 0 || hasBaseline ? normal : rows.filter(isLater);
  const references = new Map(toSeries(reference).map((series) => [series.ref, series.points]));
  const series = toSeries(own).map((one) => {
    const found = references.get(one.ref);
    return found === undefined ? one : { ...one, reference: found };
  });
  const last = times.filter((time) => time < pauseMs).at(-1) ?? alertMs;
  return { series, alertMs, firstMs: times[0] ?? alertMs, lastMs: last };
}

/** The first instant after the alert that follows a pause; Infinity where there is none. */
function findPause(times: readonly number[], alertMs: number): number {
  const steps = times.map((time, index) => time - (times[index - 1] ?? time)).filter((step) => step > 0);
  const usual = [...steps].sort((one, other) => one - other)[steps.length >> 1] ?? Infinity;
  return (
    times.find(
      (time, index) =>
        time > alertMs &&
        (times[index - 1] ?? time) >= alertMs &&
        time - (times[index - 1] ?? time) > PAUSE_STEPS * usual,
    ) ?? Infinity
  );
}

function toSeries(rows: readonly CsvRow[]): readonly SeriesInput[] {
  const series = new Map<
    string,
    { ref: string; serviceName: string; metricName: string; points: MutablePoint[] }
  >();
  for (const row of rows) {
    const { time, service: serviceName = '' } = row;
    const atMs = Number(time) * 1000;
    for (const [metricName, cell] of Object.entries(row)) {
      if (metricName === 'time' || metricName === 'service' || cell === '') continue;
      const ref = `${serviceName} ${metricName}`;
      const found = series.get(ref) ?? { ref, serviceName, metricName, points: [] };
      series.set(ref, found);
      found.points.push({ atMs, value: Number(cell) });
    }
  }
  return [...series.values()];
}
