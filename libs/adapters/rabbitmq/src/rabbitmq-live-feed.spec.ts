import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import { startBrokerDoor } from '../../../../test/support/broker-door';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { newScope } from '../../../../test/support/new-scope';
import { waitFor } from '../../../../test/support/wait-for';
import { LIVE_CONFORMANCE_BUFFER, liveFeedConformance } from '../../../conformance/src/live-feed.conformance';
import { systemStopwatch } from '../../../core/src/common/stopwatch';
import { Broker } from './broker';
import { RabbitMqLiveFeed } from './rabbitmq-live-feed';

const log = { error: () => undefined, warn: () => undefined, info: () => undefined };

describeWithEngine('rabbitmq', 'RabbitMqLiveFeed', (url) => {
  liveFeedConformance('RabbitMQ', () => {
    const prefix = `test-${randomUUID()}.`;
    return Promise.resolve({
      open: () => {
        const broker = new Broker({ url, applicationName: 'test', log });
        const feed = new RabbitMqLiveFeed(broker, {
          bufferRecords: LIVE_CONFORMANCE_BUFFER,
          prefix,
          stopwatch: systemStopwatch,
          log,
        });
        const close = async () => {
          await feed.close();
          await broker.close();
        };
        return Promise.resolve({ feed, close });
      },
      end: async () => {
        const admin = await connect(url);
        const channel = await admin.createChannel();
        await channel.deleteExchange(`${prefix}logs.live`);
        await admin.close();
      },
    });
  });

  it('tells once that those who watch get nothing, however often it is tried', async () => {
    const prefix = `test-${randomUUID()}.`;
    const door = await startBrokerDoor(url);
    const warned: unknown[] = [];
    const broker = new Broker({ url: door.url, applicationName: 'test', log });
    const feed = new RabbitMqLiveFeed(broker, {
      bufferRecords: LIVE_CONFORMANCE_BUFFER,
      prefix,
      stopwatch: systemStopwatch,
      log: { warn: (...given: readonly unknown[]) => void warned.push(given[1]) },
    });
    // Private: nothing else shows that it was tried.
    const beat = () => Reflect.apply(Reflect.get(feed, 'beat') as () => Promise<void>, feed, []);
    try {
      await feed.subscribe(newScope(), {}, () => Promise.resolve(), new AbortController().signal);
      door.shut();
      await waitFor('a warning', async () => {
        await beat();
        return warned.length || undefined;
      });
      for (let again = 0; again < 3; again++) await beat();
      expect(warned).toEqual(['those who watch get nothing until the broker answers']);
    } finally {
      await feed.close();
      await broker.close();
      await door.close();
      const admin = await connect(url);
      await (await admin.createChannel()).deleteExchange(`${prefix}logs.live`);
      await admin.close();
    }
  });
});
