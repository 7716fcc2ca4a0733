import { type Api, apiOf } from '../support/api';
import { endOfCli, opspilotCli, startCli } from '../support/opspilot-cli';
import { type RunningOpsPilot, startOpsPilot } from '../support/start-opspilot';
import { waitFor } from '../support/wait-for';

const TWO_MINUTES_MS = 120_000;

const OUTAGES = [
  { scenario: 'leaky-deploy', service: 'orders', kind: 'deploy' },
  { scenario: 'payment-provider-down', service: 'payment', kind: 'latency' },
  { scenario: 'bad-flag', service: 'catalog', kind: 'flag' },
];

interface Played {
  readonly api: Api;
  readonly result: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- what a script reads, looked into freely
}

/** All scenarios at the same time, each in a project of its own: they must not see each other either. */
describe('npm run demo', () => {
  let opspilot: RunningOpsPilot;
  let played: Readonly<Record<string, Played>>;

  async function newProject(name: string) {
    const made = await opspilotCli(opspilot.home, ['create-project', name]);
    const { api_key: apiKey } = JSON.parse(made.stdout) as { api_key: string };
    const environment = { OPSPILOT_URL: opspilot.url, OPSPILOT_API_KEY: apiKey };
    return { environment, api: apiOf({ url: opspilot.url, apiKey }) };
  }

  async function play(scenario: string): Promise<readonly [string, Played]> {
    const { environment, api } = await newProject(scenario);
    const { stdout, stderr } = await opspilotCli(
      opspilot.home,
      ['demo', '--scenario', scenario, '--json'],
      environment,
    );
    expect([scenario, stderr]).toEqual([scenario, '']);
    return [scenario, { api, result: JSON.parse(stdout) }];
  }

  beforeAll(async () => {
    opspilot = await startOpsPilot();
    const scenarios = [...OUTAGES.map(({ scenario }) => scenario), 'quiet-day'];
    played = Object.fromEntries(await Promise.all(scenarios.map(play)));
  }, 300_000);
  afterAll(() => opspilot.remove());

  it('leaves no channel behind that leads nowhere, where it is interrupted', async () => {
    const { environment, api } = await newProject('interrupted');
    const channels = async () => (await api.get('/api/channels')).body.channels;
    const command = startCli(opspilot.home, ['demo'], { environment });
    const ended = endOfCli(command);
    await waitFor('its channel', async () => ((await channels()).length > 0 ? true : undefined));
    await waitFor('its traffic', async () =>
      (await api.get('/api/metrics/series')).body.total > 0 ? true : undefined,
    );
    command.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 1, stderr: 'interrupted\n' });
    expect(await channels()).toEqual([]);
  });

  it('opens nothing on a quiet day', async () => {
    const quiet = played['quiet-day'];
    expect(quiet?.result).toMatchObject({ incident_id: null, as_expected: true });
    expect((await quiet?.api.get('/api/incidents'))?.body.total).toBe(0);
  });

  it.each(OUTAGES)(
    'ranks the fault of $scenario first, within two minutes of it',
    async ({ scenario, service, kind }) => {
      const { api, result } = played[scenario] ?? {};
      expect(result).toMatchObject({
        verdict: expect.stringMatching(/^one incident/),
        scenario,
        as_expected: true,
      });
      expect(result.ranking[0]).toMatchObject({ service_name: service, cause_kind: kind });
      expect(Date.parse(result.report_at) - Date.parse(result.fault_at)).toBeLessThan(TWO_MINUTES_MS);
      const events = (await api?.get(`/api/incidents/${result.incident_id}/timeline`))?.body.events;
      const kinds = events.map((event: { kind: string }) => event.kind);
      for (const wanted of ['alert_fired', 'notification_attempted', 'investigation_finished'])
        expect(kinds).toContain(wanted);
    },
  );

  it('shows who calls whom as evidence that can be opened, and cites it where a cause explains another service', async () => {
    const { api, result } = played['leaky-deploy'] ?? {};
    const events = (await api?.get(`/api/incidents/${result.incident_id}/timeline`))?.body.events;
    const finished = events.find((event: { kind: string }) => event.kind === 'investigation_finished');
    const path = `/api/investigations/${finished.details.investigation_id}`;
    const { evidence, report } = (await api?.get(path))?.body ?? {};
    const edges = evidence.filter((item: { kind: string }) => item.kind === 'service_edge');
    const opened = await Promise.all(edges.map((item: { query: string }) => api?.get(item.query)));
    expect(edges.length).toBeGreaterThan(3);
    for (const answer of opened) expect(answer?.body.edges[0].count).toBeGreaterThan(0);
    const labels = edges.map((item: { label: string }) => item.label);
    const support = report.ranking.flatMap((cause: { support: object[] }) => cause.support);
    const walked = support.filter((item: { kind: string }) => item.kind === 'topology');
    expect(walked.some((item: { evidence: string }) => labels.includes(item.evidence))).toBe(true);
  });
});
