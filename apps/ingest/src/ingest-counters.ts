import { Inject, Injectable } from '@nestjs/common';
import { AppMetrics } from '../../../libs/observability/src/app-metrics';
import type { NormalisedBatch } from './batch-draft';
import type { IngestName } from './ingest-kind';

/** What came in since the last scrape. */
interface Tally {
  accepted: number;
  rejected: number;
  noted: number;
  bytes: number;
}

/** What came in, by kind and outcome. Added up here between scrapes: labels cost as much a time as a small request's record. */
@Injectable()
export class IngestCounters {
  private readonly tallies = new Map<IngestName, Tally>();

  constructor(@Inject(AppMetrics) metrics: AppMetrics) {
    metrics.counter({
      name: 'opspilot_ingest_records_total',
      help: 'Records that were sent, by what became of them',
      labels: ['kind', 'outcome'],
      collect: (counter) =>
        this.take((kind, tally) => {
          counter.inc({ kind, outcome: 'accepted' }, tally.accepted);
          counter.inc({ kind, outcome: 'rejected' }, tally.rejected);
          tally.accepted = 0;
          tally.rejected = 0;
        }),
    });
    metrics.counter({
      name: 'opspilot_ingest_changed_records_total',
      help: 'Accepted records in which something was changed, and noted',
      labels: ['kind'],
      collect: (counter) =>
        this.take((kind, tally) => {
          counter.inc({ kind }, tally.noted);
          tally.noted = 0;
        }),
    });
    metrics.counter({
      name: 'opspilot_ingest_bytes_total',
      help: 'Bytes of canonical records put into the queue',
      labels: ['kind'],
      collect: (counter) =>
        this.take((kind, tally) => {
          counter.inc({ kind }, tally.bytes);
          tally.bytes = 0;
        }),
    });
  }

  count(kind: IngestName, { report, bytes }: NormalisedBatch): void {
    let tally = this.tallies.get(kind);
    if (tally === undefined) {
      tally = { accepted: 0, rejected: 0, noted: 0, bytes: 0 };
      this.tallies.set(kind, tally);
    }
    tally.accepted += report.accepted;
    tally.rejected += report.rejected;
    tally.noted += report.notes.length + report.notes_omitted;
    tally.bytes += bytes;
  }

  private take(each: (kind: IngestName, tally: Tally) => void): void {
    for (const [kind, tally] of this.tallies) each(kind, tally);
  }
}
