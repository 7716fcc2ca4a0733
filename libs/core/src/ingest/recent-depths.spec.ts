import fc from 'fast-check';
import { admitBatch } from './admit-batch';
import type { QueueDepth } from './ingest-queue.port';
import { RecentDepths } from './recent-depths';

const depth = (messages: number, bytes = 0) => ({ messages, bytes, oldestAgeMs: 0, deadLetters: 0 });

describe('RecentDepths', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('asks once for askers at the same time, and again when the answer is too old', async () => {
    const depths = new RecentDepths(300);
    const ask = jest.fn().mockResolvedValueOnce(depth(1)).mockResolvedValueOnce(depth(2));
    const [first, second] = await Promise.all([depths.of('logs.ingest', ask), depths.of('logs.ingest', ask)]);
    expect([first.messages, second.messages]).toEqual([1, 1]);
    await jest.advanceTimersByTimeAsync(299);
    expect((await depths.of('logs.ingest', ask)).messages).toBe(1);
    await jest.advanceTimersByTimeAsync(2);
    expect((await depths.of('logs.ingest', ask)).messages).toBe(2);
  });

  it('keeps the answers of queues apart, and no failure', async () => {
    const depths = new RecentDepths();
    const failed = () => Promise.reject(new Error('no engine'));
    await expect(depths.of('logs.ingest', failed)).rejects.toThrow('no engine');
    expect((await depths.of('logs.ingest', () => Promise.resolve(depth(3)))).messages).toBe(3);
    expect((await depths.of('metrics.ingest', () => Promise.resolve(depth(4)))).messages).toBe(4);
  });

  it('adds what is published until the engine is asked again, and what was under way when it was', async () => {
    const depths = new RecentDepths(300);
    const ask = jest.fn().mockResolvedValue(depth(10, 1000));
    const read = () => depths.of('logs.ingest', ask);
    const endFirst = depths.publishing('logs.ingest', { messages: 1, bytes: 7 });
    expect(await read()).toMatchObject({ messages: 11, bytes: 1007 });
    endFirst();
    depths.publishing('logs.ingest', { messages: 2, bytes: 20 })();
    depths.publishing('metrics.ingest', { messages: 5, bytes: 500 });
    expect(await read()).toMatchObject({ messages: 13, bytes: 1027 });
    await jest.advanceTimersByTimeAsync(301);
    expect(await read()).toMatchObject({ messages: 10, bytes: 1000 });
  });

  it('keeps a process from filling a queue beyond its bound by more than one message and what others bring meanwhile', async () => {
    const bytes = fc.integer({ min: 1, max: 50 });
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ act: fc.constant('publish' as const), bytes }) },
      {
        weight: 4,
        arbitrary: fc.record({
          act: fc.constantFrom('arrive' as const, 'count' as const, 'answer' as const, 'later' as const),
          bytes,
        }),
      },
      { weight: 1, arbitrary: fc.record({ act: fc.constant('others' as const), bytes }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 300 }), async (steps) => {
        const maxBytes = 200;
        const depths = new RecentDepths(300);
        const engine = { ours: 0, others: 0 };
        const underWay: { readonly bytes: number; readonly end: () => void }[] = [];
        const failures: unknown[] = [];
        let begun = 0;
        let isLooking = false;
        let othersKnown = 0;
        let question: { resolve: (depth: QueueDepth) => void; counted?: typeof engine } | undefined;
        const ask = () =>
          new Promise<QueueDepth>((resolve) => {
            question = { resolve };
          });
        const publishIfAdmitted = async (size: number) => {
          isLooking = true;
          const seen = await depths.of('logs.ingest', ask);
          isLooking = false;
          expect(seen.bytes).toBeGreaterThanOrEqual(begun + othersKnown);
          if (
            !admitBatch(seen, { maxMessages: 1e9, maxBytes, maxDeadLetters: 1, maxOwnDeadLetters: 1 })
              .admitted
          )
            return;
          begun += size;
          underWay.push({ bytes: size, end: depths.publishing('logs.ingest', { messages: 1, bytes: size }) });
          expect(begun + othersKnown).toBeLessThan(maxBytes + size);
        };
        const act = {
          publish: (size: number) => {
            if (!isLooking) publishIfAdmitted(size).catch((error: unknown) => failures.push(error));
          },
          arrive: () => {
            const [first] = underWay.splice(0, 1);
            engine.ours += first?.bytes ?? 0;
            first?.end();
          },
          others: (size: number) => void (engine.others += size),
          count: () => {
            if (question !== undefined) question.counted ??= { ...engine };
          },
          answer: () => {
            if (question?.counted === undefined) return;
            const { ours, others } = question.counted;
            othersKnown = others;
            question.resolve(depth(0, ours + others));
            question = undefined;
          },
          later: () => void jest.advanceTimersByTime(301),
        };
        for (const one of steps) {
          act[one.act](one.bytes);
          await jest.advanceTimersByTimeAsync(0);
          expect(failures).toEqual([]);
        }
      }),
    );
  });
});
