import { newScope } from '../../../test/support/new-scope';
import { loadConfig } from '../../../libs/config/src/load-config';
import { encodeLines } from '../../../libs/contracts/src/ndjson';
import { OpsError } from '../../../libs/core/src/common/errors';
import { IngestQueue } from '../../../libs/core/src/ingest/ingest-queue.port';
import { createLogger } from '../../../libs/observability/src/logger';
import { createMetricsRegistry } from '../../../libs/observability/src/metrics';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { AppConfig } from '../../../libs/runtime/src/app-config';
import { EvaluationRequests } from '../../../libs/runtime/src/evaluation-requests.provider';
import { ErrorHints } from './error-hints';

const START = Date.UTC(2026, 0, 15, 12);
const scope = newScope();
const errors = (count: number) => encodeLines(Array.from({ length: count }, () => ({ level: 'error' })));

function given(environment: Record<string, string> = {}) {
  const published: string[] = [];
  const world = { nowMs: START, aheadMs: 0, waiting: 0, isDown: false, published };
  const queue: Pick<IngestQueue, 'depth' | 'publish'> = {
    depth: async () => {
      if (world.isDown) throw new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', 'down');
      return { messages: world.waiting, bytes: 0, oldestAgeMs: 0, deadLetters: 0 };
    },
    publish: async ({ projectId }, name, ...messages) => {
      for (const { ndjson } of messages)
        published.push(`${projectId} ${name} ${new TextDecoder().decode(ndjson)}`);
    },
  };
  const sharedClock = { now: async () => world.nowMs - world.aheadMs };
  const config = new AppConfig(loadConfig({ environment: { EVALUATION_REQUESTS_MAX: '5', ...environment } }));
  const metrics = createMetricsRegistry('test', { runtimeMetrics: false });
  const requests = new EvaluationRequests(queue as IngestQueue, sharedClock, config, metrics);
  const log = createLogger({ level: 'silent', role: 'test' });
  const hints = new ErrorHints(requests, config, new AppClock({ now: () => world.nowMs }), log);
  const total = (outcome: string) =>
    metrics.total('opspilot_evaluation_requests_total', { origin: 'hint', outcome });
  return { world, hints, total };
}

describe('ErrorHints', () => {
  it('asks once for the project whose errors have jumped, and again only after the gap', async () => {
    const { world, hints, total } = given({ EVALUATION_HINT_SECONDS: '60' });
    for (const second of [60, 61, 100]) {
      world.nowMs = START + second * 1000;
      await hints.note(scope, errors(100));
    }
    const line = '{"origin":"hint","requested_at":"2026-01-15T12:01:00.000Z"}';
    expect(world.published.splice(0)).toEqual([`${scope.projectId} alerts.evaluate ${line}\n`]);
    world.nowMs = START + 1000_000;
    await hints.note(scope, errors(100));
    expect(world.published).toHaveLength(1);
    expect(await total('queued')).toBe(2);
  });

  it('asks as of the clock that all processes share, not of its own', async () => {
    const { world, hints } = given();
    world.aheadMs = 3_600_000;
    world.nowMs = START + 3_660_000;
    await hints.note(scope, errors(100));
    expect(world.published).toEqual([
      expect.stringContaining('{"origin":"hint","requested_at":"2026-01-15T12:01:00.000Z"}'),
    ]);
  });

  it('asks for nothing where hints are switched off, or errors are few', async () => {
    const off = given({ EVALUATION_HINT_SECONDS: '0' });
    off.world.nowMs += 60_000;
    await off.hints.note(scope, errors(100));
    expect(off.world.published).toEqual([]);
    const few = given();
    few.world.nowMs += 60_000;
    await few.hints.note(scope, errors(3));
    expect(few.world.published).toEqual([]);
  });

  it('leaves it to the schedule where the queue is full or away', async () => {
    const { world, hints, total } = given();
    world.nowMs += 60_000;
    world.waiting = 5;
    await hints.note(scope, errors(100));
    expect([world.published, await total('refused')]).toEqual([[], 1]);
    world.nowMs += 1000_000;
    world.isDown = true;
    await hints.note(scope, errors(100));
    expect(world.published).toEqual([]);
  });
});
