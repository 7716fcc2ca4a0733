import type { LogStoreEngine } from './given-log-records.conformance';
import { logStoreCountsConformance } from './log-store-counts.conformance';
import { logStoreEdgesConformance } from './log-store-edges.conformance';
import { logStorePagesConformance } from './log-store-pages.conformance';
import { logStoreRetentionConformance } from './log-store-retention.conformance';
import { logStoreSearchConformance } from './log-store-search.conformance';
import { logStoreWordsConformance } from './log-store-words.conformance';
import { logStoreWriteConformance } from './log-store-write.conformance';

/** What every LogStore promises. */
export function logStoreConformance(name: string, start: () => Promise<LogStoreEngine>): void {
  describe(`LogStore on ${name}`, () => {
    describe('writing', () => logStoreWriteConformance(start));
    describe('finding', () => logStoreSearchConformance(start));
    describe('paging', () => logStorePagesConformance(start));
    describe('finding words', () => logStoreWordsConformance(start));
    describe('counting', () => logStoreCountsConformance(start));
    describe('who calls whom', () => logStoreEdgesConformance(start));
    describe('deleting by age', () => logStoreRetentionConformance(start));
  });
}
