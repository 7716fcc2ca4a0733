import type { ChangeEvent } from '../../core/src/ingest/change-event';
import type { EncodedBatch } from '../../core/src/ingest/write-outcome';
import { encodeLines } from './ndjson';

/** A change event as it lies in the queue. */
export interface EventLine {
  readonly id: string;
  readonly project_id: string;
  readonly kind: string;
  readonly service_name: string;
  readonly title: string;
  readonly timestamp: string;
  readonly version?: string;
  readonly link?: string;
  readonly context: Readonly<Record<string, string | number | boolean | null>>;
}

export function toEventLine(event: ChangeEvent): EventLine {
  return {
    id: event.id,
    project_id: event.projectId,
    kind: event.kind,
    service_name: event.serviceName,
    title: event.title,
    timestamp: event.timestamp,
    ...(event.version !== undefined && { version: event.version }),
    ...(event.link !== undefined && { link: event.link }),
    context: event.context,
  };
}

/** The only place where change events become bytes. */
export function encodeEventBatch(events: readonly ChangeEvent[]): EncodedBatch {
  return encodeLines(events.map(toEventLine));
}
