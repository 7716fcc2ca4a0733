import type { SpareRooms } from '../../core/src/common/spare-rooms';
import type { ProjectId } from '../../core/src/common/ids';
import type { Delivery } from '../../core/src/ingest/ingest-queue.port';
import type { EncodedBatch } from '../../core/src/ingest/write-outcome';

export interface BatchLimits {
  readonly maxRecords: number;
  readonly maxBytes: number;
}

/** Deliveries of one project that are written together. */
export interface DeliveryBatch {
  readonly projectId: ProjectId;
  readonly deliveries: readonly Delivery[];
}

/**
 * Groups deliveries by project into batches within the limits; a delivery beyond them by itself is a batch of its own. The
 * order within a project stays.
 */
export function batchDeliveries(
  deliveries: readonly Delivery[],
  limits: BatchLimits,
): readonly DeliveryBatch[] {
  const batches: DeliveryBatch[] = [];
  const open = new Map<ProjectId, { readonly deliveries: Delivery[]; records: number; bytes: number }>();
  for (const delivery of deliveries) {
    const { projectId, recordCount, ndjson } = delivery.message;
    const current = open.get(projectId);
    const fits =
      current !== undefined &&
      current.records + recordCount <= limits.maxRecords &&
      current.bytes + ndjson.length <= limits.maxBytes;
    if (fits) {
      current.deliveries.push(delivery);
      current.records += recordCount;
      current.bytes += ndjson.length;
    } else {
      const next = { deliveries: [delivery], records: recordCount, bytes: ndjson.length };
      open.set(projectId, next);
      batches.push({ projectId, deliveries: next.deliveries });
    }
  }
  return batches;
}

/** The lines of all its deliveries, unparsed; in a room of `rooms`, unless they lie together already. */
export function linesOf(
  { deliveries }: DeliveryBatch,
  rooms: SpareRooms,
): EncodedBatch & { readonly room?: Uint8Array<ArrayBuffer> } {
  const [first, ...others] = deliveries;
  if (first !== undefined && others.length === 0) return first.message;
  const room = rooms.take(deliveries.reduce((sum, { message }) => sum + message.ndjson.length, 0));
  let [bytes, recordCount] = [0, 0];
  for (const { message } of deliveries) {
    room.set(message.ndjson, bytes);
    bytes += message.ndjson.length;
    recordCount += message.recordCount;
  }
  return { ndjson: room.subarray(0, bytes), recordCount, room };
}
