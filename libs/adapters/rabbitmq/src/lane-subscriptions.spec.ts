import { EventEmitter } from 'node:events';
import { waitFor } from '../../../../test/support/wait-for';
import type { BrokerConnection } from './broker-connection';
import { BrokerProblems } from './broker-problems';
import { LaneSubscriptions } from './lane-subscriptions';

describe('LaneSubscriptions', () => {
  it('gives a consumer that starts anew as much time as the one before it had', async () => {
    let consumers = 0;
    /** One message waits in each lane and does not come. */
    const methods = {
      assertQueue: () => Promise.resolve({}),
      checkQueue: () => Promise.resolve({ messageCount: 1 }),
      prefetch: () => Promise.resolve({}),
      consume: () => Promise.resolve({ consumerTag: `${++consumers}` }),
      close: () => Promise.resolve(),
    };
    const model = { createChannel: () => Promise.resolve(Object.assign(new EventEmitter(), methods)) };
    const connection = { ready: () => Promise.resolve(model), state: () => 'up' };
    const warnings: unknown[] = [];
    const subject = new LaneSubscriptions({
      laneNames: { fresh: 'fresh', backlog: 'backlog' },
      prefix: '',
      connection: connection as unknown as BrokerConnection,
      problems: new BrokerProblems({ error: () => undefined, info: () => undefined }),
      window: { maxBytes: 1000, maxMessages: 10 },
      log: { warn: (fields: unknown) => void warnings.push(fields) },
      held: { bytes: 0, in: () => ({ messages: 0, bytes: 0 }) },
      onMessage: () => undefined,
      onLost: () => undefined,
    });
    const told: number[] = [];
    for (let look = 0; look < 4; look++) {
      await waitFor('both consumers', async () => {
        await subject.ready();
        return consumers === 2 * (warnings.length + 1) ? true : undefined;
      });
      await subject.look();
      told.push(warnings.length);
    }
    expect(told).toEqual([0, 1, 1, 2]);
  });
});
