import { z } from 'zod';
import type { LiveFilter } from '../../core/src/logs/live-feed.port';
import { levels } from './common.contract';
import type { LogLine } from './log-batch.message';
import { logRecordFields, toRecordFilter } from './logs.contract';

export const logStreamParameters = z.strictObject({
  ...logRecordFields,
  level: levels('Only records of exactly these levels').optional(),
});

/** Errors: OpsError `invalid` for two different services. */
export function toLiveFilter(written: z.output<typeof logStreamParameters>): LiveFilter {
  return toRecordFilter(written);
}

/** A canonical record in the shape of Flywatch's log events, with its id; what a record does not know is left out. */
export function toSeedEvent(line: string) {
  // Written by log-batch.message.ts and by nobody else.
  const record = JSON.parse(line) as LogLine;
  const { instance, region } = record.context ?? {};
  return {
    id: record.id,
    event: { provider: record.source },
    fly: {
      app: { name: record.service_name, ...(instance !== undefined && { instance: String(instance) }) },
      ...(region !== undefined && { region: String(region) }),
    },
    log: { level: record.level },
    message: record.message,
    timestamp: record.timestamp,
  };
}
