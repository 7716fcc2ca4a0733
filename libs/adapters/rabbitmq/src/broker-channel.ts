import type { Channel, ChannelModel } from 'amqplib';
import type { BrokerConnection } from './broker-connection';
import type { BrokerProblems } from './broker-problems';
import { brokerUnavailable, toBrokerError } from './broker-unavailable';
import { type BrokerProblem, describeBrokerProblem } from './describe-broker-problem';
import { closedOrLeft, inTime } from './in-time';

/** While a channel is still being opened after that, nobody waits for it any more. */
const OPEN_TIMEOUT_MS = 15_000;
/** A broker that refuses a declaration refuses the next hundred too. */
const RETRY_MS = 1000;

/** A channel that is opened when it is needed, and again after the broker has closed it or its connection was lost. */
export class BrokerChannel<Opened extends Channel> {
  private opening: Promise<Opened> | undefined;
  /** The same for those who wait for it, as long as it is not there. */
  private beingOpened: Promise<Opened> | undefined;
  private isReplacing = false;
  private failure: { readonly problem: BrokerProblem; readonly atMs: number } | undefined;

  /** `open` makes the channel of a live connection and declares what its users need. */
  constructor(
    private readonly connection: BrokerConnection,
    private readonly name: string,
    private readonly problems: BrokerProblems,
    private readonly open: (model: ChannelModel, onClose: () => void) => Promise<Opened>,
  ) {}

  /** Errors: OpsError `unavailable`. */
  get(): Promise<Opened> {
    const { failure } = this;
    if (this.opening !== undefined) return this.beingOpened ?? this.opening;
    if (failure !== undefined && performance.now() < failure.atMs + RETRY_MS)
      return Promise.reject(brokerUnavailable(failure.problem));
    const opening: Promise<Opened> = this.tryOpen(() => {
      if (this.opening === opening) this.opening = undefined;
    });
    this.opening = opening;
    const opened = inTime(opening, OPEN_TIMEOUT_MS);
    this.beingOpened = opened;
    const settled = () => {
      if (this.beingOpened === opened) this.beingOpened = undefined;
    };
    opening.then(settled, settled);
    return opened;
  }

  /**
   * Opens another channel and closes the one that is there, over which a broker may have stopped to answer while it is well. Where none can
   * be opened, that one stays.
   */
  async replace(): Promise<void> {
    const { opening: left } = this;
    if (left === undefined || this.beingOpened !== undefined || this.isReplacing) return;
    this.isReplacing = true;
    try {
      const another: Promise<Opened> = this.openAnother(() => {
        if (this.opening === another) this.opening = undefined;
      });
      await inTime(another, OPEN_TIMEOUT_MS, () => abandon(another));
      const isLeft = this.opening === left;
      if (isLeft) this.opening = another;
      abandon(isLeft ? left : another);
    } catch {
      // Whoever asked for it finds out by the channel that stays.
    } finally {
      this.isReplacing = false;
    }
  }

  close(): Promise<void> {
    return closedOrLeft(this.closeOpened());
  }

  private async closeOpened(): Promise<void> {
    const { opening } = this;
    const opened = await (this.beingOpened ?? opening)?.catch(() => undefined);
    // Another may have been opened meanwhile.
    if (this.opening === opening) this.opening = undefined;
    await opened?.close().catch(() => undefined);
  }

  private async openAnother(forget: () => void): Promise<Opened> {
    return this.open(await this.connection.ready(), forget);
  }

  private async tryOpen(forget: () => void): Promise<Opened> {
    try {
      const model = await this.connection.ready();
      const channel = await this.declare(model, forget);
      this.failure = undefined;
      this.problems.solved(this.name);
      return channel;
    } catch (error) {
      forget();
      throw toBrokerError(error);
    }
  }

  private async declare(model: ChannelModel, forget: () => void): Promise<Opened> {
    try {
      return await this.open(model, forget);
    } catch (error) {
      const problem = describeBrokerProblem(error);
      this.failure = { problem, atMs: performance.now() };
      // A connection that was lost meanwhile reports that itself.
      if (this.connection.state() !== 'down')
        this.problems.report(this.name, problem, error, () => this.get());
      throw error;
    }
  }
}

/** Closes it once it is open, as far as it is. */
function abandon(opening: Promise<Channel>): void {
  opening.then((channel) => channel.close()).catch(() => undefined);
}
