import { describeMove } from './describe-move';
import {
  type SignalClass,
  classifyMessage,
  classifyMetric,
  isHostMetric,
  isSuccessShare,
} from './classify-metric';
import { comparePatterns } from './compare-patterns';
import { type SeriesComparison, type SeriesMove, compareSeries } from './compare-series';
import { departureStrength } from './departure-strength';
import { compareText, figure, shorten } from './format-evidence';
import { groupBy } from './group-by';
import type { Contribution, PatternInput, RootCauseInput, SeriesInput } from './root-cause';

/** What a metric or a log pattern of a service says: how far it left its baseline. */
export interface Signal {
  readonly serviceName: string;
  readonly kind: Extract<Contribution['kind'], 'metric' | 'pattern'>;
  readonly ref: string;
  /** The metric's name or the pattern's text. */
  readonly name: string;
  readonly signalClass: SignalClass;
  readonly direction: 'up' | 'down';
  /** True where it left its baseline beyond doubt; weaker ones only lend support. */
  readonly hasDeparted: boolean;
  /** Not negative. */
  readonly strength: number;
  /** Difference to the baseline in the metric's own unit; 0 for patterns. */
  readonly deviation: number;
  readonly onsetMs?: number;
  readonly why: string;
}

const LEVEL_WEIGHT: Readonly<Record<PatternInput['level'], number>> = {
  fatal: 1.2,
  error: 1,
  warn: 0.6,
  info: 0.15,
  debug: 0.1,
  trace: 0.1,
};
const CLASS_WEIGHT: Readonly<Record<SignalClass, Readonly<Record<'up' | 'down', number>>>> = {
  resource: { up: 1, down: 0.5 },
  latency: { up: 1, down: 0.3 },
  errors: { up: 1, down: 0.1 },
  traffic: { up: 0.5, down: 0.5 },
  other: { up: 1, down: 0.5 },
};
/** A line that is not written any more is more often a consequence than a cause. */
const GONE_WEIGHT = 0.4;
/** What happens to a machine happens to all that runs on it. */
const HOST_WEIGHT = 0.3;
/** Where the incident was noticed by errors, latency is beside the point, and the other way round. */
const OTHER_CLASS_WEIGHT = 0.25;

/** All signals, also those that did not move (a callee that did not explains nothing), in an order that does not depend on the order of the input. */
export function findSignals(input: RootCauseInput): readonly Signal[] {
  return [...metricSignals(input), ...patternSignals(input)].sort(
    (one, other) =>
      other.strength - one.strength ||
      compareText(one.ref, other.ref) ||
      compareText(one.serviceName, other.serviceName),
  );
}

interface ComparedSeries {
  readonly series: SeriesInput;
  readonly found: SeriesMove;
}

function metricSignals(input: RootCauseInput): readonly Signal[] {
  const noticed = input.symptom === undefined ? undefined : classifyMetric(input.symptom.metricName);
  const compared = input.series.flatMap((series): ComparedSeries[] => {
    const found = compareMetric(series, input);
    return found.outcome === 'too-short' ? [] : [{ series, found }];
  });
  // The same values under several services are of what the services share, such as their host: no news about any one of them.
  const twins = groupBy(compared, ({ series, found }) =>
    JSON.stringify([series.metricName, found.expected, found.level, found.observed, found.spread]),
  );
  return [...twins.values()].flatMap((group) =>
    group.map(({ series, found }) => {
      const signalClass = classifyMetric(series.metricName);
      const relevance = noticed === undefined || noticed === signalClass ? 1 : OTHER_CLASS_WEIGHT;
      const scope = isHostMetric(series.metricName) ? HOST_WEIGHT : 1;
      const weight = (CLASS_WEIGHT[signalClass][found.direction] * relevance * scope) / group.length;
      return toMetricSignal(series, found, signalClass, departureStrength(found.score) * weight);
    }),
  );
}

/** What a metric is compared in. */
export type MetricWindows = Pick<RootCauseInput, 'baseline' | 'incident' | 'symptom' | 'alertedMetrics'>;

