import { request } from './http.mjs';
import { sleep } from './wait.mjs';

const SENDERS = 4;
const RECORDS_PER_BATCH = 20;
const PAUSE_MS = 80;
const LEAST_BACKOFF_MS = 100;
const MOST_BACKOFF_MS = 3000;

/**
 * Steady load whose every record has a number. A batch is sent again with its Idempotency-Key until it is accepted, as a
 * careful client would, so that in the end each number must be stored exactly once.
 */
export class Load {
  /** Numbers whose batch got a 202, by kind. */
  accepted = { logs: 0, metrics: 0, events: 0 };
  rejected = 0;
  retries = 0;
  longestOutageMs = 0;
  /** Services that log errors at the moment. */
  faultyServices = new Set();
  #isStopping = false;
  #givesUpAtMs = Number.POSITIVE_INFINITY;
  #batches = 0;
  #next = { logs: 0, metrics: 0, events: 0 };
  #senders = [];

  constructor({ ingestUrl, apiKey, runName }) {
    Object.assign(this, { ingestUrl, apiKey, runName });
  }

  start() {
    this.#senders = Array.from({ length: SENDERS }, () => this.#sendOn());
  }

  /** Stops making records; those under way are sent on until they are accepted or the time is over. */
  async stop(deadlineMs) {
    this.#isStopping = true;
    this.#givesUpAtMs = Date.now() + deadlineMs;
    await Promise.all(this.#senders);
  }

  /** How many records were made, by kind: those never accepted are in it. */
  get made() {
    return { ...this.#next };
  }

  async #sendOn() {
    while (!this.#isStopping) {
      const number = this.#batches++;
      if (number % 40 === 7) await this.#send('events', number, [this.#event()]);
      else if (number % 4 === 3)
        await this.#send(
          'metrics',
          number,
          this.#many(() => this.#sample()),
        );
      else
        await this.#send(
          'logs',
          number,
          this.#many(() => this.#log()),
        );
      for (const service of this.faultyServices)
        await this.#send('logs', this.#batches++, [this.#log(service), this.#log(service)]);
      await sleep(PAUSE_MS);
    }
  }

  async #send(kind, number, records) {
    const startedAtMs = Date.now();
    for (let backoffMs = LEAST_BACKOFF_MS; ; backoffMs = Math.min(2 * backoffMs, MOST_BACKOFF_MS)) {
      const answer = await request(`${this.ingestUrl}/api/ingest/${kind}`, this.apiKey, {
        method: 'POST',
        body: { [kind]: records },
        headers: { 'Idempotency-Key': `${this.runName}-${number}` },
      }).catch(() => undefined);
      if (answer?.status === 202) {
        this.accepted[kind] += answer.body.accepted;
        this.rejected += answer.body.rejected;
        this.longestOutageMs = Math.max(this.longestOutageMs, Date.now() - startedAtMs);
        return;
      }
      if (answer !== undefined && answer.status < 500 && answer.status !== 429 && answer.status !== 409)
        throw new Error(`ingest refused a batch: ${answer.status} ${JSON.stringify(answer.body)}`);
      if (Date.now() > this.#givesUpAtMs) return;
      this.retries++;
      await sleep(backoffMs * (0.5 + Math.random() / 2));
    }
  }

  #many(make) {
    return Array.from({ length: RECORDS_PER_BATCH }, make);
  }

  #log(faultyService) {
    const number = this.#next.logs++;
    return {
      level: faultyService === undefined ? 'INFO' : 'ERROR',
      service: faultyService ?? `service-${number % 8}`,
      timestamp: new Date().toISOString(),
      message: faultyService === undefined ? `order ${number} stored` : `order ${number} not stored: timeout`,
      context: { number: String(number) },
    };
  }

  #sample() {
    const number = this.#next.metrics++;
    return {
      name: 'chaos.number',
      value: number,
      service: `service-${number % 8}`,
      // A series has one value an instant, so each number gets an instant of its own.
      timestamp: new Date(Date.now() - 60_000 + (number % 60_000)).toISOString(),
      tags: { block: String(Math.floor(number / 60_000)), digit: String(number % 10) },
    };
  }

  #event() {
    const number = this.#next.events++;
    return { type: 'deploy', service: `service-${number % 8}`, title: `Deploy number ${number}` };
  }
}
