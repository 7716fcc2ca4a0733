import type { FastifyInstance, FastifyRequest } from 'fastify';
import { OpsError } from '../../core/src/common/errors';
import type { AppMetrics } from '../../observability/src/app-metrics';

const RETRY_AFTER_SECONDS = 2;
const HELD = Symbol('bytes held');

type CountedRequest = FastifyRequest & { [HELD]?: number };

/**
 * How many bytes of request bodies this process holds at once, from the first byte until there is an answer. Each body
 * has a limit of its own; this one is for many of them together, which would otherwise end in the process being killed. What is made of
 * bodies, such as messages on their way to the queue, is bounded with them: it is there while its request is.
 */
export class BodyBudget {
  private heldInAll = 0;

  constructor(
    private readonly maxBytes: number,
    metrics: AppMetrics,
  ) {
    metrics.gauge({
      name: 'opspilot_http_body_bytes',
      help: 'Bytes of request bodies under way; INGEST_MAX_PENDING_BYTES is their limit',
      collect: (gauge) => gauge.set(this.heldInAll),
    });
  }

  /**
   * Gives back what a request held when there is an answer to it. Not when that has been sent, for to who is gone nothing ever is; nor when
   * the connection is gone, for whoever works on the body holds it still.
   */
  watch(instance: FastifyInstance): void {
    // Beside the request and not in a WeakMap, which would cost the garbage collector more than the request does.
    instance.decorateRequest(HELD, 0);
    instance.addHook('onSend', (request: CountedRequest, _reply, _payload, done) => {
      this.heldInAll -= request[HELD] ?? 0;
      request[HELD] = 0;
      done();
    });
  }

  /** Counts bytes for a request: so many in all, not more than before. Errors: OpsError `overloaded` where they are too many. */
  hold(request: CountedRequest, bytes: number): void {
    const before = request[HELD] ?? 0;
    if (bytes <= before) return;
    if (this.heldInAll + bytes - before > this.maxBytes) {
      throw new OpsError(
        'overloaded',
        'OPS_REQUEST_TOO_MANY',
        'more request bodies are under way than this process can hold',
        { retryAfterSeconds: RETRY_AFTER_SECONDS },
      );
    }
    this.heldInAll += bytes - before;
    request[HELD] = bytes;
  }
}