/** Compares a metric with its baseline; of a share of successes, the share of failures, which tells more: from 0.1 to 2 percent is much, from 99.9 to 98 is not. */
export function compareMetric(
  { metricName, points, reference }: Pick<SeriesInput, 'metricName' | 'points' | 'reference'>,
  { baseline, incident, symptom, alertedMetrics }: MetricWindows,
): SeriesComparison {
  const isNoticed = symptom?.metricName === metricName || alertedMetrics?.includes(metricName) === true;
  const common = { metricName, baseline, incident, isNoticed };
  if (!isSuccessShare(metricName)) {
    return compareSeries({ ...common, points, ...(reference === undefined ? {} : { reference }) });
  }
  const whole = wholeOf([...points, ...(reference ?? [])]);
  const complement = (list: SeriesInput['points']) =>
    list.map(({ atMs, value }) => ({ atMs, value: whole - value }));
  return compareSeries({
    ...common,
    points: complement(points),
    minSpread: whole * FAILURE_SPREAD_FLOOR,
    ...(reference === undefined ? {} : { reference: complement(reference) }),
  });
}

/** The move of a metric in its own values, where compareMetric has compared those of failures. */
export function inOwnValues(
  { metricName, points, reference }: Pick<SeriesInput, 'metricName' | 'points' | 'reference'>,
  move: SeriesMove,
): SeriesMove {
  if (!isSuccessShare(metricName)) return move;
  const whole = wholeOf([...points, ...(reference ?? [])]);
  return {
    ...move,
    direction: move.direction === 'up' ? 'down' : 'up',
    expected: whole - move.expected,
    level: whole - move.level,
    observed: whole - move.observed,
  };
}

/** Percent, or a fraction. */
function wholeOf(points: SeriesInput['points']): number {
  return points.some(({ value }) => value > 1.001) ? 100 : 1;
}

/** Half a percent of requests fails here and there. */
const FAILURE_SPREAD_FLOOR = 0.005;

function toMetricSignal(
  series: SeriesInput,
  found: ComparedSeries['found'],
  signalClass: SignalClass,
  strength: number,
): Signal {
  const what = isSuccessShare(series.metricName) ? `failures by ${series.metricName}` : series.metricName;
  const why = `${what} ${describeMove(found, figure, ' per second')}, ${Number(found.score.toPrecision(2))} times its usual spread`;
  return {
    serviceName: series.serviceName,
    kind: 'metric',
    ref: series.ref,
    name: series.metricName,
    signalClass,
    direction: found.direction,
    hasDeparted: found.outcome === 'departed',
    strength,
    deviation: found.level - found.expected,
    onsetMs: found.onsetMs,
    why,
  };
}

function patternSignals(input: RootCauseInput): readonly Signal[] {
  const compared = comparePatterns({
    baselineMs: input.baseline.toMs - input.baseline.fromMs,
    incidentMs: input.incident.toMs - input.incident.fromMs,
    patterns: input.patterns,
  });
  return compared.flatMap(({ pattern, trend, score }): Signal[] => {
    if (trend === 'steady') return [];
    const isRise = trend === 'new' || trend === 'risen';
    const weight = LEVEL_WEIGHT[pattern.level] * (isRise ? 1 : GONE_WEIGHT);
    const counts = `${figure(pattern.incidentCount)} times, ${figure(pattern.baselineCount)} before`;
    return [
      {
        serviceName: pattern.serviceName,
        kind: 'pattern',
        ref: pattern.ref,
        name: pattern.text,
        signalClass: classifyMessage(pattern.text),
        direction: isRise ? 'up' : 'down',
        hasDeparted: true,
        strength: departureStrength(Math.abs(score)) * weight,
        deviation: 0,
        ...(pattern.firstAtMs === undefined || !isRise ? {} : { onsetMs: pattern.firstAtMs }),
        why: `${pattern.level} "${shorten(pattern.text)}" ${TREND_WORDS[trend]}: ${counts}`,
      },
    ];
  });
}

const TREND_WORDS = { new: 'is new', risen: 'rose', gone: 'is gone', fallen: 'fell' } as const;
