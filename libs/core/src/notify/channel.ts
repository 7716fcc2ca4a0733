import type { ChannelId, ProjectId } from '../common/ids';

/** A named destination of notifications. */
export interface Channel {
  readonly id: ChannelId;
  readonly projectId: ProjectId;
  readonly name: string;
  readonly enabled: boolean;
  readonly kind: 'webhook';
  readonly url: string;
  /** Signs each delivery (HMAC-SHA256). Never leaves through the API or a log line. */
  readonly secret: string;
  readonly createdAtMs: number;
}
