import { Inject, Injectable } from '@nestjs/common';
import { pickLines } from '../../../libs/contracts/src/ndjson';
import type { EncodedBatch, WriteOutcome } from '../../../libs/core/src/ingest/write-outcome';
import { LiveFeed } from '../../../libs/core/src/logs/live-feed.port';
import { LogStore } from '../../../libs/core/src/logs/log-store.port';
import { BatchLoops } from '../../../libs/runtime/src/batch-loops.provider';
import { ErrorHints } from './error-hints';
import { SettleLogs } from './settle-logs';

/**
 * Writes what is in `logs.ingest` to the log store, and then shows it to those who watch: what they see can be opened. What was
 * not there before counts for hints.
 */
@Injectable()
export class LogBatchConsumer {
  constructor(
    @Inject(LogStore) store: LogStore,
    @Inject(LiveFeed) live: LiveFeed,
    @Inject(ErrorHints) hints: ErrorHints,
    @Inject(SettleLogs) settling: SettleLogs,
    @Inject(BatchLoops) loops: BatchLoops,
  ) {
    loops.add('logs.ingest', async (scope, batch) => {
      const outcome = await store.write(scope, batch);
      live.publish(scope, storedOf(batch, outcome));
      settling.soon();
      if (outcome.written > 0) void hints.note(scope, batch);
      return outcome;
    });
  }
}

function storedOf(batch: EncodedBatch, { rejected }: WriteOutcome): EncodedBatch {
  if (rejected.length === 0) return batch;
  const refused = new Set(rejected.map(({ index }) => index));
  const indices = Array.from({ length: batch.recordCount }, (_, index) => index);
  return pickLines(
    batch,
    indices.filter((index) => !refused.has(index)),
  );
}
