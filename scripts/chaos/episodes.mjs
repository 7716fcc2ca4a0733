import { request, requestOk } from './http.mjs';
import { waitUntil } from './wait.mjs';

const INCIDENT_DEADLINE_MS = 240_000;
const CONFLICT = 409;
const PAGE = 100;

/** Faults that each must become exactly one incident: a service of its own, a rule of its own, a group of its own. */
export class Episodes {
  #services;
  #begun = [];

  constructor({ api, load, count }) {
    Object.assign(this, { api, load });
    this.#services = Array.from({ length: count }, (_, index) => `faulty-${index + 1}`);
  }

  async declare(webhookUrl, intervalSeconds) {
    const post = (path, body) =>
      requestOk(`${this.api.url}${path}`, this.api.apiKey, { method: 'POST', body });
    await post('/api/channels', { name: 'chaos', url: webhookUrl, secret: 'secret-of-the-chaos-run' });
    for (const service of this.#services) {
      await post('/api/rules', {
        name: `errors of ${service}`,
        kind: 'log_count',
        condition: { level: 'ERROR', service_name: service, operator: '>', threshold: 5 },
        interval: `${intervalSeconds}s`,
        window: '60s',
        for: '0s',
        severity: 'critical',
        incident_group: service,
      });
    }
  }

  /** Begins faults until this share of all of them has begun. */
  beginUpTo(share) {
    while (this.#begun.length < share * this.#services.length)
      this.#begun.push(this.#fault(this.#services[this.#begun.length]));
  }

  /** Resolves when all that began are over. */
  over() {
    return Promise.all(this.#begun);
  }

  /** Lasts until its incident is there, so that late records cannot hide it. */
  async #fault(service) {
    this.load.faultyServices.add(service);
    await waitUntil(
      `an incident of ${service}`,
      async () => (await this.#incidents()).some(({ group }) => group === service) || undefined,
      { deadlineMs: INCIDENT_DEADLINE_MS, everyMs: 1000 },
    ).catch(() => undefined);
    this.load.faultyServices.delete(service);
  }

  /** Resolves what is open and waits for both notifications of each incident. */
  async settle(receiver, deadlineMs) {
    for (const { id, status } of await this.#incidents()) {
      if (status !== 'resolved') await this.#resolve(id);
    }
    const incidents = await this.#incidents();
    const wanted = incidents.flatMap(({ id }) => [`${id} incident_opened`, `${id} incident_resolved`]);
    const missing = () => wanted.filter((key) => !receiver.received.has(key));
    await waitUntil('the notifications', () => missing().length === 0 || undefined, { deadlineMs }).catch(
      () => undefined,
    );
    const perService = this.#services.map(
      (service) => incidents.filter(({ group }) => group === service).length,
    );
    return {
      episodes: this.#services.length,
      incidents: incidents.length,
      missed: perService.filter((count) => count === 0).length,
      doubled: perService.filter((count) => count > 1).length,
      notifications: wanted.length,
      notificationsLost: missing().length,
    };
  }

  /** It may have resolved itself meanwhile. */
  async #resolve(id) {
    const url = `${this.api.url}/api/incidents/${id}/resolve`;
    const { status } = await request(url, this.api.apiKey, { method: 'POST', body: {} });
    if (status >= 300 && status !== CONFLICT) throw new Error(`${url} answered ${status}`);
  }

  async #incidents() {
    const found = [];
    let cursor;
    do {
      const query = new URLSearchParams({ limit: String(PAGE), ...(cursor !== undefined && { cursor }) });
      const page = await requestOk(`${this.api.url}/api/incidents?${query}`, this.api.apiKey);
      found.push(...page.incidents);
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    return found;
  }
}
