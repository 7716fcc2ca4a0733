import { createHmac } from 'node:crypto';
import { type Api, apiOf } from '../support/api';
import { type RunningOpsPilot, startOpsPilot } from '../support/start-opspilot';
import { WebhookServer } from '../support/webhook-server';
import { waitFor } from '../support/wait-for';

const SECRET = 'a-secret-of-the-test';

interface TimelineEvent {
  readonly kind: string;
  readonly text: string;
  readonly details: Record<string, unknown>;
}

describe('from an alert to an investigated incident', () => {
  let opspilot: RunningOpsPilot;
  let api: Api;
  let webhook: WebhookServer;

  beforeAll(async () => {
    opspilot = await startOpsPilot({
      environment: {
        ALERT_DELAY_SECONDS: '1',
        NOTIFY_FIRST_BACKOFF_MS: '50',
        INCIDENT_AUTO_RESOLVE_SECONDS: '3600',
      },
    });
    api = apiOf(opspilot);
    webhook = await WebhookServer.start([{ status: 503 }, { status: 500 }]);
  }, 120_000);

  afterAll(async () => {
    await opspilot.remove();
    await webhook.stop();
  });

  it('opens one incident, notifies with a signature after failures, investigates with evidence, and obeys people', async () => {
    await api.post('/api/channels', { name: 'hook', url: webhook.url, secret: SECRET });
    const startMs = Date.now();
    await sendHistory(api, startMs);
    const rule = await api.post('/api/rules', {
      name: 'errors of orders',
      kind: 'log_count',
      condition: { level: 'ERROR', service_name: 'orders', operator: '>', threshold: 5 },
      interval: '10s',
      window: '30s',
      for: '0s',
      severity: 'critical',
    });
    expect(rule.status).toBe(201);
    await sendFault(api);

    const incident = await waitFor(
      'an incident',
      async () => (await api.get('/api/incidents')).body.incidents[0],
      { deadlineMs: 60_000 },
    );
    expect(incident).toMatchObject({ status: 'open', severity: 'critical', services: ['orders'] });
    const timeline = async (): Promise<readonly TimelineEvent[]> =>
      (await api.get(`/api/incidents/${incident.id}/timeline`)).body.events;
    const finished = await waitFor(
      'the investigation',
      async () => (await timeline()).find(({ kind }) => kind === 'investigation_finished'),
      {
        deadlineMs: 60_000,
      },
    );

    const attempts = await waitFor('the third attempt', async () => {
      const made = (await timeline()).filter(({ kind }) => kind === 'notification_attempted');
      return made.length >= 3 ? made : undefined;
    });
    expect(attempts.map(({ details }) => [details['status'], details['outcome']])).toEqual([
      [503, 'failed_will_retry'],
      [500, 'failed_will_retry'],
      [200, 'delivered'],
    ]);
    for (const { headers, body } of webhook.received) {
      const [, at, signature] =
        /^t=(\d+),v1=([0-9a-f]+)$/.exec(String(headers['x-opspilot-signature'])) ?? [];
      expect(signature).toBe(createHmac('sha256', SECRET).update(`${at}.${body}`).digest('hex'));
    }
    expect(JSON.stringify(await timeline())).not.toContain(SECRET);

    const { body: investigation } = await api.get(
      `/api/investigations/${String(finished.details['investigation_id'])}`,
    );
    expect(investigation.report.ranking[0]).toMatchObject({ service_name: 'orders', cause_kind: 'deploy' });
    const labels = new Set(investigation.evidence.map(({ label }: { label: string }) => label));
    for (const claim of investigation.report.summary) {
      expect(claim.conjecture || claim.cites.length > 0).toBe(true);
      for (const cited of claim.cites) expect(labels.has(cited)).toBe(true);
    }
    for (const { query } of investigation.evidence)
      expect([query, (await api.get(query)).status]).toEqual([query, 200]);
    const pattern = investigation.evidence.find(({ kind }: { kind: string }) => kind === 'pattern_change');
    expect((await api.get(pattern.query)).body.total).toBeGreaterThan(0);

    expect((await api.get('/api/incidents')).body.total).toBe(1);
    const [first, second] = await Promise.all([
      api.post(`/api/incidents/${incident.id}/acknowledge`, { comment: 'mine' }),
      api.post(`/api/incidents/${incident.id}/acknowledge`, { comment: 'no, mine' }),
    ]);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(
      (await api.post(`/api/incidents/${incident.id}/comments`, { text: 'rolling back' })).status,
    ).toBeLessThan(300);
    expect((await api.post(`/api/incidents/${incident.id}/resolve`, {})).body).toMatchObject({
      status: 'resolved',
    });
    expect((await api.post(`/api/incidents/${incident.id}/resolve`, {})).status).toBe(409);
    expect(
      (await api.post(`/api/incidents/${incident.id}/comments`, { text: 'for the record' })).status,
    ).toBeLessThan(300);
    const kinds = (await timeline()).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'acknowledged')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'commented')).toHaveLength(2);
    expect(kinds.slice(0, 2)).toEqual(['incident_opened', 'alert_fired']);

    const taken = await api.post('/snapshots');
    expect([taken.status, taken.body.trigger]).toEqual([201, 'manual']);
    expect((await api.get('/snapshots')).body.total).toBeGreaterThanOrEqual(1);
  }, 240_000);
});

async function sendHistory(api: Api, nowMs: number): Promise<void> {
  const at = (secondsAgo: number) => new Date(nowMs - secondsAgo * 1000).toISOString();
  const logs = [];
  const metrics = [];
  for (let secondsAgo = 1700; secondsAgo > 30; secondsAgo -= 10) {
    for (const service of ['web', 'orders', 'catalog']) {
      logs.push({
        level: 'INFO',
        service,
        timestamp: at(secondsAgo),
        message: `request ${secondsAgo} took ${secondsAgo % 37} ms`,
      });
      metrics.push({
        name: 'db_connections',
        value: 10 + (secondsAgo % 3),
        service,
        timestamp: at(secondsAgo),
      });
    }
  }
  expect((await api.post('/api/ingest/logs', { logs })).status).toBe(202);
  expect((await api.post('/api/ingest/metrics', { metrics })).status).toBe(202);
  const events = [
    { type: 'deploy', service: 'catalog', title: 'Deploy catalog 1.1', timestamp: at(1200) },
    { type: 'deploy', service: 'orders', title: 'Deploy orders 2.14', timestamp: at(25) },
  ];
  expect((await api.post('/api/ingest/events', { events })).status).toBe(202);
}

async function sendFault(api: Api): Promise<void> {
  const logs = [];
  const metrics = [];
  for (let index = 0; index < 30; index++) {
    const timestamp = new Date(Date.now() - (30 - index) * 500).toISOString();
    logs.push({
      level: 'ERROR',
      service: 'orders',
      timestamp,
      message: `timeout acquiring connection after ${3000 + index} ms`,
    });
    if (index % 5 === 0)
      metrics.push({ name: 'db_connections', value: 90 + index, service: 'orders', timestamp });
  }
  expect((await api.post('/api/ingest/metrics', { metrics })).status).toBe(202);
  expect((await api.post('/api/ingest/logs', { logs })).status).toBe(202);
}
