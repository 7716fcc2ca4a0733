import { ApplicationFailure } from '@temporalio/common';
import { OpsError } from '../../../libs/core/src/common/errors';
import { createLogger } from '../../../libs/observability/src/logger';
import { toActivityFailure } from '../../../workflows/shared/activity-failure';
import { toTemporalLogger } from './to-temporal-logger';

const away = (detail: string) =>
  toActivityFailure(new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', detail));

function start() {
  const lines: string[] = [];
  const destination = {
    write: (line: string) => {
      const { level, msg, err } = JSON.parse(line) as {
        level: string;
        msg: string;
        err?: { message: string };
      };
      lines.push([level, msg, ...(err === undefined ? [] : [err.message.split(':')[0]])].join(' '));
    },
  };
  const clock = { nowMs: 0 };
  const logger = createLogger({ level: 'info', role: 'test', destination });
  return { lines, clock, temporal: toTemporalLogger(logger, { now: () => clock.nowMs }) };
}

describe('the log lines of the Temporal worker', () => {
  it('say once that an activity lacks its engine, and again when it had succeeded in between', () => {
    const { lines, temporal } = start();
    const fail = (activityType: string, detail: string) =>
      temporal.warn('Activity failed', { activityType, error: away(detail), durationMs: 3 });
    fail('evaluateShard', 'the database does not answer');
    fail('evaluateShard', 'the database does not answer');
    fail('listProjects', 'the database does not answer');
    fail('evaluateShard', 'the database refuses the password');
    fail('evaluateShard', 'the database refuses the password');
    temporal.debug('Activity completed', { activityType: 'evaluateShard', durationMs: 3 });
    fail('evaluateShard', 'the database refuses the password');
    expect(lines).toEqual([
      'warn Activity failed the database does not answer',
      'warn Activity failed the database does not answer',
      'warn Activity failed the database refuses the password',
      'warn Activity failed the database refuses the password',
    ]);
  });

  it('warn of nothing where all is as it is meant to be', () => {
    const { lines, temporal } = start();
    temporal.warn('No workflows registered, not polling for workflow tasks', { taskQueue: 'opspilot-model' });
    expect(lines).toEqual([]);
  });

  it('say of every other failure each time that it happened', () => {
    const { lines, temporal } = start();
    for (const error of [
      new Error('a bug'),
      ApplicationFailure.create({ message: 'a bug', type: 'invalid' }),
    ])
      for (let attempt = 1; attempt <= 2; attempt++)
        temporal.warn('Activity failed', { activityType: 'evaluateShard', error });
    expect(lines).toEqual(Array.from({ length: 4 }, () => 'warn Activity failed a bug'));
  });

  it('say every half minute that the server does not answer', () => {
    const { lines, clock, temporal } = start();
    for (clock.nowMs = 0; clock.nowMs <= 60_000; clock.nowMs += 10_000)
      temporal.warn('gRPC call retried', { target: 'temporalio_client::retry' });
    expect(lines).toHaveLength(3);
  });

  it('leave its housekeeping to those who look for it', () => {
    const { lines, temporal } = start();
    temporal.info('Worker state changed');
    temporal.error('Worker failed');
    expect(lines).toEqual(['error Worker failed']);
  });
});
