import type { IngestQueueEngine } from './given-ingest-queue.conformance';
import { ingestQueueDeadLettersConformance } from './ingest-queue-dead-letters.conformance';
import { ingestQueueHoldingConformance } from './ingest-queue-holding.conformance';
import { ingestQueueTakingConformance } from './ingest-queue-taking.conformance';

/** What every IngestQueue promises. */
export function ingestQueueConformance(name: string, start: () => Promise<IngestQueueEngine>): void {
  describe(`IngestQueue on ${name}`, () => {
    describe('publishing and taking', () => ingestQueueTakingConformance(start));
    describe('holding', () => ingestQueueHoldingConformance(start));
    describe('dead letters', () => ingestQueueDeadLettersConformance(start));
  });
}
