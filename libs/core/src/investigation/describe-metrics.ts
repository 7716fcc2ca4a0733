import { compareSeries, type SeriesDeparture } from '../../../analysis/src/compare-series';
import type { SeriesInput } from '../../../analysis/src/root-cause';
import { toIso } from '../common/time-range';
import type { MetricLine } from '../metrics/metric-query';
import type { Tags } from '../metrics/sample';
import type { EvidenceDraft } from './evidence-draft';
import { metricPath } from './evidence-query';
import type { InvestigationScope } from './investigation';
import { plainText } from '../common/plain-text';

const MAX_TOLD = 25;
const MAX_KEPT_POINTS = 120;

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
): readonly EvidenceDraft[] {
  const departed = series
    .flatMap((line) => {
      const comparison = compare(line, scope);
      return comparison.outcome === 'departed' ? [{ line, departure: comparison }] : [];
    })
    .sort((a, b) => b.departure.score - a.departure.score || (a.line.ref < b.line.ref ? -1 : 1));
  if (departed.length === 0) return [nothingMoved(series.length, scope)];
  return departed
    .slice(0, MAX_TOLD)
    .map(({ line, departure }) => draft(line, scope, bucketSeconds, departure));
}

/** One series that the ranking leans on. */
export function describeMetric(
  line: TaggedSeries,
  scope: InvestigationScope,
  bucketSeconds: number,
): EvidenceDraft {
  const comparison = compare(line, scope);
  return draft(line, scope, bucketSeconds, comparison.outcome === 'too-short' ? undefined : comparison);
}

function compare({ metricName, points }: TaggedSeries, { baseline, incident }: InvestigationScope) {
  return compareSeries({ metricName, points, baseline, incident });
}

function draft(
  line: TaggedSeries,
  scope: InvestigationScope,
  bucketSeconds: number,
  departure: SeriesDeparture | undefined,
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
      points: thinOut(line.points),
    },
  };
}

function inWords(line: TaggedSeries, departure: SeriesDeparture): string {
  const verb = departure.direction === 'up' ? 'rose' : 'fell';
  const unit = departure.isRate ? ' a second' : '';
  const { expected, observed, onsetMs } = departure;
  return `${plainText(nameOf(line), 160)} ${verb} from ${figure(expected)} to ${figure(observed)}${unit} since ${toIso(onsetMs)}.`;
}

function tooShort(line: TaggedSeries): string {
  return `${plainText(nameOf(line), 160)} has too few values to compare.`;
}

function resultOf(departure: SeriesDeparture) {
  return {
    direction: departure.direction,
    score: departure.score,
    expected: departure.expected,
    observed: departure.observed,
    onset_at: toIso(departure.onsetMs),
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

function nothingMoved(seriesCount: number, scope: InvestigationScope): EvidenceDraft {
  return {
    ref: 'metric:none',
    kind: 'metric_move',
    summary: `None of the ${seriesCount} series left its baseline clearly.`,
    query: `/api/metrics/series?limit=100`,
    result: { series: seriesCount, from: toIso(scope.baseline.fromMs), to: toIso(scope.incident.toMs) },
  };
}
