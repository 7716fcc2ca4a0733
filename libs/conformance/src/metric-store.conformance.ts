import type { MetricStoreEngine } from './given-samples.conformance';
import { metricStoreQueryConformance } from './metric-store-query.conformance';
import { metricStoreRetentionConformance } from './metric-store-retention.conformance';
import { metricStoreSeriesConformance } from './metric-store-series.conformance';
import { metricStoreWriteConformance } from './metric-store-write.conformance';

/** What every MetricStore promises. */
export function metricStoreConformance(name: string, start: () => Promise<MetricStoreEngine>): void {
  describe(`MetricStore on ${name}`, () => {
    describe('writing', () => metricStoreWriteConformance(start));
    describe('asking', () => metricStoreQueryConformance(start));
    describe('how many series', () => metricStoreSeriesConformance(start));
    describe('deleting by age', () => metricStoreRetentionConformance(start));
  });
}
