import { type Api, apiOf } from '../support/api';
import { type RunningOpsPilot, startOpsPilot } from '../support/start-opspilot';
import { waitFor } from '../support/wait-for';

const INTERVAL_MS = 300_000;
/** A worker that has just started does not know what is usual. */
const WARM_UP_MS = 12_000;

describe('evaluating a rule without waiting for its interval', () => {
  let opspilot: RunningOpsPilot;
  let api: Api;
  let readyAtMs: number;

  beforeAll(async () => {
    // With the delay of ALERT_DELAY_SECONDS that all have: what was just stored may be found a second later, or two where a
    // machine is busy, and nobody asks again.
    opspilot = await startOpsPilot({ environment: { INCIDENT_AUTO_RESOLVE_SECONDS: '3600' } });
    api = apiOf(opspilot);
    readyAtMs = Date.now();
  }, 120_000);

  afterAll(() => opspilot.remove());

  it('fires a rule of five minutes at the instant that was asked for, once, and shows when it was judged', async () => {
    await sendErrors(api, 'orders', 5);
    await waitFor('the records to be stored', async () =>
      (await api.get('/api/logs/query?level=ERROR')).body.total >= 5 ? true : undefined,
    );
    const { body: rule } = await api.post('/api/rules', {
      name: 'errors of orders',
      kind: 'log_count',
      condition: { level: 'ERROR', service_name: 'orders', operator: '>', threshold: 3 },
      interval: '5m',
      window: '10m',
    });
    const asked = await api.post(`/api/rules/${rule.id}/evaluate`);
    expect([asked.status, asked.body.rule_id]).toEqual([202, rule.id]);
    const incident = await waitFor(
      'an incident',
      async () => (await api.get('/api/incidents')).body.incidents[0],
      { deadlineMs: 60_000 },
    );
    expect(incident).toMatchObject({ status: 'open', services: ['orders'] });

    expect((await api.post(`/api/rules/${rule.id}/evaluate`)).status).toBe(202);
    const alertOf = async () => (await api.get(`/api/rules/${rule.id}`)).body.alerts[0];
    const alert = await waitFor(
      'the second evaluation',
      async () => {
        const shown = await alertOf();
        return shown.evaluated_at > asked.body.evaluated_at ? shown : undefined;
      },
      { deadlineMs: 60_000 },
    );
    expect(alert).toMatchObject({ state: 'firing', value: 5 });
    const { events } = (await api.get(`/api/incidents/${incident.id}/timeline`)).body;
    const fired = events.filter(({ kind }: { kind: string }) => kind === 'alert_fired');
    expect(fired).toHaveLength(1);
    // A tick of the schedule may fall between the request and its instant.
    const since = Date.parse(alert.since);
    expect(since === Date.parse(asked.body.evaluated_at) || since % INTERVAL_MS === 0).toBe(true);
    expect((await api.get('/api/incidents')).body.total).toBe(1);
  }, 120_000);

  it('does so by itself where errors have jumped', async () => {
    const { body: rule } = await api.post('/api/rules', {
      name: 'errors of catalog',
      kind: 'log_count',
      condition: { level: 'ERROR', service_name: 'catalog', operator: '>', threshold: 100 },
      interval: '5m',
      window: '10m',
    });
    await waitFor('the worker to know what is usual', () =>
      Date.now() - readyAtMs > WARM_UP_MS ? true : undefined,
    );
    await sendErrors(api, 'catalog', 300);
    const alert = await waitFor(
      'the alert to fire',
      async () => {
        const [shown] = (await api.get(`/api/rules/${rule.id}`)).body.alerts;
        return shown?.state === 'firing' ? shown : undefined;
      },
      { deadlineMs: 60_000 },
    );
    expect(alert.value).toBe(300);
  }, 120_000);
});

async function sendErrors(api: Api, service: string, count: number): Promise<void> {
  const logs = Array.from({ length: count }, (_, index) => ({
    level: 'ERROR',
    service,
    message: `payment ${index} failed`,
  }));
  expect((await api.post('/api/ingest/logs', { logs })).status).toBe(202);
}
