import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { asId, type Fingerprint, type LogPatternId } from '../../../libs/core/src/common/ids';
import { clusterMessages } from '../../../libs/core/src/logs/cluster-messages';
import type { LogPattern } from '../../../libs/core/src/logs/log-pattern';
import type { LogPatternLabel } from '../../../libs/core/src/logs/log-pattern-label';
import type { FingerprintCount, LogFilter } from '../../../libs/core/src/logs/log-query';
import { createApiApp } from '../../../test/support/api-app';
import { get, send } from '../../../test/support/api-requests';
import { expectProblem } from '../../../test/support/expect-problem';
import { KeysInMemory } from '../../../test/support/keys-in-memory';

const NOW = Date.parse('2026-01-15T12:00:00Z');
const HOUR = 3_600_000;
const asked: LogFilter[] = [];
const own = new Map<string, LogPatternLabel>();
const keys = new KeysInMemory();
let app: NestFastifyApplication;

const countOf = (
  fingerprint: string,
  count: number,
  example: string,
  serviceName = 'api',
): FingerprintCount => ({
  fingerprint: asId<Fingerprint>(fingerprint),
  serviceName,
  level: 'error',
  count,
  firstAtMs: NOW - HOUR / 2,
  lastAtMs: NOW - 1000,
  example,
  exampleId: `id-${fingerprint}`,
});

const timedOut: LogPattern = {
  id: asId<LogPatternId>('P'),
  template: 'connection to <name> timed out',
  wildcards: [{ kind: 'num', sampled: 2, distinct: 2, topValues: [['3', 2]], range: [3, 9] }],
  level: 'error',
  services: ['api'],
  count: 100,
  firstAtMs: NOW - 5 * HOUR,
  lastAtMs: NOW,
  fingerprints: 2,
  examples: [],
  lastChange: { kind: 'surging', atMs: NOW, score: 5, currentPerMinute: 9, baselinePerMinute: 1 },
};
const current = [
  countOf('f1', 30, 'connection to db-a timed out'),
  countOf('f2', 12, 'connection to db-b timed out', 'web'),
  countOf('f3', 20, 'card 17 declined'),
];
const baseline = [countOf('f1', 40, 'connection to db-a timed out'), countOf('f4', 25, 'cache refreshed')];

beforeAll(async () => {
  keys.add('reader');
  keys.add('writer', { permissions: ['read', 'write'], name: 'ada' });
  app = await createApiApp(
    {
      apiKeys: keys,
      logs: {
        countFingerprints: async (_scope, filter) => {
          asked.push(filter);
          return filter.range.toMs === NOW ? current : baseline;
        },
        fingerprintVolume: async (_scope, filter, _bucketSeconds, fingerprints) =>
          fingerprints.flatMap((fingerprint) => [
            { fingerprint, startMs: filter.range.fromMs, count: 2 },
            { fingerprint, startMs: filter.range.fromMs + 60_000, count: 1 },
          ]),
      },
      patterns: {
        findByFingerprints: async (_scope, fingerprints) =>
          new Map(fingerprints.filter((one) => one === 'f1' || one === 'f2').map((one) => [one, timedOut])),
      },
      patternLabels: {
        list: async () => [...own.values()],
        save: async (_scope, label, most) => {
          if (own.size >= most) return false;
          own.set(label.label, label);
          return true;
        },
        delete: async (_scope, name) => own.delete(name),
      },
      mining: { cluster: async (messages) => clusterMessages(messages) },
    },
    NOW,
    { LOG_PATTERN_LABELS_MAX: 1 },
  );
});
beforeEach(() => own.clear());
afterAll(() => app.close());

describe('GET /api/logs/patterns', () => {
  it('merges fingerprints by the catalogue where it knows them, with trend, labels and examples', async () => {
    const answer = (await app.inject(get('/api/logs/patterns'))).json();
    expect(answer).toMatchObject({
      algorithm: { name: 'typed-skeletons', version: expect.any(Number) },
      time_bucket: '1m',
      complete: true,
      total: 2,
      patterns: [
        {
          id: 'P',
          template: 'connection to <name> timed out',
          catalogued: true,
          level: 'error',
          services: ['api', 'web'],
          count: 42,
          first_seen: '2026-01-15T07:00:00.000Z',
          last_seen: '2026-01-15T11:59:59.000Z',
          fingerprints: ['f1', 'f2'],
          labels: expect.arrayContaining(['timeout']),
          wildcards: [{ kind: 'num', distinct: 2, top_values: ['3'], min: 3, max: 9 }],
          last_change: { kind: 'surging', significance: 5 },
        },
        {
          id: 'f3',
          template: 'card <num> declined',
          catalogued: false,
          count: 20,
          wildcards: [],
          last_change: null,
        },
      ],
    });
    expect(answer.patterns[0].trend.slice(0, 4)).toEqual([4, 2, 0, 0]);
    expect(answer.patterns[0].trend).toHaveLength(60);
    expect(answer.patterns[0].examples).toHaveLength(2);
  });

  it('filters, and shows as many as asked for', async () => {
    const answer = await app.inject(get('/api/logs/patterns?limit=1&level=ERROR&service=api'));
    expect(answer.json().patterns).toHaveLength(1);
    expect(answer.json().total).toBe(2);
    expect(asked.at(-1)).toMatchObject({ levels: ['error'], serviceName: 'api' });
    await expectProblem(app, get('/api/logs/patterns?limit=1001'), 400, 'OPS_REQUEST_INVALID');
  });
});

