import { apiOf } from '../support/api';
import { opspilotCli } from '../support/opspilot-cli';
import { type RunningOpsPilot, startOpsPilot } from '../support/start-opspilot';

const TWO_MINUTES_MS = 120_000;

describe('npm run demo', () => {
  let opspilot: RunningOpsPilot;

  beforeAll(async () => {
    opspilot = await startOpsPilot();
  }, 120_000);
  afterAll(() => opspilot.remove(), 60_000);

  async function play(scenario: string) {
    const { stdout, stderr } = await opspilotCli(opspilot.home, ['demo', '--scenario', scenario, '--json']);
    expect([scenario, stderr]).toEqual([scenario, '']);
    return JSON.parse(stdout);
  }

  it('opens nothing on a quiet day', async () => {
    expect(await play('quiet-day')).toMatchObject({ incident_id: null, as_expected: true });
    expect((await apiOf(opspilot).get('/api/incidents')).body.total).toBe(0);
  }, 180_000);

  it.each([
    ['leaky-deploy', 'orders', 'deploy'],
    ['payment-provider-down', 'payment', 'latency'],
    ['bad-flag', 'catalog', 'flag'],
  ])(
    'ranks the fault of %s first, within two minutes of it, one outage right after the other',
    async (scenario, service, kind) => {
      const result = await play(scenario);
      expect(result).toMatchObject({
        verdict: expect.stringMatching(/^one incident/),
        scenario,
        as_expected: true,
      });
      expect(result.ranking[0]).toMatchObject({ service_name: service, cause_kind: kind });
      expect(Date.parse(result.report_at) - Date.parse(result.fault_at)).toBeLessThan(TWO_MINUTES_MS);
      const { body } = await apiOf(opspilot).get(`/api/incidents/${result.incident_id}/timeline`);
      const kinds = body.events.map((event: { kind: string }) => event.kind);
      for (const wanted of ['alert_fired', 'notification_attempted', 'investigation_finished'])
        expect(kinds).toContain(wanted);
    },
    240_000,
  );
});
