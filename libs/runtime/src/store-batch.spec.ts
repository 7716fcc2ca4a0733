import { OpsError } from '../../core/src/common/errors';
import { asId, type ProjectId } from '../../core/src/common/ids';
import { SpareRooms } from '../../core/src/common/spare-rooms';
import type { Delivery, IngestQueue } from '../../core/src/ingest/ingest-queue.port';
import type { EncodedBatch } from '../../core/src/ingest/write-outcome';
import { storeBatch, type WriteBatch } from './store-batch';

describe('storeBatch', () => {
  const projectId = asId<ProjectId>('a');
  const deliveries = ['one', 'two'].map((text): Delivery => {
    const ndjson = Buffer.from(`${text}\n`);
    return { deliveryId: text, attempt: 1, message: { projectId, requestId: 'r', ndjson, recordCount: 1 } };
  });
  let done: string[];
  let rooms: SpareRooms;
  let deadLetter: () => Promise<void>;

  beforeEach(() => {
    [done, rooms] = [[], new SpareRooms(1_000_000)];
    deadLetter = () => Promise.resolve();
  });

  function store(write: WriteBatch) {
    const queue = {
      acknowledge: async () => void done.push('acknowledged'),
      deadLetter: async (_scope: unknown, _queue: string, { ndjson }: EncodedBatch, reason: string) => {
        done.push(`${reason}: ${Buffer.from(ndjson).toString().trim()}`);
        await deadLetter();
      },
    } as unknown as IngestQueue;
    return storeBatch(queue, 'logs.ingest', write, { projectId, deliveries }, rooms);
  }

  const oneRefused = { written: 0, duplicates: 1, rejected: [{ index: 1, reason: 'refused' }] };

  it('sets refused lines aside before it acknowledges, and says what became of each', async () => {
    const outcome = await store(() => Promise.resolve(oneRefused));
    expect(outcome).toEqual({ outcome: 'stored', written: 0, duplicates: 1, rejected: 1 });
    expect(done).toEqual(['refused: two', 'acknowledged']);
  });

  it('acknowledges nothing where refused lines could not be set aside', async () => {
    const error = new Error('no room');
    deadLetter = () => Promise.reject(error);
    expect(await store(() => Promise.resolve(oneRefused))).toEqual({ outcome: 'failed', error });
    expect(done).toEqual(['refused: two']);
  });

  it.each([
    [
      'an engine that does not answer',
      'unavailable',
      new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', 'away'),
    ],
    ['what the engine refuses', 'failed', new OpsError('invalid', 'OPS_REQUEST_INVALID', 'refused')],
    ['any other error', 'failed', Object.assign(new Error('broken'), { kind: 'unavailable' })],
  ])('tells %s as %s', async (_what, outcome, error) => {
    expect(await store(() => Promise.reject(error))).toEqual({ outcome, error });
    expect(done).toEqual([]);
  });

  it('has room for other batches again once one is stored, and not while it is written or what failed may read on', async () => {
    const bytesWhileWritten: number[] = [];
    await store(() => {
      bytesWhileWritten.push(rooms.bytes);
      return Promise.reject(new Error('broken'));
    });
    expect([...bytesWhileWritten, rooms.bytes]).toEqual([0, 0]);
    await store(() => {
      bytesWhileWritten.push(rooms.bytes);
      return Promise.resolve(oneRefused);
    });
    expect(bytesWhileWritten).toEqual([0, 0]);
    expect(rooms.bytes).toBeGreaterThan(0);
  });
});
