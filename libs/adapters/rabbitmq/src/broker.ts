import type { LookupFunction } from 'node:net';
import type { ConfirmChannel } from 'amqplib';
import type { Logger } from '../../../observability/src/app-logger';
import { BrokerChannel } from './broker-channel';
import { BrokerConnection } from './broker-connection';
import { BrokerProblems } from './broker-problems';
import { brokerUnavailable, toBrokerError } from './broker-unavailable';

export interface BrokerOptions {
  readonly url: string;
  /** Shown in the broker's list of connections, such as `opspilot-ingest`. */
  readonly applicationName: string;
  readonly log: Pick<Logger, 'error' | 'info'>;
  /** As of BrokerConnection. */
  readonly lookup?: LookupFunction;
}

const NOBODY = 'opspilot.nobody';
const PROBE_TIMEOUT_MS = 2000;

/** `refused`: the broker is there and refuses what is declared, such as a queue that has other arguments. */
export const BROKER_STATES = ['up', 'refused', 'blocked', 'down'] as const;
export type BrokerState = (typeof BROKER_STATES)[number];

/**
 * A process's connections to one RabbitMQ. Two, for a broker that is short of memory or disk stops reading from those
 * that publish: acknowledgements on the same connection, which would help it, could not reach it.
 */
export class Broker {
  readonly problems: BrokerProblems;
  readonly publishing: BrokerConnection;
  readonly consuming: BrokerConnection;
  private readonly probeChannel: BrokerChannel<ConfirmChannel>;
  private probing: Promise<void> | undefined;
  private readonly whenBlocked = new Set<() => void>();

  constructor({ url, applicationName, log, lookup }: BrokerOptions) {
    this.problems = new BrokerProblems(log);
    const connection = (purpose: string) =>
      new BrokerConnection({ url, name: `${applicationName} ${purpose}`, problems: this.problems, lookup });
    this.publishing = connection('publish');
    this.consuming = connection('consume');
    this.publishing.onBlocked(() => {
      for (const end of this.whenBlocked) end();
    });
    this.probeChannel = new BrokerChannel(this.publishing, 'probe', this.problems, async (model, onClose) => {
      const channel = await model.createConfirmChannel();
      channel.on('close', onClose);
      // What was sent ends with it.
      channel.on('error', () => undefined);
      return channel;
    });
  }

  states(): readonly BrokerState[] {
    const states = [this.publishing.state(), this.consuming.state()];
    return states.map((state) => (state === 'up' && this.problems.isRefused() ? 'refused' : state));
  }

  /** Errors: OpsError `unavailable` that says what is wrong. */
  async check(): Promise<void> {
    const failure = await this.tryAll().catch((error: unknown) => error);
    const problem = this.problems.current();
    if (problem !== undefined)
      throw brokerUnavailable({ ...problem, text: `${problem.text}: ${problem.advice}` }, failure);
    if (failure !== undefined) throw toBrokerError(failure);
  }

  private async tryAll(): Promise<void> {
    await Promise.all([this.publishing.ready(), this.consuming.ready()]);
    await this.problems.retry();
    await this.probe();
  }

  /**
   * A broker tells of an alarm only those who publish, so this sends a message to nobody, which a broker forgets at once. Where
   * an alarm is known, sends none: the broker says when it is over.
   */
  private probe(): Promise<void> {
    if (this.publishing.blocked() !== undefined) return Promise.resolve();
    this.probing ??= this.sendToNobody().finally(() => {
      this.probing = undefined;
    });
    return this.probing;
  }

  private async sendToNobody(): Promise<void> {
    const channel = await this.probeChannel.get();
    await new Promise<void>((resolve, reject) => {
      const giveUp = () => {
        this.whenBlocked.delete(end);
        reject(new Error('the broker did not confirm a message within two seconds'));
      };
      const timer = setTimeout(giveUp, PROBE_TIMEOUT_MS);
      const end = () => {
        clearTimeout(timer);
        this.whenBlocked.delete(end);
        resolve();
      };
      channel.publish('', NOBODY, Buffer.alloc(0), {}, end);
      this.whenBlocked.add(end);
    });
  }

  async close(): Promise<void> {
    await this.probeChannel.close();
    await Promise.all([this.publishing.close(), this.consuming.close()]);
  }
}
