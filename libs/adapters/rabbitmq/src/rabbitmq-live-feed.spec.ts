import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
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
});
