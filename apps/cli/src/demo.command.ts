import { randomBytes } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { toIso } from '../../../libs/core/src/common/time-range';
import { ApiClient } from './api-client';
import { findConnection } from './connection';
import { type LoadedScenario, loadScenario, scenarioNames } from './demo/load-scenario';
import { type PlayEvents, playScenario, waitForCalm } from './demo/play-scenario';
import { prepareDemo } from './demo/prepare-demo';
import { renderReport } from './demo/render-report';
import { incidentsOf, type IncidentReport, watchForReport } from './demo/watch-incident';
import { WebhookReceiver } from './demo/webhook-receiver';

/** After the last record: the longest hold, the delay for late records, one interval, and an investigation. */
const SETTLE_MS = 30_000;

interface DemoOptions {
  readonly scenario: string;
  readonly json?: true;
  readonly list?: true;
  readonly seed: number;
}

interface DemoResult {
  readonly faultAtMs: number;
  readonly report: IncidentReport | undefined;
  readonly incidents: number;
  readonly signatureIsRight: boolean;
}

export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('play an outage of a small shop into the running OpsPilot and show what it makes of it')
    .option('--scenario <name>', 'a shipped scenario, or a YAML file of yours', 'leaky-deploy')
    .option('--json', 'print one JSON object at the end, and nothing else')
    .option('--list', 'list the shipped scenarios')
    .option('--seed <number>', 'the same seed plays the same traffic', toSeed, 1)
    .addHelpText('after', '\nExit codes: 0 it came as the scenario expects, 1 it did not, 2 wrong usage.')
    .action(async (options: DemoOptions) => {
      if (options.list === true) return list();
      process.exitCode = (await demo(options)) ? 0 : 1;
    });
}

async function list(): Promise<void> {
  for (const name of await scenarioNames()) {
    const { scenario } = await loadScenario(name);
    process.stdout.write(`${pc.bold(name)}  ${scenario.title}\n  ${scenario.description.trim()}\n`);
  }
}

/** True where what happened is what the scenario expects. */
async function demo(options: DemoOptions): Promise<boolean> {
  const loaded = await loadScenario(options.scenario);
  const connection = await findConnection({});
  const api = new ApiClient({ url: connection.url, apiKey: connection.apiKey });
  const project = await api.get<{ id: string }>('/api/project');
  const say =
    options.json === true ? () => undefined : (text: string) => void process.stdout.write(`${text}\n`);
  say(`${pc.bold(loaded.scenario.title)}\n${pc.dim(loaded.scenario.description.trim())}\n`);
  const result = await run(api, loaded, options.seed, say);
  const verdict = judge(loaded, result);
  if (options.json === true) process.stdout.write(`${JSON.stringify(toJson(loaded, result, verdict))}\n`);
  else {
    const temporalUiUrl = connection.temporalUiUrl ?? 'http://127.0.0.1:8233';
    if (result.report !== undefined)
      say(renderReport(result.report, { url: api.url, temporalUiUrl, projectId: project.id }));
    say(verdict.asExpected ? pc.green(`✓ ${verdict.text}`) : pc.red(`✗ ${verdict.text}`));
  }
  return verdict.asExpected;
}

async function run(
  api: ApiClient,
  loaded: LoadedScenario,
  seed: number,
  say: (text: string) => void,
): Promise<DemoResult> {
  const events = narrator(loaded, say);
  await waitForCalm(api, loaded, events);
  const secret = randomBytes(24).toString('hex');
  const group = `demo-${randomBytes(6).toString('hex')}`;
  const receiver = await WebhookReceiver.start(secret);
  try {
    const { channelId } = await prepareDemo(api, loaded.scenario, {
      group,
      webhookUrl: receiver.url,
      webhookSecret: secret,
    });
    try {
      return {
        ...(await playAndWatch(api, loaded, { seed, group, events })),
        incidents: (await incidentsOf(api, group)).length,
        signatureIsRight:
          receiver.received.length > 0 && receiver.received.every(({ signatureIsRight }) => signatureIsRight),
      };
    } finally {
      // It leads nowhere from now on, and would be tried at the next real incident.
      await api.delete(`/api/channels/${channelId}`);
    }
  } finally {
    await receiver.stop();
  }
}

