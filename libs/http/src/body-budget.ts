import type { FastifyInstance, FastifyRequest } from 'fastify';
import { OpsError } from '../../core/src/common/errors';
import type { AppMetrics } from '../../observability/src/app-metrics';

const RETRY_AFTER_SECONDS = 2;
const HELD = Symbol('bytes held');

type CountedRequest = FastifyRequest & { [HELD]?: number };

/**
 * How many bytes of request bodies this process holds at once, from the first byte until there is an answer. Each body
 * has a limit of its own; this one is for many of them together, which would otherwise end in the process being killed.
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
      this.giveBack(request);
      done();
    });
  }

  /**
   * For a body that is only announced. Nothing is counted, for it may never come: a few clients that hang would take up all there is.
   * Errors: OpsError `overloaded` where so much has no room now.
   */
  checkRoom(bytes: number): void {
    if (this.heldInAll + bytes > this.maxBytes) throw tooManyBodies();
  }

  /** Counts bytes for a request: so many in all, not more than before. Errors: OpsError `overloaded` where they are too many. */
  hold(request: CountedRequest, bytes: number): void {
    const before = request[HELD] ?? 0;
    if (bytes <= before) return;
    if (this.heldInAll + bytes - before > this.maxBytes) throw tooManyBodies();
    this.heldInAll += bytes - before;
    request[HELD] = bytes;
  }

  /** For a request whose body is thrown away before there is an answer. */
  giveBack(request: CountedRequest): void {
    this.heldInAll -= request[HELD] ?? 0;
    request[HELD] = 0;
  }
}

function tooManyBodies(): OpsError {
  return new OpsError(
    'overloaded',
    'OPS_REQUEST_TOO_MANY',
    'more request bodies are under way than this process can hold',
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
