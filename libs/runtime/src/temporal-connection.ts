import { Client, Connection } from '@temporalio/client';

/**
 * The client side of Temporal, shared by all that start or ask workflows in this process. It connects when first used,
 * and reconnects by itself, so a role can start while Temporal is down.
 */
export class TemporalConnection {
  private readonly connection: Connection;
  readonly client: Client;

  constructor(
    /** HOST:PORT, for a worker's own connection. */
    readonly nativeAddress: string,
    readonly namespace: string,
  ) {
    this.connection = Connection.lazy({ address: nativeAddress });
    this.client = new Client({ connection: this.connection, namespace });
  }

  /** Resolves when the server answers for our namespace within the time. Errors: when it does not. */
  async check(timeoutMs: number): Promise<void> {
    await this.connection.withDeadline(Date.now() + timeoutMs, () =>
      this.connection.workflowService.describeNamespace({ namespace: this.namespace }),
    );
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}
