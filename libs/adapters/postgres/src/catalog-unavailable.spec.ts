import type { Pool } from 'pg';
import { ruleOf, transitionOf } from '../../../conformance/src/rule-of';
import { asId, type ProjectId } from '../../../core/src/common/ids';
import type { Evidence } from '../../../core/src/investigation/evidence';
import type { Investigation } from '../../../core/src/investigation/investigation';
import type { Channel } from '../../../core/src/notify/channel';
import type { ApiKey } from '../../../core/src/projects/api-key';
import { scopeOfProject } from '../../../core/src/projects/project-scope';
import type { Snapshot } from '../../../core/src/snapshots/snapshot';
import { createPool } from './pool';
import { PostgresApiKeyStore } from './postgres-api-key-store';
import { PostgresChannelStore } from './postgres-channel-store';
import { PostgresEvaluationCursorStore } from './postgres-evaluation-cursor-store';
import { PostgresIncidentStore } from './postgres-incident-store';
import { PostgresInvestigationStore } from './postgres-investigation-store';
import { PostgresProjectStore } from './postgres-project-store';
import { PostgresRuleStateStore } from './postgres-rule-state-store';
import { PostgresRuleStore } from './postgres-rule-store';
import { PostgresSharedClock } from './postgres-shared-clock';
import { PostgresSnapshotStore } from './postgres-snapshot-store';

const projectId = asId<ProjectId>('p');
const scope = scopeOfProject(projectId);
const page = { limit: 1 };
const rule = ruleOf(scope);
const state = { ruleId: rule.id, labels: {}, state: { phase: 'inactive' }, evaluatedAtMs: 0 } as const;
const key: ApiKey = {
  id: asId('k'),
  projectId,
  name: 'n',
  prefix: 'ops',
  permissions: [],
  createdAtMs: 0,
};
const channel: Channel = {
  id: asId('c'),
  projectId,
  name: 'n',
  enabled: true,
  kind: 'webhook',
  url: 'http://hooks.example',
  secret: 's',
  createdAtMs: 0,
};
const investigation: Investigation = {
  id: asId('v'),
  projectId,
  incidentId: asId('i'),
  status: 'running',
  requestedBy: 'opspilot',
  startedAtMs: 0,
};
const evidence: Evidence = {
  id: asId('e'),
  investigationId: investigation.id,
  label: 'E1',
  kind: 'alert',
  summary: '',
  query: '',
  result: null,
  observedAtMs: 0,
};
const snapshot: Snapshot = {
  id: asId('s'),
  projectId,
  trigger: 'manual',
  takenAtMs: 0,
  range: { fromMs: 0, toMs: 1 },
  countByLevel: {},
  services: [],
  topPatterns: [],
  metrics: [],
  queues: [],
  openIncidents: 0,
};

/** Every method of every catalog store. */
function callsOf(pool: Pool): Readonly<Record<string, Readonly<Record<string, () => Promise<unknown>>>>> {
  const projects = new PostgresProjectStore(pool);
  const keys = new PostgresApiKeyStore(pool);
  const rules = new PostgresRuleStore(pool);
  const states = new PostgresRuleStateStore(pool);
  const cursors = new PostgresEvaluationCursorStore(pool);
  const channels = new PostgresChannelStore(pool);
  const incidents = new PostgresIncidentStore(pool);
  const investigations = new PostgresInvestigationStore(pool);
  const snapshots = new PostgresSnapshotStore(pool);
  const { id: investigationId, incidentId } = investigation;
  return {
    ProjectStore: {
      create: () => projects.create({ id: projectId, name: 'n', createdAtMs: 0 }),
      find: () => projects.find(projectId),
      listAfter: () => projects.listAfter(undefined, 1),
    },
    ApiKeyStore: {
      create: () => keys.create(scope, key, 'hash'),
      findByHash: () => keys.findByHash('hash'),
      list: () => keys.list(scope, page),
      revoke: () => keys.revoke(scope, key.id, 0),
    },
    RuleStore: {
      create: () => rules.create(scope, rule, 1),
      find: () => rules.find(scope, rule.id),
      list: () => rules.list(scope, page),
      change: () => rules.change(scope, rule.id, (stored) => stored),
      delete: () => rules.delete(scope, rule.id),
      listEnabled: () => rules.listEnabled(scope, 10),
    },
    RuleStateStore: {
      load: () => states.load(scope, [rule.id]),
      save: () => states.save(scope, 0, [state], []),
      transitionsAt: () => states.transitionsAt(scope, 0, [rule.id]),
    },
    SharedClock: {
      now: () => new PostgresSharedClock(pool).now(),
    },
    EvaluationCursorStore: {
      load: () => cursors.load(scope, 10),
      advance: () => cursors.advance(scope, 10, 0),
    },
    ChannelStore: {
      create: () => channels.create(scope, channel, 1),
      find: () => channels.find(scope, channel.id),
      list: () => channels.list(scope, page),
      delete: () => channels.delete(scope, channel.id),
    },
    IncidentStore: {
      openOrJoin: () => incidents.openOrJoin(scope, transitionOf(scope), incidentId),
      findByEpisode: () => incidents.findByEpisode(scope, 'e'),
      append: () => incidents.append(scope, incidentId, []),
      find: () => incidents.find(scope, incidentId),
      list: () => incidents.list(scope, {}, page),
      timeline: () => incidents.timeline(scope, incidentId, page),
      rebuild: () => incidents.rebuild(scope, incidentId),
    },
    InvestigationStore: {
      create: () => investigations.create(scope, investigation),
      update: () => investigations.update(scope, investigation),
      find: () => investigations.find(scope, investigationId),
      listByIncident: () => investigations.listByIncident(scope, incidentId, page),
      addEvidence: () => investigations.addEvidence(scope, [evidence]),
      listEvidence: () => investigations.listEvidence(scope, investigationId),
      findEvidence: () => investigations.findEvidence(scope, evidence.id),
    },
    SnapshotStore: {
      save: () => snapshots.save(scope, snapshot),
      find: () => snapshots.find(scope, snapshot.id),
      list: () => snapshots.list(scope, page),
    },
  };
}

describe('the catalog, when PostgreSQL does not answer', () => {
  const pool = createPool({
    url: 'postgres://postgres@127.0.0.1:1/postgres',
    size: 1,
    statementTimeoutMs: 1000,
    applicationName: 'test',
  });
  afterAll(() => pool.end());

  const calls = Object.entries(callsOf(pool)).flatMap(([store, methods]) =>
    Object.entries(methods).map(([method, call]) => [`${store}.${method}`, call] as const),
  );

  it.each(calls)('%s says that an engine is unavailable, and when to come back', async (_method, call) => {
    await expect(call()).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'OPS_ENGINE_UNAVAILABLE',
      retryAfterSeconds: expect.any(Number),
    });
  });
});
