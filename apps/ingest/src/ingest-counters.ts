import { Inject, Injectable } from '@nestjs/common';
import { AppMetrics } from '../../../libs/observability/src/app-metrics';
import type { NormalisedBatch } from './batch-draft';
import type { IngestKind } from './ingest-kind';

/** What came in, by kind and outcome. */
@Injectable()
export class IngestCounters {
  private readonly records;
  private readonly noted;
  private readonly bytes;

  constructor(@Inject(AppMetrics) metrics: AppMetrics) {
    this.records = metrics.counter({
      name: 'opspilot_ingest_records_total',
      help: 'Records that were sent, by what became of them',
      labels: ['kind', 'outcome'],
    });
    this.noted = metrics.counter({
      name: 'opspilot_ingest_changed_records_total',
      help: 'Accepted records in which something was changed, and noted',
      labels: ['kind'],
    });
    this.bytes = metrics.counter({
      name: 'opspilot_ingest_bytes_total',
      help: 'Bytes of canonical records put into the queue',
      labels: ['kind'],
    });
  }

  count(kind: IngestKind<unknown>['name'], { report, bytes }: NormalisedBatch): void {
    this.records.inc({ kind, outcome: 'accepted' }, report.accepted);
    this.records.inc({ kind, outcome: 'rejected' }, report.rejected);
    this.noted.inc({ kind }, report.notes.length + report.notes_omitted);
    this.bytes.inc({ kind }, bytes);
  }
}
