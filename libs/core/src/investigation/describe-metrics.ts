import type { SeriesComparison, SeriesMove } from '../../../analysis/src/compare-series';
import { describeMove } from '../../../analysis/src/describe-move';
import { cleanPoints, toRates } from '../../../analysis/src/prepare-series';
import type { SeriesInput } from '../../../analysis/src/root-cause';
import { compareMetric, inOwnValues } from '../../../analysis/src/root-cause-signals';
import { toIso } from '../common/time-range';
import type { MetricLine } from '../metrics/metric-query';
import type { Tags } from '../metrics/sample';
import type { EvidenceDraft } from './evidence-draft';
import { metricPath } from './evidence-query';
import type { InvestigationScope } from './investigation';
import { plainText } from '../common/plain-text';

const MAX_TOLD = 25;
const MAX_KEPT_POINTS = 120;
/** Series of one metric often differ in their last tags. */
const MAX_SERIES_NAME = 500;

/** A series as the ranking takes it, with its tags. */
export interface TaggedSeries extends SeriesInput {
  readonly tags: Tags;
}

export function toSeriesInput(line: MetricLine): TaggedSeries {
  const { metricName, serviceName, tags, points } = line;
  return { ref: `metric:${nameOf(line)}`, metricName, serviceName, tags, points };
}

/** The series that left their baseline, the farthest first; where none did, that is what is kept. */
export function describeMetrics(
  series: readonly TaggedSeries[],
  scope: InvestigationScope,
  bucketSeconds: number,
  alertedMetrics: readonly string[] = [],
): readonly EvidenceDraft[] {
  let compared = 0;
  const departed = series
    .flatMap((line) => {
      const comparison = compare(line, scope, alertedMetrics);
      if (comparison.outcome !== 'too-short') compared += 1;
      return comparison.outcome === 'departed' ? [{ line, departure: comparison }] : [];
    })
    .sort((a, b) => b.departure.score - a.departure.score || (a.line.ref < b.line.ref ? -1 : 1));
  if (departed.length === 0) return [nothingMoved(series.length, compared, scope)];
  return departed
    .slice(0, MAX_TOLD)
    .map(({ line, departure }) => draft(line, scope, bucketSeconds, departure));
}

/** One series that the ranking leans on. */
export function describeMetric(
  line: TaggedSeries,
  scope: InvestigationScope,
  bucketSeconds: number,
  alertedMetrics: readonly string[] = [],
): EvidenceDraft {
  const comparison = compare(line, scope, alertedMetrics);
  return draft(line, scope, bucketSeconds, comparison.outcome === 'too-short' ? undefined : comparison);
}

/** As the ranking does, but in the values that the request shows. */
function compare(
  line: TaggedSeries,
  { baseline, incident }: InvestigationScope,
  alertedMetrics: readonly string[],
): SeriesComparison {
  const found = compareMetric(line, { baseline, incident, alertedMetrics });
  return found.outcome === 'too-short' ? found : inOwnValues(line, found);
}

function draft(
  line: TaggedSeries,
  scope: InvestigationScope,
  bucketSeconds: number,
  departure: SeriesMove | undefined,
): EvidenceDraft {
  const { metricName, serviceName, tags } = line;
  const range = { fromMs: scope.baseline.fromMs, toMs: scope.incident.toMs };
  return {
    ref: line.ref,
    kind: 'metric_move',
    serviceName,
    summary: departure === undefined ? tooShort(line) : inWords(line, departure),
    query: metricPath(range, { metricName, serviceName, tags, aggregation: 'avg', bucketSeconds }),
    result: {
      metric_name: metricName,
      tags,
      bucket_seconds: bucketSeconds,
      ...(departure === undefined ? {} : resultOf(departure)),
      // The request shows a counter as it was sent: its rates are found here alone.
      points: thinOut(departure?.isRate === true ? toRates(cleanPoints(line.points)) : line.points),
    },
  };
}

function inWords(line: TaggedSeries, departure: SeriesMove): string {
  const since = departure.outcome === 'departed' ? ` since ${toIso(departure.onsetMs)}` : '';
  return `${plainText(nameOf(line), MAX_SERIES_NAME)} ${describeMove(departure, figure, ' a second')}${since}.`;
}

function tooShort(line: TaggedSeries): string {
  return `${plainText(nameOf(line), MAX_SERIES_NAME)} has too few values to compare.`;
}

function resultOf(departure: SeriesMove) {
  return {
    direction: departure.direction,
    score: departure.score,
    expected: departure.expected,
    level: departure.level,
    observed: departure.observed,
    ...(departure.outcome === 'departed' && { onset_at: toIso(departure.onsetMs) }),
    is_rate: departure.isRate,
  };
}

function thinOut(points: SeriesInput['points']): readonly (readonly [number, number])[] {
  const step = Math.ceil(points.length / MAX_KEPT_POINTS);
  return points.filter((_, index) => index % step === 0).map(({ atMs, value }) => [atMs, value] as const);
}

/** `orders db_connections{pool=main}` */
function nameOf({
  metricName,
  serviceName,
  tags,
}: Pick<TaggedSeries, 'metricName' | 'serviceName' | 'tags'>): string {
  const pairs = Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1));
  const shown = pairs.map(([name, value]) => `${name}=${value}`).join(',');
  return `${serviceName} ${metricName}${shown === '' ? '' : `{${shown}}`}`.trim();
}

function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function nothingMoved(seriesCount: number, compared: number, scope: InvestigationScope): EvidenceDraft {
  const tooShort = seriesCount - compared;
  const rest = tooShort === 0 ? '' : `; ${tooShort} of ${seriesCount} have too few values to compare`;
  return {
    ref: 'metric:none',
    kind: 'metric_move',
    summary:
      seriesCount === 0
        ? 'There are no samples of metrics in the incident window or its baseline.'
        : `None of the ${compared} series that could be compared left its baseline clearly${rest}.`,
    query: `/api/metrics/series?limit=100`,
    result: { series: seriesCount, from: toIso(scope.baseline.fromMs), to: toIso(scope.incident.toMs) },
  };
}
