import { type Api, apiOf } from '../support/api';
import { type RunningOpsPilot, startOpsPilot } from '../support/start-opspilot';
import { waitFor } from '../support/wait-for';

const MINUTE = 60_000;
const HISTORY_MINUTES = 420;
const SERVICES = ['cart', 'checkout', 'search'];
const METRICS = ['latency_ms_p95', 'error_rate', 'cpu_percent'];

describe('anomalies that nobody wrote a rule for', () => {
  let opspilot: RunningOpsPilot;
  let api: Api;

  beforeAll(async () => {
    opspilot = await startOpsPilot({
      environment: { ALERT_DELAY_SECONDS: '1', ANOMALY_INTERVAL_MINUTES: '1' },
    });
    api = apiOf(opspilot);
  }, 120_000);

  afterAll(() => opspilot.remove());

  it('are found on schedule, with the service that is off ranked first, and a label takes them back', async () => {
    const faultMs = Math.floor(Date.now() / MINUTE) * MINUTE - 5 * MINUTE;
    const metrics = Array.from({ length: HISTORY_MINUTES }, (_, minute) => minute).flatMap((minute) => {
      const atMs = faultMs + (minute - HISTORY_MINUTES + 5) * MINUTE;
      return SERVICES.flatMap((service) =>
        METRICS.map((name) => {
          const isOff = atMs >= faultMs && service === 'checkout' && name !== 'cpu_percent';
          const value = isOff ? 900 : 100 + ((minute * 7) % 5);
          return { name, service, value, timestamp: new Date(atMs + 1000).toISOString() };
        }),
      );
    });
    expect((await api.post('/api/ingest/metrics', { metrics })).status).toBe(202);

    const found = await waitFor(
      'anomaly detection to have judged the series',
      async () => {
        const { body } = await api.get('/api/anomalies?start_time=now-1h&min_score=0.5');
        return body.total >= 2 ? body : undefined;
      },
      { deadlineMs: 150_000 },
    );
    expect(found.anomalies[0]).toMatchObject({
      service_name: 'checkout',
      value: 900,
      direction: 'up',
      phase: 'onset',
      method: expect.stringMatching(/^adaptive\/\d+$/),
      why: expect.stringContaining('900'),
    });
    const services = await waitFor('the run to end with its scores', async () => {
      const { body } = await api.get('/api/anomalies/services?start_time=now-1h');
      return body.services.length > 0 ? body.services : undefined;
    });
    expect(services[0]).toMatchObject({ service_name: 'checkout', series: 3, anomalous: 2 });
    const loudest = services[0].contributors
      .slice(0, 2)
      .map((one: { metric_name: string }) => one.metric_name);
    expect(loudest.sort()).toEqual(['error_rate', 'latency_ms_p95']);

    const url =
      '/api/metrics/query?metric_name=latency_ms_p95&service_name=checkout&time_bucket=1m&anomalies=true';
    const chart = async () => (await api.get(url)).body.series[0];
    const before = await chart();
    expect(before.anomalies[0]).toMatchObject({ timestamp: new Date(faultMs).toISOString(), value: 900 });
    expect(before.band.length).toBe(before.points.length);

    const label = {
      metric_name: 'latency_ms_p95',
      service_name: 'checkout',
      from: new Date(faultMs).toISOString(),
      to: new Date(faultMs + 10 * MINUTE).toISOString(),
      verdict: 'not_an_anomaly',
      note: 'a load test',
    };
    expect((await api.post('/api/anomaly-labels', label)).status).toBe(201);
    expect((await chart()).anomalies).toEqual(before.anomalies);
    const preview = (await api.post('/api/anomalies/preview', {})).body;
    expect(preview.series).toMatchObject([{ service_name: 'checkout', added: 0 }]);
    expect(preview.series[0].removed).toBeGreaterThan(0);
    expect((await api.post('/api/anomaly-labels/apply', {})).body).toEqual({ applied: 1 });
    // Answers may be shown again for a second.
    await waitFor('the chart without them', async () =>
      (await chart()).anomalies.length === 0 ? true : undefined,
    );
  }, 240_000);
});