describe('GET /api/logs/patterns/diff', () => {
  it('compares the last hour with the one before, by pattern', async () => {
    const answer = (await app.inject(get('/api/logs/patterns/diff'))).json();
    expect(answer).toMatchObject({
      algorithm: { name: 'poisson-rates', version: 1 },
      current: { start_time: '2026-01-15T11:00:00.000Z', end_time: '2026-01-15T12:00:00.000Z' },
      baseline: { start_time: '2026-01-15T10:00:00.000Z', end_time: '2026-01-15T11:00:00.000Z' },
      new: [{ id: 'f3', current_count: 20, baseline_count: 0, ratio: null }],
      gone: [{ id: 'f4', current_count: 0, baseline_count: 25, ratio: 0 }],
      surging: [],
      fading: [],
    });
    expect(answer.new[0].significance).toBeGreaterThan(3);
    expect(answer.gone[0].significance).toBeLessThan(-3);
  });

  it('takes any two windows, and refuses one that is empty', async () => {
    const query = 'start_time=now-10m&baseline_start_time=now-1d&baseline_end_time=now-23h';
    expect((await app.inject(get(`/api/logs/patterns/diff?${query}`))).json().baseline).toEqual({
      start_time: '2026-01-14T12:00:00.000Z',
      end_time: '2026-01-14T13:00:00.000Z',
    });
    const { problem } = await expectProblem(
      app,
      get('/api/logs/patterns/diff?baseline_start_time=now'),
      400,
      'OPS_REQUEST_INVALID',
    );
    expect(problem.errors[0]?.field).toBe('baseline_start_time');
  });

  it('compares with all there can be where the baseline is said to begin before all time', async () => {
    const query = 'baseline_start_time=now-99999999w&baseline_end_time=now-1h';
    const answer = await app.inject(get(`/api/logs/patterns/diff?${query}`));
    expect(answer.json()).toMatchObject({ baseline: { start_time: '1970-01-01T00:00:00.000Z' } });
  });
});

describe('/api/log-pattern-labels', () => {
  const label = { name: 'payment-declined', any_of: ['Card declined', 'declin*'] };

  it('adds a label that applies at once, lists it before the predefined ones, and deletes it', async () => {
    expect((await app.inject(send('POST', '/api/log-pattern-labels', label))).json()).toMatchObject({
      name: 'payment-declined',
      predefined: false,
      any_of: ['card declined', 'declin*'],
      created_at: '2026-01-15T12:00:00.000Z',
    });
    const listed = (await app.inject(get('/api/log-pattern-labels'))).json();
    expect(listed.labels[0].name).toBe('payment-declined');
    expect(listed.labels[1]).toMatchObject({ predefined: true, created_at: null });
    expect(listed.total).toBeGreaterThan(15);
    const { patterns } = (await app.inject(get('/api/logs/patterns'))).json();
    expect(patterns[1].labels).toEqual(['payment-declined']);
    expect((await app.inject(send('DELETE', '/api/log-pattern-labels/payment-declined'))).statusCode).toBe(
      204,
    );
    await expectProblem(
      app,
      send('DELETE', '/api/log-pattern-labels/payment-declined'),
      404,
      'OPS_LOG_LABEL_NOT_FOUND',
    );
  });

  it.each([
    [{ name: 'Not A Name', any_of: ['x'] }, 'name'],
    [{ name: 'timeout', any_of: ['x'] }, 'name'],
    [{ name: 'empty' }, 'any_of'],
    [{ name: 'odd', any_of: ['a.*b'] }, 'any_of[0]'],
  ])('refuses %j', async (body, field) => {
    const { problem } = await expectProblem(
      app,
      send('POST', '/api/log-pattern-labels', body),
      400,
      'OPS_REQUEST_INVALID',
    );
    expect(problem.errors[0]?.field).toBe(field);
  });

  it('refuses one too many, and a key that may only read', async () => {
    await app.inject(send('POST', '/api/log-pattern-labels', label));
    const other = { ...label, name: 'other' };
    await expectProblem(app, send('POST', '/api/log-pattern-labels', other), 422, 'OPS_LOG_LABEL_LIMIT');
    await expectProblem(
      app,
      send('POST', '/api/log-pattern-labels', other, 'reader'),
      403,
      'OPS_AUTH_MISSING_SCOPE',
    );
  });
});

describe('POST /ai/cluster', () => {
  it('clusters what is sent, in the shape of the seed', async () => {
    const logs = [
      { message: 'Login failed for user 17', level: 'ERROR' },
      { message: 'Login failed for user 18', level: 'ERROR' },
      { message: 'started' },
    ];
    const answer = await app.inject(send('POST', '/ai/cluster', { logs }, 'reader'));
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      {
        algorithm: { name: 'typed-skeletons', version: expect.any(Number) },
        clusters: [
          {
            pattern: 'Login failed for user <num>',
            count: 2,
            labels: ['auth-failure'],
            logs: logs.slice(0, 2),
          },
          { pattern: 'started', count: 1, labels: [], logs: [{ message: 'started' }] },
        ],
      },
    ]);
    expect((await app.inject(send('POST', '/ai/cluster', { logs: [] }, 'reader'))).json().clusters).toEqual(
      [],
    );
  });

  it.each([
    [{}, 'logs'],
    [{ logs: [{ level: 'ERROR' }] }, 'logs[0].message'],
  ])('refuses what is not messages', async (body, field) => {
    const { problem } = await expectProblem(
      app,
      send('POST', '/ai/cluster', body),
      400,
      'OPS_REQUEST_INVALID',
    );
    expect(problem.errors[0]?.field).toBe(field);
  });
});
