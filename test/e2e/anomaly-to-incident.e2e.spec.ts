import { type Api, apiOf } from '../support/api';
import { type RunningOpsPilot, startOpsPilot } from '../support/start-opspilot';
import { waitFor } from '../support/wait-for';

const STEP_MS = 10_000;
const HISTORY_STEPS = 400;

describe('from an anomaly to an incident', () => {
  let opspilot: RunningOpsPilot;
  let api: Api;

  beforeAll(async () => {
    opspilot = await startOpsPilot({ environment: { ALERT_DELAY_SECONDS: '1' } });
    api = apiOf(opspilot);
  }, 120_000);

  afterAll(() => opspilot.remove());

  it('opens an incident when a steady series jumps, and none while it is steady', async () => {
    await send(api, Date.now(), HISTORY_STEPS, (step) => 100 + ((step * 7) % 5));
    const condition = { metric_name: 'latency_ms_p95', group_by: 'service_name', direction: 'up' };
    const rule = await api.post('/api/rules', {
      name: 'odd latency',
      kind: 'anomaly',
      condition,
      interval: '10s',
      window: '1m',
    });
    expect(rule.status).toBe(201);
    const evaluated = await waitFor('evaluations of the steady series', async () => {
      const found = await api.get('/api/metrics/anomalies?metric_name=latency_ms_p95&time_bucket=10s');
      const isStored = found.body.series.length === 2 && found.body.series[0].points > 100;
      return isStored ? found.body : undefined;
    });
    expect(evaluated).toMatchObject({ algorithm: 'adaptive', total: 0 });
    const quiet = await api.post('/api/rules', {
      name: 'odd latency of cart',
      kind: 'anomaly',
      condition: { metric_name: 'latency_ms_p95', service_name: 'cart' },
      interval: '10s',
      window: '1m',
    });
    const alert = await waitFor(
      'an evaluation of both rules while all is steady',
      async () => (await api.get(`/api/rules/${quiet.body.id}`)).body.alerts[0],
    );
    expect(alert).toMatchObject({ state: 'inactive' });
    expect((await api.get('/api/incidents')).body.total).toBe(0);

    const jumpMs = Date.now();
    const jump = (service: string) => (service === 'checkout' ? 900 : 101);
    await send(api, jumpMs, 3, (_step, service) => jump(service));
    const incident = await waitFor(
      'an incident',
      async () => (await api.get('/api/incidents')).body.incidents[0],
      { deadlineMs: 60_000 },
    );
    expect(incident).toMatchObject({ status: 'open', services: ['checkout'] });
    const { events } = (await api.get(`/api/incidents/${incident.id}/timeline`)).body;
    const fired = events.find(({ kind }: { kind: string }) => kind === 'alert_fired');
    expect(fired.text).toContain(
      'avg(latency_ms_p95) of checkout is anomalously high (adaptive) over 1m, at ',
    );
    const found = await api.get('/api/metrics/anomalies?metric_name=latency_ms_p95&time_bucket=10s');
    expect(found.body.anomalies[0]).toMatchObject({ service_name: 'checkout', direction: 'up' });

    const preview = await api.post('/api/anomalies/preview', {
      rule_id: rule.body.id,
      condition: { threshold: 1000 },
      days: 1,
    });
    expect([preview.status, preview.body]).toMatchObject([
      200,
      { proposed: { total: 0 }, kept: 0, added: [] },
    ]);
    expect(preview.body.removed[0]).toMatchObject({ service_name: 'checkout', direction: 'up' });
  }, 180_000);
});

async function send(
  api: Api,
  nowMs: number,
  steps: number,
  valueAt: (step: number, service: string) => number,
): Promise<void> {
  const metrics = Array.from({ length: steps }, (_, index) => index).flatMap((step) =>
    ['checkout', 'cart'].map((service) => ({
      name: 'latency_ms_p95',
      service,
      value: valueAt(step, service),
      timestamp: new Date(nowMs - (steps - 1 - step) * STEP_MS).toISOString(),
    })),
  );
  expect((await api.post('/api/ingest/metrics', { metrics })).status).toBe(202);
}
