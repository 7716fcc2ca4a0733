import { z } from 'zod';

const healthCheckResponse = z.object({
  name: z
    .string()
    .describe('What was asked')
    .meta({ examples: ['postgres'] }),
  status: z
    .enum(['up', 'down'])
    .describe('Whether it answered in time')
    .meta({ examples: ['up'] }),
  ms: z
    .number()
    .describe('How long it took, in milliseconds')
    .meta({ examples: [3] }),
  reason: z
    .string()
    .optional()
    .describe('Why it is down')
    .meta({ examples: ['did not answer within 2000 ms'] }),
});

const roles = z
  .array(z.string())
  .describe('The roles that this process plays')
  .meta({ examples: [['api']] });
const checks = z
  .array(healthCheckResponse)
  .describe('Everything that the roles depend on')
  .meta({ examples: [[{ name: 'postgres', status: 'up', ms: 3 }]] });

export const healthResponse = z.object({
  status: z
    .enum(['ok', 'degraded'])
    .describe('degraded where something that it depends on does not answer')
    .meta({ examples: ['ok'] }),
  roles,
  version: z
    .string()
    .describe('Version of OpsPilot')
    .meta({ examples: ['0.1.0'] }),
  timestamp: z
    .string()
    .describe('Now')
    .meta({ examples: ['2026-01-15T12:00:00.000Z'] }),
  uptime_seconds: z
    .int()
    .describe('Since the process started')
    .meta({ examples: [3600] }),
  checks,
});

export const readinessResponse = z.object({
  ready: z
    .boolean()
    .describe('Whether all checks are up')
    .meta({ examples: [true] }),
  roles,
  checks,
});
