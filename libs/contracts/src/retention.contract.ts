import { z } from 'zod';
import { toIso } from '../../core/src/common/time-range';
import type { Retention } from '../../core/src/projects/retention';
import { field } from './common.contract';

const MAX_DAYS = 36_500;
const ALLOWED = `a whole number from 0 to ${MAX_DAYS}; 0 keeps them for ever`;

const ownDays = (what: string) =>
  field(
    z.int().min(0).max(MAX_DAYS).nullable(),
    `Whole days that ${what} are kept besides today, by their own timestamps: ${ALLOWED}; null keeps them as the installation does`,
    30,
  );

const supposedDays = (what: string) =>
  field(z.string().max(20), `What if ${what} were kept for so many days: ${ALLOWED}`, '30')
    .transform((written, context) => {
      const days = /^\d+$/.test(written) ? Number(written) : NaN;
      if (days <= MAX_DAYS) return days;
      context.addIssue({
        code: 'custom',
        message: 'is not a number of days',
        params: { allowed: ALLOWED },
      });
      return z.NEVER;
    })
    .optional();

/** Both have to be said: what is left out of a PUT is gone, and here that could be records. */
export const retentionRequest = z.strictObject({
  log_days: ownDays('log records'),
  metric_days: ownDays('samples'),
});

export const retentionParameters = z.strictObject({
  log_days: supposedDays('log records'),
  metric_days: supposedDays('samples'),
});

const retainedFields = {
  days: field(z.int(), 'Whole days that they are kept besides today; 0 for ever', 30),
  own_days: field(z.int().nullable(), "The project's own number; null where it has none", 30),
  default_days: field(z.int(), 'That of the installation, for projects that have none', 0),
  kept_from: field(
    z.string().nullable(),
    'Those that are older are deleted within the hour; null where none are',
    '2026-01-15T00:00:00.000Z',
  ),
  oldest: field(
    z.string().nullable(),
    'The oldest that there is; null where there is none',
    '2026-01-15T00:00:01.250Z',
  ),
};

export const retentionResponse = z
  .object({
    logs: field(
      z.object({
        ...retainedFields,
        to_delete: field(z.int(), 'How many there are now that are older', 0),
      }),
      'Log records',
      {},
    ),
    metrics: field(
      z.object({
        ...retainedFields,
        has_to_delete: field(
          z.boolean(),
          'Whether there are older ones; counting them would take reading them',
          false,
        ),
      }),
      'Samples of metrics',
      {},
    ),
  })
  .meta({ id: 'Retention' });

/** What is kept, and since when there is something. */
export interface RetainedState {
  readonly days: number;
  readonly keptFromMs: number | undefined;
  readonly oldestMs: number | undefined;
}

export interface RetentionState {
  readonly own: Partial<Retention>;
  readonly defaults: Retention;
  readonly logs: RetainedState & { readonly toDelete: number };
  readonly metrics: RetainedState;
}

export function toRetention(written: z.output<typeof retentionRequest>): Partial<Retention> {
  const { log_days: logs, metric_days: metrics } = written;
  return { ...(logs !== null && { logs }), ...(metrics !== null && { metrics }) };
}

export function toRetentionResponse({ own, defaults, logs, metrics }: RetentionState) {
  const { keptFromMs, oldestMs } = metrics;
  return {
    logs: { ...toRetained(logs, own.logs, defaults.logs), to_delete: logs.toDelete },
    metrics: {
      ...toRetained(metrics, own.metrics, defaults.metrics),
      has_to_delete: keptFromMs !== undefined && oldestMs !== undefined && oldestMs < keptFromMs,
    },
  };
}

function toRetained(
  { days, keptFromMs, oldestMs }: RetainedState,
  own: number | undefined,
  defaults: number,
) {
  return {
    days,
    own_days: own ?? null,
    default_days: defaults,
    kept_from: keptFromMs === undefined ? null : toIso(keptFromMs),
    oldest: oldestMs === undefined ? null : toIso(oldestMs),
  };
}
