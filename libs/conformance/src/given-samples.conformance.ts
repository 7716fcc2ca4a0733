import { newScope } from '../../../test/support/new-scope';
import { encodeMetricBatch } from '../../contracts/src/metric-batch.message';
import { toIso } from '../../core/src/common/time-range';
import type { EncodedBatch } from '../../core/src/ingest/write-outcome';
import type { MetricQuery } from '../../core/src/metrics/metric-query';
import type { MetricStore } from '../../core/src/metrics/metric-store.port';
import type { Sample, Tags } from '../../core/src/metrics/sample';
import type { ProjectScope } from '../../core/src/projects/project-scope';

export interface MetricStoreEngine {
  readonly store: MetricStore;
  /** Another one of the same samples, in which a project may have so many series. */
  bounded(maxSeries: number): MetricStore;
  end(): Promise<void>;
}

export interface GivenSample {
  readonly metric?: string;
  readonly service?: string;
  readonly tags?: Tags;
  /** Seconds from NOON. */
  readonly at: number;
  readonly value: number;
}

export const NOON = Date.parse('2026-03-10T12:00:00Z');
export const HOUR = { fromMs: NOON, toMs: NOON + 3_600_000 };

export function sampleOf(scope: ProjectScope, given: GivenSample): Sample {
  return {
    projectId: scope.projectId,
    metricName: given.metric ?? 'latency_ms',
    serviceName: given.service ?? 'api',
    tags: given.tags ?? {},
    timestamp: toIso(NOON + given.at * 1000),
    value: given.value,
  };
}

/** A store with two projects of one test. */
export class MetricStoreSubject {
  readonly mine = newScope();
  readonly theirs = newScope();

  constructor(readonly store: MetricStore) {}

  batch(given: readonly GivenSample[], scope = this.mine): EncodedBatch {
    return encodeMetricBatch(given.map((one) => sampleOf(scope, one)));
  }

  async put(given: readonly GivenSample[], scope = this.mine): Promise<void> {
    const outcome = await this.store.write(scope, this.batch(given, scope));
    expect(outcome).toEqual({ written: given.length, duplicates: 0, rejected: [] });
  }

  ask(query: Partial<MetricQuery>, scope = this.mine): ReturnType<MetricStore['query']> {
    return this.store.query(scope, {
      metricName: 'latency_ms',
      range: HOUR,
      bucketSeconds: 60,
      aggregation: 'avg',
      groupBy: 'series',
      limit: 100,
      ...query,
    });
  }

  /** Seconds from NOON and values, of each line. */
  async pointsOf(query: Partial<MetricQuery>): Promise<(readonly [number, number])[][]> {
    return (await this.ask(query)).lines.map(({ points }) =>
      points.map(({ atMs, value }) => [(atMs - NOON) / 1000, value] as const),
    );
  }
}
