import type { Logger } from '../../../observability/src/app-logger';
import { BrokerConnection } from './broker-connection';
import { BrokerProblems } from './broker-problems';
import { brokerUnavailable } from './broker-unavailable';

export interface BrokerOptions {
  readonly url: string;
  /** Shown in the broker's list of connections, such as `opspilot-ingest`. */
  readonly applicationName: string;
  readonly log: Pick<Logger, 'error' | 'info'>;
}

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

  constructor({ url, applicationName, log }: BrokerOptions) {
    this.problems = new BrokerProblems(log);
    const connection = (purpose: string) =>
      new BrokerConnection({ url, name: `${applicationName} ${purpose}`, problems: this.problems });
    this.publishing = connection('publish');
    this.consuming = connection('consume');
  }

  states(): readonly BrokerState[] {
    const states = [this.publishing.state(), this.consuming.state()];
    return states.map((state) => (state === 'up' && this.problems.isRefused() ? 'refused' : state));
  }

  /** Errors: OpsError `unavailable` that says what is wrong. */
  async check(): Promise<void> {
    await Promise.all([this.publishing.ready(), this.consuming.ready()]);
    await this.problems.retry();
    const problem = this.problems.current();
    if (problem !== undefined) throw brokerUnavailable(problem);
  }

  async close(): Promise<void> {
    await Promise.all([this.publishing.close(), this.consuming.close()]);
  }
}
