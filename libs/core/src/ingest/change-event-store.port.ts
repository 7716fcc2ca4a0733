import type { Page, PageRequest } from '../common/page';
import type { TimeRange } from '../common/time-range';
import type { ProjectScope } from '../projects/project-scope';
import type { ChangeEvent } from './change-event';
import type { EncodedBatch, WriteOutcome } from './write-outcome';

/** Where change events are kept. Errors: OpsError `unavailable` when the engine does not answer. */
export abstract class ChangeEventStore {
  /** Writes the canonical NDJSON lines of event-batch.message.ts. Writing an id again changes nothing. */
  abstract write(scope: ProjectScope, batch: EncodedBatch): Promise<WriteOutcome>;
  /** The newest first. */
  abstract list(
    scope: ProjectScope,
    filter: { readonly range: TimeRange; readonly serviceName?: string },
    page: PageRequest,
  ): Promise<Page<ChangeEvent>>;
  /** Deletes those of before; returns how many. Where it breaks off, a repeat goes on. */
  abstract deleteBefore(scope: ProjectScope, beforeMs: number): Promise<number>;
}
