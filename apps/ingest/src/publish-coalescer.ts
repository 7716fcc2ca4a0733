import { Inject, Injectable } from '@nestjs/common';
import { joinBatches } from '../../../libs/contracts/src/ndjson';
import { IngestQueue, type IngestQueueName } from '../../../libs/core/src/ingest/ingest-queue.port';
import type { EncodedBatch } from '../../../libs/core/src/ingest/write-outcome';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { AppMetrics } from '../../../libs/observability/src/app-metrics';
import { AppConfig } from '../../../libs/runtime/src/app-config';

/** Small batches of one project that share a message. */
interface SharedMessage {
  readonly requestId: string;
  readonly parts: EncodedBatch[];
  bytes: number;
  readonly published: Promise<void>;
  readonly ship: () => void;
}

/** What gathers for one queue and project. */
interface Lane {
  readonly scope: ProjectScope;
  readonly queue: IngestQueueName;
  open: SharedMessage | undefined;
  underWay: number;
  /** The last message was for several requests: more of them are likely to come. */
  wasShared: boolean;
}

/**
 * Publishes what requests bring; small requests of one project share a message, and so a confirmation. Who comes alone does not wait;
 * else the message is sent when INGEST_COALESCE_MS have passed or when it is full. All that share a message have
 * its fate: where it fails, each of them fails and may be repeated.
 */
@Injectable()
export class PublishCoalescer {
  private readonly lanes = new Map<string, Lane>();
  private unconfirmedBytes = 0;
  private readonly messages;

  constructor(
    @Inject(IngestQueue) private readonly queue: IngestQueue,
    @Inject(AppConfig) private readonly config: AppConfig,
    @Inject(AppMetrics) metrics: AppMetrics,
  ) {
    this.messages = metrics.counter({
      name: 'opspilot_ingest_messages_total',
      help: 'Messages put into the queue; small requests share one',
      labels: ['queue'],
    });
    metrics.gauge({
      name: 'opspilot_ingest_unconfirmed_bytes',
      help: 'Bytes of messages that the queue has not confirmed yet',
      collect: (gauge) => gauge.set(this.unconfirmedBytes),
    });
  }

  /** Resolves when all of them are on disk. Errors: OpsError `unavailable`; then the request is to be repeated. */
  publish(
    scope: ProjectScope,
    queue: IngestQueueName,
    requestId: string,
    messages: readonly EncodedBatch[],
  ): Promise<void> {
    const [first] = messages;
    const maxBytes = this.config.values.QUEUE_MESSAGE_BYTES;
    if (messages.length !== 1 || first === undefined || first.ndjson.length > maxBytes / 2)
      return this.send(scope, queue, requestId, messages);
    const lane = this.laneOf(scope, queue);
    if (lane.open !== undefined && lane.open.bytes + first.ndjson.length > maxBytes) lane.open.ship();
    lane.open ??= this.openMessage(lane, requestId);
    lane.open.parts.push(first);
    lane.open.bytes += first.ndjson.length;
    return lane.open.published;
  }

  private laneOf(scope: ProjectScope, queue: IngestQueueName): Lane {
    const name = laneName({ scope, queue });
    let lane = this.lanes.get(name);
    if (lane === undefined) {
      lane = { scope, queue, open: undefined, underWay: 0, wasShared: false };
      this.lanes.set(name, lane);
    }
    return lane;
  }

  private openMessage(lane: Lane, requestId: string): SharedMessage {
    let ship: () => void = () => undefined;
    const shipped = new Promise<void>((resolve) => {
      ship = () => {
        clearTimeout(timer);
        if (lane.open === message) lane.open = undefined;
        resolve();
      };
    });
    const message: SharedMessage = {
      requestId,
      parts: [],
      bytes: 0,
      published: shipped.then(() => this.sendShared(lane, message)),
      ship: () => ship(),
    };
    const timer = setTimeout(ship, this.config.values.INGEST_COALESCE_MS);
    // What the same turn of the event loop brings still comes along.
    if (lane.underWay === 0 && !lane.wasShared) setImmediate(ship);
    return message;
  }

  private async sendShared(lane: Lane, { requestId, parts }: SharedMessage): Promise<void> {
    lane.underWay++;
    lane.wasShared = parts.length > 1;
    try {
      await this.send(lane.scope, lane.queue, requestId, [joinBatches(parts)]);
    } finally {
      lane.underWay--;
      if (lane.open === undefined && lane.underWay === 0) this.lanes.delete(laneName(lane));
    }
  }

  private async send(
    scope: ProjectScope,
    queue: IngestQueueName,
    requestId: string,
    messages: readonly EncodedBatch[],
  ): Promise<void> {
    const bytes = messages.reduce((sum, { ndjson }) => sum + ndjson.length, 0);
    this.unconfirmedBytes += bytes;
    try {
      await this.queue.publish(scope, queue, ...messages.map((message) => ({ ...message, requestId })));
      this.messages.inc({ queue }, messages.length);
    } finally {
      this.unconfirmedBytes -= bytes;
    }
  }
}

function laneName({ scope, queue }: Pick<Lane, 'scope' | 'queue'>): string {
  return `${queue} ${scope.projectId}`;
}
