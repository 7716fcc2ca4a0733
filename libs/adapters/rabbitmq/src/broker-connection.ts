import type { LookupFunction } from 'node:net';
import { type ChannelModel, type RecoveringChannelModel, connect } from 'amqplib';
import type { BrokerProblems } from './broker-problems';
import { brokerUnavailable } from './broker-unavailable';
import { type BrokerProblem, describeBlockedBroker, describeBrokerProblem } from './describe-broker-problem';
import { closedOrLeft } from './in-time';

export interface BrokerConnectionOptions {
  readonly url: string;
  /** Shown in the broker's list of connections. */
  readonly name: string;
  readonly problems: BrokerProblems;
  /** Tells the addresses of the URL's host; by default as the system does. */
  readonly lookup?: LookupFunction | undefined;
}

export type ConnectionState = 'up' | 'blocked' | 'down';

const CONNECT_TIMEOUT_MS = 5000;
const HEARTBEAT_SECONDS = 10;
const RECOVERY = { initialDelay: 200, maxDelay: 5000, factor: 2, jitter: 0.5 };
/** A broker that restarts is back in this time or much later. */
const READY_WAIT_MS = 1000;
const NOT_YET: BrokerProblem = {
  text: 'the broker has not answered yet',
  advice: 'start it, or correct QUEUE_URL',
};

/** One connection that is made again for as long as it takes. Users ask for it each time and keep nothing of a lost one. */
export class BrokerConnection {
  private readonly recovering: Promise<RecoveringChannelModel>;
  private model: ChannelModel | undefined;
  private blockedBy: BrokerProblem | undefined;
  private problem: BrokerProblem = NOT_YET;
  private isClosed = false;
  private isAnswered = false;
  private readonly waiting = new Set<() => void>();
  private readonly upListeners: (() => void)[] = [];
  private readonly blockedListeners: ((problem: BrokerProblem) => void)[] = [];

  constructor(private readonly options: BrokerConnectionOptions) {
    const recovering = connect(withHeartbeat(options.url), {
      noDelay: true,
      keepAlive: true,
      timeout: CONNECT_TIMEOUT_MS,
      lookup: options.lookup,
      clientProperties: { connection_name: options.name },
      recovery: { ...RECOVERY, waitForConnect: false },
    });
    this.recovering = recovering;
    void recovering.then((model) => this.watch(model));
  }

  state(): ConnectionState {
    if (this.model === undefined) return 'down';
    return this.blockedBy === undefined ? 'up' : 'blocked';
  }

  /** Why the broker takes nothing from this connection; undefined where it does. */
  blocked(): BrokerProblem | undefined {
    return this.blockedBy;
  }

  /** Calls the listener each time that the connection is made, and now where it is. */
  onUp(listener: () => void): void {
    this.upListeners.push(listener);
    if (this.model !== undefined) listener();
  }

  onBlocked(listener: (problem: BrokerProblem) => void): void {
    this.blockedListeners.push(listener);
  }

  /**
   * The live connection. While the first one is being made, waits for what becomes of that, which takes seconds on a busy
   * machine; later for a short time. Errors: OpsError `unavailable`.
   */
  async ready(): Promise<ChannelModel> {
    if (!this.isAnswered && !this.isClosed) await this.nextChange(CONNECT_TIMEOUT_MS);
    if (this.model === undefined && !this.isClosed) await this.nextChange(READY_WAIT_MS);
    if (this.model !== undefined && !this.isClosed) return this.model;
    throw brokerUnavailable(this.problem);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.wake();
    await closedOrLeft((await this.recovering).close());
    this.model = undefined;
  }

  private watch(recovering: RecoveringChannelModel): void {
    const { name, problems } = this.options;
    const fail = (error: Error) => {
      this.model = undefined;
      this.blockedBy = undefined;
      this.problem = describeBrokerProblem(error);
      if (!this.isClosed) problems.report(name, this.problem, error);
      if (!this.isAnswered) this.answer();
    };
    recovering.on('connect', (model) => {
      this.model = model;
      problems.solved(name);
      this.answer();
      for (const listener of this.upListeners) listener();
    });
    recovering.on('connect-failed', fail);
    recovering.on('disconnect', fail);
    // The disconnect that follows says the same, and an `error` without a listener would end the process.
    recovering.on('error', () => undefined);
    recovering.on('blocked', (reason) => {
      const problem = describeBlockedBroker(reason);
      this.blockedBy = problem;
      problems.report(name, problem);
      for (const listener of this.blockedListeners) listener(problem);
    });
    recovering.on('unblocked', () => {
      this.blockedBy = undefined;
      problems.solved(name);
    });
  }

  private answer(): void {
    this.isAnswered = true;
    this.wake();
  }

  private nextChange(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      this.waiting.add(done);
    });
  }

  private wake(): void {
    for (const done of this.waiting) done();
  }
}

/** So that a broker whose machine is gone, and which says nothing, is noticed; unless the URL says otherwise. */
function withHeartbeat(url: string): string {
  const parsed = new URL(url);
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS));
  return parsed.href;
}
