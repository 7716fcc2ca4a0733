import { classifyMetric } from './classify-metric';
import { compareSeries } from './compare-series';
import { departureStrength } from './departure-strength';
import { figure } from './format-evidence';
import { groupBy } from './group-by';
import { cleanPoints } from './prepare-series';
import type { EdgeInput, RootCauseInput, SeriesInput } from './root-cause';

/** A caller that calls one of its callees less often than its own traffic lets expect. */
export interface LostCalls {
  readonly caller: string;
  readonly callee: string;
  /** The series of the callee's traffic. */
  readonly ref: string;
  readonly strength: number;
  readonly hasDeparted: boolean;
  readonly onsetMs: number;
  readonly why: string;
}

const WEIGHT = 0.7;
const NEGLIGIBLE = 0.02;

/**
 * Finds callees that fell silent although their callers did not: the callee's traffic per request of the caller, against its baseline. The
 * trouble is then in the caller, which fails or returns before it gets there. Shared among all callers of the callee.
 */
export function compareCallShares(input: RootCauseInput, edges: readonly EdgeInput[]): readonly LostCalls[] {
  const traffic = groupBy(
    input.series.filter(({ metricName }) => isRequestCount(metricName)),
    ({ serviceName }) => serviceName,
  );
  const callers = groupBy(edges, ({ callee }) => callee);
  return edges.flatMap(({ caller, callee }): LostCalls[] => {
    const pair = commonSeries(traffic.get(caller) ?? [], traffic.get(callee) ?? []);
    if (pair === undefined) return [];
    const [own, called] = pair;
    const found = compareSeries({
      metricName: 'share',
      points: sharesOf(own, called),
      baseline: input.baseline,
      incident: input.incident,
    });
    if (found.outcome === 'too-short' || found.direction === 'up') return [];
    const strength = (WEIGHT * departureStrength(found.score)) / (callers.get(callee)?.length ?? 1);
    if (strength < NEGLIGIBLE) return [];
    const why = `it calls ${callee} ${figure(found.level)} times per request of its own, ${figure(found.expected)} before`;
    return [
      {
        caller,
        callee,
        ref: called.ref,
        strength,
        hasDeparted: found.outcome === 'departed',
        onsetMs: found.onsetMs,
        why,
      },
    ];
  });
}

function isRequestCount(metricName: string): boolean {
  return classifyMetric(metricName) === 'traffic' && !/(bytes|packets|_rx|_tx)/i.test(metricName);
}

/** The traffic of both by one metric; by the first in the order of names, where there are several. */
function commonSeries(
  own: readonly SeriesInput[],
  called: readonly SeriesInput[],
): readonly [SeriesInput, SeriesInput] | undefined {
  let best: readonly [SeriesInput, SeriesInput] | undefined;
  for (const one of own) {
    const other = called.find(({ metricName }) => metricName === one.metricName);
    if (other !== undefined && (best === undefined || one.metricName < best[0].metricName))
      best = [one, other];
  }
  return best;
}

function sharesOf(own: SeriesInput, called: SeriesInput): SeriesInput['points'] {
  const totals = new Map(cleanPoints(own.points).map(({ atMs, value }) => [atMs, value]));
  return cleanPoints(called.points).flatMap(({ atMs, value }) => {
    const total = totals.get(atMs) ?? 0;
    return total > 0 ? [{ atMs, value: value / total }] : [];
  });
}
