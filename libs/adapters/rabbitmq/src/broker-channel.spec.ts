import type { Channel, ChannelModel } from 'amqplib';
import { BrokerChannel } from './broker-channel';
import type { BrokerConnection } from './broker-connection';
import { BrokerProblems } from './broker-problems';

const quiet = { error: () => undefined, info: () => undefined };
const connection = {
  ready: () => Promise.resolve({} as ChannelModel),
  state: () => 'up',
} as unknown as BrokerConnection;

describe('BrokerChannel', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('keeps nobody waiting for a channel that the broker does not open, asks once, and has it when it is there', async () => {
    const channel = { close: () => Promise.resolve() } as unknown as Channel;
    const answers: ((channel: Channel) => void)[] = [];
    const open = () => new Promise<Channel>((resolve) => answers.push(resolve));
    const subject = new BrokerChannel(connection, 'test', new BrokerProblems(quiet), open);
    const first = expect(subject.get()).rejects.toMatchObject({ kind: 'unavailable' });
    await jest.advanceTimersByTimeAsync(15_000);
    await first;
    await expect(subject.get()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(answers).toHaveLength(1);
    answers[0]?.(channel);
    await jest.advanceTimersByTimeAsync(0);
    expect(await subject.get()).toBe(channel);
    expect(answers).toHaveLength(1);
  });

  it('forgets no channel that was opened while the one before it closed', async () => {
    const channels = [1, 2].map(() => ({ close: () => Promise.resolve() }) as unknown as Channel);
    const ends: (() => void)[] = [];
    const open = (_model: ChannelModel, onClose: () => void) => {
      ends.push(onClose);
      return Promise.resolve(channels[ends.length - 1] as Channel);
    };
    const subject = new BrokerChannel(connection, 'test', new BrokerProblems(quiet), open);
    expect(await subject.get()).toBe(channels[0]);
    const closing = subject.close();
    ends[0]?.();
    expect(await subject.get()).toBe(channels[1]);
    await closing;
    expect(await subject.get()).toBe(channels[1]);
    expect(ends).toHaveLength(2);
  });
});
