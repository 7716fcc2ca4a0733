import { createProject } from '../bench/opspilot-processes.mjs';
import { freePort } from '../engines/ports.mjs';
import { Audit } from './audit.mjs';
import { Episodes } from './episodes.mjs';
import { Load } from './load.mjs';
import { between, killOrder, seededRandom } from './random.mjs';
import { RoleProcess } from './role-process.mjs';
import { queuesAreEmpty, storedEvents, storedLogs } from './stored.mjs';
import { sleep, waitUntil } from './wait.mjs';
import { WebhookReceiver } from './webhook-receiver.mjs';

const ROLES = ['ingest', 'api', 'ingest-worker', 'workflow-worker'];
const KILLED_ROLES = ['ingest', 'ingest-worker', 'workflow-worker'];
const KILLED_ENGINES = ['rabbitmq', 'opensearch', 'postgres', 'redis', 'temporal'];
const INTERVAL_SECONDS = 10;
const WARM_UP_MS = 5000;
const LONGEST_DOWN_MS = 3000;
const LONGEST_CALM_MS = 4000;
const DRAIN_MS = 180_000;

/**
 * Drives steady load, kills -9 and restarts one part after the other, then counts. `engines` has `urls`, `kill(name)` and
 * `start(name)`. Returns what was counted; `promises.mjs` says what of it breaks a promise.
 */
export async function runChaos({ engines, kills, seed, folder, say }) {
  const random = seededRandom(seed);
  const environment = environmentOf(engines.urls, folder);
  const project = await createProject(environment, 'chaos');
  const roles = new Map();
  const receiver = new WebhookReceiver();
  try {
    for (const role of ROLES)
      roles.set(role, new RoleProcess({ role, port: await freePort(), environment, folder }));
    for (const role of roles.values()) role.start();
    await Promise.all([...roles.values()].map((role) => role.waitUntilReady()));
    await receiver.start();
    const run = {
      api: { url: roles.get('api').url, apiKey: project.api_key },
      audit: new Audit(engines.urls),
      random,
      say,
    };
    await run.audit.install();
    return await strain({ ...run, roles, engines, receiver, kills, ingestUrl: roles.get('ingest').url });
  } finally {
    await Promise.all([...roles.values()].map((role) => role.stop()));
    await receiver.stop();
  }
}

async function strain(run) {
  const startedAtMs = Date.now();
  const load = new Load({
    ingestUrl: run.ingestUrl,
    apiKey: run.api.apiKey,
    runName: `chaos-${startedAtMs}`,
  });
  const episodes = new Episodes({ api: run.api, load, count: Math.max(2, Math.round(run.kills / 6)) });
  await episodes.declare(run.receiver.url, INTERVAL_SECONDS);
  load.start();
  await sleep(WARM_UP_MS);
  const recoveries = await killThemAll(run, episodes);
  await episodes.over();
  await load.stop(DRAIN_MS);
  run.say(`load is over after ${seconds(Date.now() - startedAtMs)} s; counting`);
  const range = {
    from: new Date(startedAtMs - 60_000).toISOString(),
    to: new Date(Date.now() + 60_000).toISOString(),
  };
  const counted = await count(run, load, episodes, range);
  return {
    ...counted,
    recoveries,
    retries: load.retries,
    longestOutageSeconds: seconds(load.longestOutageMs),
  };
}

async function killThemAll({ roles, engines, kills, random, say }, episodes) {
  const recoveries = [];
  for (const [index, name] of killOrder([...KILLED_ROLES, ...KILLED_ENGINES], kills, random).entries()) {
    episodes.beginUpTo((index + 1) / kills);
    const role = roles.get(name);
    const killedAtMs = Date.now();
    await (role ?? { kill: () => engines.kill(name) }).kill();
    await sleep(between(random, 0, LONGEST_DOWN_MS));
    if (role === undefined) await engines.start(name);
    else role.start();
    await Promise.all([...roles.values()].map((each) => each.waitUntilReady()));
    recoveries.push({ name, seconds: seconds(Date.now() - killedAtMs) });
    say(
      `kill ${index + 1} of ${kills}: ${name}, all ready again after ${seconds(Date.now() - killedAtMs)} s`,
    );
    await sleep(between(random, 500, LONGEST_CALM_MS));
  }
  return recoveries;
}

async function count({ api, audit, receiver, roles }, load, episodes, range) {
  await queuesAreEmpty(roles.get('ingest-worker'), DRAIN_MS).catch(() => undefined);
  const logs = await storedLogs(api, range, load.accepted.logs, DRAIN_MS);
  const events = await storedEvents(api, range);
  const samples = await waitUntil(
    'all samples to be stored',
    async () => {
      const seen = await audit.samples();
      return seen.different >= load.accepted.metrics ? seen : undefined;
    },
    { deadlineMs: DRAIN_MS },
  ).catch(() => audit.samples());
  const overAtMs = Date.now();
  const evaluations = await waitUntil(
    'the evaluations to catch up',
    async () => {
      const seen = await audit.evaluations(INTERVAL_SECONDS);
      return seen.every(({ lastAtMs }) => lastAtMs > overAtMs) ? seen : undefined;
    },
    { deadlineMs: DRAIN_MS },
  ).catch(() => audit.evaluations(INTERVAL_SECONDS));
  return {
    made: load.made,
    accepted: load.accepted,
    rejected: load.rejected,
    stored: {
      logs: { ...logs, stored: Math.max(logs.stored, await audit.logs()) },
      metrics: samples,
      events,
    },
    evaluations: {
      rules: evaluations.length,
      judged: evaluations.reduce((sum, { judged }) => sum + judged, 0),
      skipped: evaluations.reduce((sum, { skipped }) => sum + skipped, 0),
      behind: evaluations.filter(({ lastAtMs }) => lastAtMs <= overAtMs).length,
    },
    ...(await episodes.settle(receiver, DRAIN_MS)),
  };
}

function environmentOf(urls, folder) {
  return {
    OPSPILOT_HOME: folder,
    DATABASE_URL: urls.database,
    QUEUE_URL: urls.rabbitmq,
    LOG_STORE_URL: urls.opensearch,
    CACHE_URL: urls.redis,
    TEMPORAL_ADDRESS: urls.temporal,
    ALERT_DELAY_SECONDS: '2',
    NOTIFY_FIRST_BACKOFF_MS: '100',
    INCIDENT_AUTO_RESOLVE_SECONDS: '600',
    LOG_LEVEL: 'info',
  };
}

const seconds = (ms) => Math.round(ms / 100) / 10;