/** Errors: `interrupted` after Ctrl-C, so that what was made is cleared away; a second one ends the process at once. */
async function playAndWatch(
  api: ApiClient,
  loaded: LoadedScenario,
  { seed, group, events }: { readonly seed: number; readonly group: string; readonly events: PlayEvents },
): Promise<Pick<DemoResult, 'faultAtMs' | 'report'>> {
  const stop = new AbortController();
  let isInterrupted = false;
  const interrupt = () => {
    isInterrupted = true;
    stop.abort();
  };
  process.once('SIGINT', interrupt);
  try {
    let playedAtMs = Number.POSITIVE_INFINITY;
    const playing = playScenario(api, loaded, { seed, stop: stop.signal, events }).finally(
      () => (playedAtMs = Date.now()),
    );
    const isOver = () => stop.signal.aborted || Date.now() > playedAtMs + SETTLE_MS;
    const watching = watchForReport(api, group, isOver).finally(() => stop.abort());
    const [faultAtMs, report] = await Promise.all([playing, watching]);
    if (isInterrupted) throw new Error('interrupted');
    return { faultAtMs, report };
  } finally {
    stop.abort();
    process.off('SIGINT', interrupt);
  }
}

function narrator({ scenario }: LoadedScenario, say: (text: string) => void): PlayEvents {
  const { before, fault } = scenario.live_seconds;
  const step = (text: string) => say(`${pc.cyan('…')} ${text}`);
  return {
    fading: (waitMs) =>
      step(`the last run ended just now; waiting ${Math.ceil(waitMs / 1000)} s for it to fade`),
    history: ({ logs, samples }) =>
      step(`half an hour of normal traffic sent: ${logs} records, ${samples} samples; now ${before} s live`),
    faultStarted: (atMs) =>
      step(`${pc.dim(toIso(atMs).slice(11, 19))} UTC: the fault begins; it is played for at most ${fault} s`),
  };
}

function judge({ scenario }: LoadedScenario, { report, incidents, signatureIsRight }: DemoResult) {
  const { expect } = scenario;
  if (!expect.incident) {
    const asExpected = incidents === 0;
    return {
      asExpected,
      text: asExpected
        ? 'nothing was opened, as it should be'
        : `${incidents} incidents were opened, and none should be`,
    };
  }
  if (report === undefined)
    return { asExpected: false, text: 'no investigated and notified incident came up in time' };
  const first = report.ranking[0];
  const asExpected =
    incidents === 1 &&
    signatureIsRight &&
    first?.service_name === expect.service &&
    first.cause_kind === expect.cause_kind;
  const found = first === undefined ? 'nothing' : `${first.service_name} (${first.cause_kind})`;
  return {
    asExpected,
    text: asExpected
      ? `one incident, and the cause that was played is ranked first: ${found}`
      : `expected one incident caused by ${expect.service} (${expect.cause_kind}); got ${incidents}, first ${found}, webhook ${signatureIsRight ? 'signed' : 'not signed'}`,
  };
}

function toJson(
  { scenario }: LoadedScenario,
  { faultAtMs, report }: DemoResult,
  verdict: { asExpected: boolean; text: string },
) {
  const at = (kind: string) => report?.timeline.find((event) => event.kind === kind)?.at ?? null;
  return {
    scenario: scenario.name,
    incident_id: report?.incidentId ?? null,
    fault_at: toIso(faultAtMs),
    alert_at: at('alert_fired'),
    notified_at: at('notification_attempted'),
    report_at: at('investigation_finished'),
    ranking: report?.ranking ?? [],
    as_expected: verdict.asExpected,
    verdict: verdict.text,
  };
}

function toSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new InvalidArgumentError('it must be a whole number from 0 to 999999999');
  return Number(text);
}
