import type { FastifyInstance, FastifyRequest } from 'fastify';
import { OpsError } from '../../core/src/common/errors';

const RETRY_AFTER_SECONDS = 2;

/**
 * How many bytes of request bodies this process holds at once, from the first byte until the answer is sent. Each body
 * has a limit of its own; this one is for many of them together, which would otherwise end in the process being killed.
 */
export class BodyBudget {
  private readonly held = new WeakMap<FastifyRequest, number>();
  private heldInAll = 0;

  constructor(private readonly maxBytes: number) {}

  /** Gives back what a request held, when its answer has been sent or its connection is gone. */
  watch(instance: FastifyInstance): void {
    instance.addHook('onResponse', (request, _reply, done) => {
      this.heldInAll -= this.held.get(request) ?? 0;
      this.held.delete(request);
      done();
    });
  }

  /** Counts bytes for a request. Errors: OpsError `overloaded` where they are too many. */
  hold(request: FastifyRequest, bytes: number): void {
    if (this.heldInAll + bytes > this.maxBytes) {
      throw new OpsError(
        'overloaded',
        'OPS_REQUEST_TOO_MANY',
        'more request bodies are under way than this process can hold',
        { retryAfterSeconds: RETRY_AFTER_SECONDS },
      );
    }
    this.heldInAll += bytes;
    this.held.set(request, (this.held.get(request) ?? 0) + bytes);
  }
}
