import type { Channel, ConsumeMessage } from 'amqplib';
import { asId, type ProjectId } from '../../../core/src/common/ids';
import type { QueueLane } from '../../../core/src/ingest/queue-lane';
import type { HeldPart } from './held-messages';
import { WaitingParts } from './waiting-parts';

const ALL = { maxMessages: 1000, maxBytes: 1_000_000 };
const projectId = asId<ProjectId>('00000000-0000-4000-8000-000000000000');

function partOf(lane: QueueLane, name: string, bytes = 100): HeldPart {
  const held = {
    channel: {} as Channel,
    origin: {} as ConsumeMessage,
    lane,
    publishedAtMs: 0,
    receivedAtMs: 0,
    bytes,
    room: undefined,
    unsettledParts: 1,
  };
  const message = { projectId, requestId: name, ndjson: new Uint8Array(bytes), recordCount: 1 };
  return { id: name, held, message, attempts: 0, lease: undefined };
}

describe('WaitingParts', () => {
  const parts = (lane: QueueLane, count: number) =>
    Array.from({ length: count }, (_, at) => partOf(lane, `${lane} ${at}`));
  const names = (taken: ReadonlySet<HeldPart>) => [...taken].map(({ id }) => id);

  it('fills one take from both lanes by their shares, each oldest first', () => {
    const waiting = new WaitingParts();
    waiting.add(parts('backlog', 100));
    waiting.add(parts('fresh', 100));
    const taken = names(waiting.take({ ...ALL, maxMessages: 40 }));
    expect(taken.filter((name) => name.startsWith('fresh'))).toEqual(parts('fresh', 30).map(({ id }) => id));
    expect(taken.filter((name) => name.startsWith('backlog'))).toEqual(
      parts('backlog', 10).map(({ id }) => id),
    );
  });

  it('fills a take from one lane where the other has little or nothing', () => {
    const waiting = new WaitingParts();
    waiting.add(parts('backlog', 100));
    waiting.add(parts('fresh', 2));
    expect(names(waiting.take({ ...ALL, maxMessages: 40 }))).toHaveLength(40);
    expect(names(waiting.take({ ...ALL, maxMessages: 100 }))).toHaveLength(62);
    expect(waiting.isEmpty).toBe(true);
    expect(names(waiting.take(ALL))).toEqual([]);
  });

  it('keeps to the shares over takes of a single message', () => {
    const waiting = new WaitingParts();
    waiting.add([...parts('backlog', 100), ...parts('fresh', 100)]);
    const taken = Array.from({ length: 40 }, () => names(waiting.take({ ...ALL, maxMessages: 1 }))).flat();
    expect(taken.filter((name) => name.startsWith('backlog'))).toHaveLength(10);
  });

  it('bounds a take by bytes, yet gives one that alone is too large', () => {
    const waiting = new WaitingParts();
    waiting.add([partOf('fresh', 'huge', 5000), partOf('fresh', 'small'), partOf('fresh', 'smaller', 50)]);
    expect(names(waiting.take({ ...ALL, maxBytes: 150 }))).toEqual(['huge']);
    expect(names(waiting.take({ ...ALL, maxBytes: 150 }))).toEqual(['small', 'smaller']);
  });

  it('wakes who waits when something comes, and lets go who waited in vain', async () => {
    const waiting = new WaitingParts();
    const woken = waiting.next(60_000);
    waiting.add(parts('backlog', 1));
    expect(await woken).toBe(true);
    waiting.clear();
    expect(await waiting.next(1)).toBe(false);
    const stop = new AbortController();
    const stopped = waiting.next(60_000, stop.signal);
    stop.abort();
    expect(await stopped).toBe(false);
  });
});
