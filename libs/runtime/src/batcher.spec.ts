import fc from 'fast-check';
import { type ProjectId, asId } from '../../core/src/common/ids';
import { SpareRooms } from '../../core/src/common/spare-rooms';
import type { Delivery } from '../../core/src/ingest/ingest-queue.port';
import { batchDeliveries, linesOf } from './batcher';

function delivery(deliveryId: string, project: string, recordCount: number, bytes: number): Delivery {
  const ndjson = new Uint8Array(bytes).fill(deliveryId.charCodeAt(0));
  return {
    deliveryId,
    attempt: 1,
    message: { projectId: asId<ProjectId>(project), requestId: 'r', ndjson, recordCount },
  };
}

const LIMITS = { maxRecords: 100, maxBytes: 1000 };

describe('batchDeliveries', () => {
  it('joins what belongs to one project, and never mixes projects', () => {
    const batches = batchDeliveries(
      [delivery('1', 'a', 10, 10), delivery('2', 'b', 10, 10), delivery('3', 'a', 10, 10)],
      LIMITS,
    );
    expect(batches.map((batch) => [batch.projectId, batch.deliveries.map((one) => one.deliveryId)])).toEqual([
      ['a', ['1', '3']],
      ['b', ['2']],
    ]);
    expect(
      batches
        .map((batch) => linesOf(batch, new SpareRooms(0)))
        .map(({ ndjson, recordCount }) => [ndjson.length, recordCount]),
    ).toEqual([
      [20, 20],
      [10, 10],
    ]);
  });

  it('keeps every delivery once, in order within its project, and within the limits', () => {
    const some = fc.array(
      fc.tuple(
        fc.constantFrom('a', 'b', 'c'),
        fc.integer({ min: 1, max: 150 }),
        fc.integer({ min: 1, max: 1500 }),
      ),
    );
    const rooms = new SpareRooms(0);
    fc.assert(
      fc.property(some, (given) => {
        const deliveries = given.map(([project, records, bytes], at) =>
          delivery(String(at), project, records, bytes),
        );
        const batches = batchDeliveries(deliveries, LIMITS);
        for (const project of ['a', 'b', 'c']) {
          const ofProject = (one: Delivery) => one.message.projectId === asId<ProjectId>(project);
          expect(batches.flatMap((batch) => batch.deliveries).filter(ofProject)).toEqual(
            deliveries.filter(ofProject),
          );
        }
        for (const batch of batches) {
          expect(batch.deliveries.every((one) => one.message.projectId === batch.projectId)).toBe(true);
          if (batch.deliveries.length === 1) continue;
          const { ndjson, recordCount } = linesOf(batch, rooms);
          expect(Buffer.from(ndjson)).toEqual(
            Buffer.concat(batch.deliveries.map(({ message }) => message.ndjson)),
          );
          expect(recordCount).toBeLessThanOrEqual(LIMITS.maxRecords);
          expect(ndjson.length).toBeLessThanOrEqual(LIMITS.maxBytes);
        }
      }),
    );
  });
});
