import type { ActivityOptions } from '@temporalio/workflow';
import * as activityOptions from './activity-options';

const OPTIONS: readonly (readonly [name: string, options: ActivityOptions])[] = Object.entries(
  activityOptions,
).map(([name, options]) => [name, typeof options === 'function' ? options(1000) : options]);

describe('activities', () => {
  it.each(OPTIONS)('are not retried without end: %s', (_name, { retry, scheduleToCloseTimeout }) => {
    expect(retry?.maximumAttempts ?? scheduleToCloseTimeout).toBeDefined();
  });
});
