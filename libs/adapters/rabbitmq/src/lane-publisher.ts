import type { EnvelopePart } from '../../../contracts/src/queue-envelope.message';
import type { Clock } from '../../../core/src/common/clock';
import { laneToPublish, type QueueLane } from '../../../core/src/ingest/queue-lane';
import type { ConfirmedPublisher } from './confirmed-publisher';
import { EnvelopePublisher } from './envelope-publisher';
import { PublishHistory } from './publish-history';

export interface LanePublisherOptions {
  readonly laneNames: Readonly<Record<QueueLane, string>>;
  readonly publisher: ConfirmedPublisher;
  readonly clock: Clock;
  /** While more bytes wait in the fresh lane, new batches go to the backlog. */
  readonly maxFreshBytes: number;
}

interface PublishedLane {
  readonly publisher: EnvelopePublisher;
  readonly history: PublishHistory;
}

/** Puts batches into one queue: into its fresh lane as long as what waits there is taken within seconds, else into its backlog. */
export class LanePublisher {
  private readonly lanes: Readonly<Record<QueueLane, PublishedLane>>;
  /** What waited in the fresh lane when it was last looked at, and what was put there since. */
  private freshBytes = 0;

  constructor(private readonly options: LanePublisherOptions) {
    const { laneNames, publisher, clock } = options;
    const published = (lane: QueueLane): PublishedLane => {
      const history = new PublishHistory();
      return { history, publisher: new EnvelopePublisher(publisher, laneNames[lane], clock, history) };
    };
    this.lanes = { fresh: published('fresh'), backlog: published('backlog') };
  }

  /** Resolves after all of them are on the broker's disk. Errors: those of ConfirmedPublisher. */
  publish(parts: readonly EnvelopePart[]): Promise<void> {
    const lane = laneToPublish(this.freshBytes, this.options.maxFreshBytes);
    if (lane === 'fresh')
      this.freshBytes += parts.reduce((sum, { message }) => sum + message.ndjson.length, 0);
    return this.lanes[lane].publisher.publish(parts);
  }

  /** For what is late already. Errors: as `publish`. */
  publishLate(parts: readonly EnvelopePart[]): Promise<void> {
    return this.lanes.backlog.publisher.publish(parts);
  }

  /**
   * What waits in a lane, by the number of messages that the broker tells. Where this process put none there, they are taken to
   * be like those of the other lane, and where it put none at all, of `meanBytes`.
   */
  waiting(
    lane: QueueLane,
    messages: number,
    meanBytes?: number,
  ): { readonly bytes: number; readonly ageMs: number } {
    const { fresh, backlog } = this.lanes;
    const mean = (lane === 'fresh' ? backlog : fresh).history.meanBytes() ?? meanBytes;
    const estimate = this.lanes[lane].history.estimate(messages, this.options.clock.now(), mean);
    if (lane === 'fresh') this.freshBytes = estimate.bytes;
    return estimate;
  }
}
