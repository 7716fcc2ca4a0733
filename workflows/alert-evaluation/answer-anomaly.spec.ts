import type { AnomalyCondition } from '../../libs/core/src/alerting/rule';
import { type AnomalyLabelId, asId, type ProjectId } from '../../libs/core/src/common/ids';
import type { AnomalyLabel } from '../../libs/core/src/anomalies/anomaly-label';
import type { AnomalyLabelStore } from '../../libs/core/src/anomalies/anomaly-label-store.port';
import type { Incident } from '../../libs/core/src/incidents/incident';
import type { IncidentStore } from '../../libs/core/src/incidents/incident-store.port';
import type { MetricQuery } from '../../libs/core/src/metrics/metric-query';
import type { MetricStore } from '../../libs/core/src/metrics/metric-store.port';
import { scopeOfProject } from '../../libs/core/src/projects/project-scope';
import { answerAnomaly } from './answer-anomaly';

const NOW = Date.UTC(2026, 0, 15, 12);
const MINUTE = 60_000;
const scope = scopeOfProject(asId<ProjectId>('11111111-1111-4111-8111-111111111111'));
const signal = new AbortController().signal;
const condition: AnomalyCondition = {
  kind: 'anomaly',
  metricName: 'latency',
  aggregation: 'avg',
  method: 'z-score',
  groupByService: true,
};

/** A steady series with bad times, each from so many to so many minutes ago. */
function answer(
  bad: readonly (readonly [from: number, to: number])[],
  incidents: readonly Partial<Incident>[] = [],
  labels: readonly AnomalyLabel[] = [],
) {
  const metrics: Partial<MetricStore> = {
    query: (_scope, { range, bucketSeconds }: MetricQuery) => {
      const count = (range.toMs - range.fromMs) / (bucketSeconds * 1000);
      const points = Array.from({ length: count }, (_, index) => {
        const atMs = range.fromMs + index * bucketSeconds * 1000;
        const ago = (NOW - atMs) / MINUTE;
        const isBad = bad.some(([from, to]) => ago <= from && ago > to);
        return { atMs, value: isBad ? 500 : 100 + (index % 5) };
      });
      const line = { metricName: 'latency', serviceName: 'checkout', tags: {}, points };
      return Promise.resolve({ lines: [line], totalLines: 1 });
    },
  };
  const incidentStore: Partial<IncidentStore> = {
    list: () => Promise.resolve({ items: incidents as readonly Incident[], total: incidents.length }),
  };
  const anomalyLabels: Partial<AnomalyLabelStore> = { list: async () => labels };
  const stores = {
    metrics: metrics as MetricStore,
    incidentStore: incidentStore as IncidentStore,
    anomalyLabels: anomalyLabels as AnomalyLabelStore,
  };
  return answerAnomaly(stores, scope, condition, { fromMs: NOW - 5 * MINUTE, toMs: NOW }, signal);
}

describe('answerAnomaly', () => {
  it('obeys labels once they are applied: no anomaly is none, and what was missed is not learned from', async () => {
    const label: AnomalyLabel = {
      id: asId<AnomalyLabelId>('a'),
      metricName: 'latency',
      serviceName: 'checkout',
      verdict: 'not_an_anomaly',
      fromMs: NOW - 2 * MINUTE,
      toMs: NOW,
      furthestUp: 10_000,
      furthestDown: 0,
      note: '',
      createdAtMs: 0,
    };
    const isAnomalous = async (labels: readonly AnomalyLabel[]) =>
      (await answer([[2, 0]], [], labels))[0]?.isAnomalous;
    expect(await isAnomalous([label])).toBe(true);
    const applied = { ...label, appliedAtMs: 1 };
    expect(await isAnomalous([applied])).toBe(false);
    expect(await isAnomalous([{ ...applied, serviceName: 'cart' }])).toBe(true);
    const [hour, before] = [60 * MINUTE, 300 * MINUTE];
    const missed = {
      ...applied,
      verdict: 'missed' as const,
      fromMs: NOW - before,
      toMs: NOW - before + 4 * hour,
    };
    const bad = [
      [300, 60],
      [2, 0],
    ] as const;
    const learned = await answer(bad, [], [{ ...missed, metricName: 'other' }]);
    expect([learned[0]?.isAnomalous, (await answer(bad, [], [missed]))[0]?.isAnomalous]).toEqual([
      false,
      true,
    ]);
  });

  it('is clear while the window is like its history, and anomalous with the value that is farthest off', async () => {
    expect(await answer([])).toMatchObject([{ serviceName: 'checkout', isAnomalous: false }]);
    expect(await answer([[2, 0]])).toEqual([{ serviceName: 'checkout', isAnomalous: true, value: 500 }]);
  });

  it('gives the same when it is asked again', async () => {
    expect(await answer([[2, 0]])).toEqual(await answer([[2, 0]]));
  });

  it('does not learn from the times of incidents of this service, but from those of others', async () => {
    const begins = Array.from({ length: 12 }, (_, index) => 1400 - index * 100);
    const bad = [...begins.map((ago) => [ago, ago - 50] as const), [2, 0] as const];
    const isAnomalous = async (service: string) => {
      const incidents = begins.map((ago) => ({
        services: [service],
        openedAtMs: NOW - ago * MINUTE,
        resolvedAtMs: NOW - (ago - 51) * MINUTE,
      }));
      return (await answer(bad, incidents))[0]?.isAnomalous;
    };
    expect(await isAnomalous('cart')).toBe(false);
    expect(await isAnomalous('checkout')).toBe(true);
  });
});
