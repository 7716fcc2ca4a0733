import { Client, Connection } from '@temporalio/client';
import { OpsError } from '../../core/src/common/errors';
import { describeTemporalProblem } from './describe-temporal-problem';

const CHANNEL = {
  // Without it gRPC tries again only after up to two minutes where a server was away for long: Temporal was back, and requests still failed.
  'grpc.max_reconnect_backoff_ms': 5000,
  // It would send even what stays on this machine to a proxy that is set for the web. A worker's own connection knows none either.
  'grpc.enable_http_proxy': 0,
};

/**
 * The client side of Temporal, shared by all that start or ask workflows in this process. It connects when first used,
 * and reconnects by itself, so a role can start while Temporal is down.
 */
export class TemporalConnection {
  private readonly connection: Connection;
  /** For checks alone. It shares the other's TCP connection. */
  private readonly checking: Connection;
  readonly client: Client;

  constructor(
    /** HOST:PORT, for a worker's own connection. */
    readonly nativeAddress: string,
    readonly namespace: string,
  ) {
    this.connection = Connection.lazy({ address: nativeAddress, channelArgs: CHANNEL });
    // Without the client's own attempts, whose pauses outlast the deadline, and a check.
    this.checking = Connection.lazy({ address: nativeAddress, channelArgs: CHANNEL, interceptors: [] });
    this.client = new Client({ connection: this.connection, namespace });
  }

  /** Resolves when the server answers for our namespace within the time. Errors: OpsError `unavailable` that says what to do. */
  async check(timeoutMs: number): Promise<void> {
    const { checking, namespace } = this;
    const answer = checking.withDeadline(Date.now() + timeoutMs, () =>
      checking.workflowService.describeNamespace({ namespace }),
    );
    // The deadline has been read: the call has left. While one is kept, Node 20 follows every promise of the process for it, and
    // a role that takes small requests spends a tenth of its CPU on that.
    checking.callContextStorage.disable();
    await answer.catch((cause: unknown) => {
      const words = describeTemporalProblem(cause) ?? 'Temporal cannot do this now: look at its log';
      throw new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', words, { cause });
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.connection.close(), this.checking.close()]);
  }
}
