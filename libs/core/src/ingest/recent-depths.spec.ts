import { RecentDepths } from './recent-depths';

const depth = (messages: number) => ({ messages, bytes: 0, oldestAgeMs: 0, deadLetters: 0 });

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
});
