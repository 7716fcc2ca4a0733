import { setTimeout as wait } from 'node:timers/promises';
import {
  Client,
  Connection,
  type ConnectionOptions,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';
import { OpsError } from '../../core/src/common/errors';
import { describeTemporalProblem, isSilence } from './describe-temporal-problem';

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];

const CHANNEL = {
  // Without it gRPC tries again only after up to two minutes where a server was away for long: Temporal was back, and requests still failed.
  'grpc.max_reconnect_backoff_ms': 5000,
  // It would send even what stays on this machine to a proxy that is set for the web. A worker's own connection knows none either.
  'grpc.enable_http_proxy': 0,
};

/** gRPC shares what lies beneath connections whose settings are the same: one made anew has another number. */
const NUMBER = 'opspilot.connection';
const LOOK_EVERY_MS = 10_000;
/** Of a call that names no end itself, with all its attempts. Temporal keeps who waits for news for less. */
const LONGEST_CALL_MS = 60_000;
/**
 * A connection on which so many looks in a row found no answer is given up. gRPC itself notices one that has gone silent, but waits without
 * end for the first word on a new one: a server that hung when it was made, and is another one by now, never says it.
 */
const MAX_SILENT_LOOKS = 4;

/**
 * The client side of Temporal, shared by all that start or ask workflows in this process. It connects when first used,
 * and reconnects by itself, so a role can start while Temporal is down.
 */
export class TemporalConnection {
  private connection: Connection;
  /** For checks alone. It shares the other's TCP connection. */
  private checking: Connection;
  readonly client: Client;
  private readonly closing = new AbortController();

  /**
   * @param times how often is looked whether it answers, within half of that; how long a call may take that names no end itself
   */
  constructor(
    /** HOST:PORT, for a worker's own connection. */
    readonly nativeAddress: string,
    readonly namespace: string,
    private readonly times = { lookEveryMs: LOOK_EVERY_MS, longestCallMs: LONGEST_CALL_MS },
  ) {
    [this.connection, this.checking] = this.open(0);
    // A client keeps the connection that it was made with: this one is whichever there is at the moment.
    const connection = new Proxy(this.connection, {
      get: (_made, name): unknown => Reflect.get(this.connection, name),
    });
    this.client = new Client({ connection, namespace });
    void this.keepLooking();
  }

  /** Resolves when the server answers for our namespace within the time. Errors: OpsError `unavailable` that says what to do. */
  async check(timeoutMs: number): Promise<void> {
    await this.describeNamespace(timeoutMs).catch((cause: unknown) => {
      const words = describeTemporalProblem(cause) ?? 'Temporal cannot do this now: look at its log';
      throw new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', words, { cause });
    });
  }

  async close(): Promise<void> {
    this.closing.abort();
    await Promise.all([this.connection.close(), this.checking.close()]);
  }

  private open(number: number): readonly [calling: Connection, checking: Connection] {
    const options = { address: this.nativeAddress, channelArgs: { ...CHANNEL, [NUMBER]: number } };
    const retry = makeGrpcRetryInterceptor(defaultGrpcRetryOptions());
    const retryInTime: Interceptor = (call, next) =>
      retry({ ...call, deadline: call.deadline ?? Date.now() + this.times.longestCallMs }, next);
    return [
      Connection.lazy({ ...options, interceptors: [retryInTime] }),
      // Without the client's own attempts, whose pauses outlast the deadline, and a check.
      Connection.lazy({ ...options, interceptors: [] }),
    ];
  }

  /** Errors: those of gRPC. */
  private async describeNamespace(timeoutMs: number): Promise<void> {
    const { checking, namespace } = this;
    const answer = checking.withDeadline(Date.now() + timeoutMs, () =>
      checking.workflowService.describeNamespace({ namespace }),
    );
    // The deadline has been read: the call has left. While one is kept, Node 20 follows every promise of the process for it, and
    // a role that takes small requests spends a tenth of its CPU on that.
    checking.callContextStorage.disable();
    await answer;
  }

  private async keepLooking(): Promise<void> {
    const { signal } = this.closing;
    const { lookEveryMs } = this.times;
    for (let [silentLooks, number] = [0, 0]; !signal.aborted;) {
      await wait(lookEveryMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      const isSilent = await this.describeNamespace(lookEveryMs / 2).then(() => false, isSilence);
      silentLooks = isSilent ? silentLooks + 1 : 0;
      if (silentLooks < MAX_SILENT_LOOKS) continue;
      silentLooks = 0;
      // Those of before end by themselves, when nobody has called over them for long: closed, they end the process of who is about to try again.
      [this.connection, this.checking] = this.open(++number);
    }
  }
}
