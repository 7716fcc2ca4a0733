import { type SignalClass, classifyMessage, classifyMetric } from './classify-metric';
import { comparePatterns } from './compare-patterns';
import { compareSeries } from './compare-series';
import type { Contribution, PatternInput, RootCauseInput } from './root-cause';

/** Something of a service that departed from its baseline. */
export interface DepartedSignal {
  readonly serviceName: string;
  readonly kind: Extract<Contribution['kind'], 'metric' | 'pattern'>;
  readonly ref: string;
  /** The metric's name or the pattern's text. */
  readonly name: string;
  readonly signalClass: SignalClass;
  readonly direction: 'up' | 'down';
  /** Logarithm of how far it departed; above 0. */
  readonly strength: number;
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
/** What a service has run out of is its own trouble; the rest may be handed to it. */
const CLASS_WEIGHT: Readonly<Record<SignalClass, number>> = {
  resource: 1.25,
  latency: 1,
  errors: 1,
  traffic: 0.8,
  other: 1,
};
/** Less traffic, or a line that is not written any more, is more often a consequence than a cause. */
const FALL_WEIGHT = 0.4;

/** All departures, in an order that does not depend on the order of the input. */
export function findDepartedSignals(input: RootCauseInput): readonly DepartedSignal[] {
  return [...metricSignals(input), ...patternSignals(input)].sort(
    (one, other) =>
      other.strength - one.strength ||
      compareText(one.ref, other.ref) ||
      compareText(one.serviceName, other.serviceName),
  );
}

export function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function metricSignals(input: RootCauseInput): readonly DepartedSignal[] {
  return input.series.flatMap((series): DepartedSignal[] => {
    const { baseline, incident } = input;
    const found = compareSeries({ metricName: series.metricName, points: series.points, baseline, incident });
    if (found.outcome !== 'departed') return [];
    const signalClass = classifyMetric(series.metricName);
    const weight =
      signalClass === 'traffic' && found.direction === 'down' ? FALL_WEIGHT : CLASS_WEIGHT[signalClass];
    const verb = found.direction === 'up' ? 'rose' : 'fell';
    const unit = found.isRate ? ' per second' : '';
    const why = `${series.metricName} ${verb} from ${figure(found.expected)} to ${figure(found.observed)}${unit}, ${Number(found.score.toPrecision(2))} times its usual spread`;
    return [
      {
        serviceName: series.serviceName,
        kind: 'metric',
        ref: series.ref,
        name: series.metricName,
        signalClass,
        direction: found.direction,
        strength: Math.log1p(found.score) * weight,
        onsetMs: found.onsetMs,
        why,
      },
    ];
  });
}

function patternSignals(input: RootCauseInput): readonly DepartedSignal[] {
  const compared = comparePatterns({
    baselineMs: input.baseline.toMs - input.baseline.fromMs,
    incidentMs: input.incident.toMs - input.incident.fromMs,
    patterns: input.patterns,
  });
  return compared.flatMap(({ pattern, trend, score }): DepartedSignal[] => {
    if (trend === 'steady') return [];
    const isRise = trend === 'new' || trend === 'risen';
    const weight = LEVEL_WEIGHT[pattern.level] * (isRise ? 1 : FALL_WEIGHT);
    return [
      {
        serviceName: pattern.serviceName,
        kind: 'pattern',
        ref: pattern.ref,
        name: pattern.text,
        signalClass: classifyMessage(pattern.text),
        direction: isRise ? 'up' : 'down',
        strength: Math.log1p(Math.abs(score)) * weight,
        ...(pattern.firstAtMs === undefined || !isRise ? {} : { onsetMs: pattern.firstAtMs }),
        why: `${pattern.level} "${shorten(pattern.text)}" ${TREND_WORDS[trend]}: ${figure(pattern.incidentCount)} times, ${figure(pattern.baselineCount)} before`,
      },
    ];
  });
}

const TREND_WORDS = { new: 'is new', risen: 'rose', gone: 'is gone', fallen: 'fell' } as const;

/** Three significant digits, without an exponent where there need not be one. */
export function figure(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 1e6 || (magnitude > 0 && magnitude < 1e-3)) return value.toPrecision(3);
  return String(magnitude >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

const MAX_QUOTED_CHARS = 80;

export function shorten(text: string): string {
  return text.length <= MAX_QUOTED_CHARS ? text : `${Array.from(text).slice(0, MAX_QUOTED_CHARS).join('')}…`;
}
