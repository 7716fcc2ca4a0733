import { z } from 'zod';

const seconds = z.number().min(0).max(3600);
const step = z.strictObject({ service: z.string(), level: z.string(), message: z.string() });
const flow = z.strictObject({
  name: z.string(),
  rate: z.number().positive().max(100),
  steps: z.array(step).min(1),
});
const changeEvent = z.strictObject({
  kind: z.enum(['deploy', 'config', 'flag', 'scale', 'other']),
  service: z.string(),
  title: z.string(),
  version: z.string().optional(),
});

export const shopSchema = z.strictObject({
  services: z.array(z.string()).min(1),
  metrics: z.array(
    z.strictObject({ service: z.string(), metric: z.string(), value: z.number(), noise: z.number().min(0) }),
  ),
  flows: z.array(flow),
});

export const scenarioSchema = z.strictObject({
  title: z.string(),
  description: z.string(),
  shop: z.string(),
  live_seconds: z.strictObject({ before: seconds, fault: seconds }),
  earlier_events: z.array(changeEvent.extend({ minutes_before: z.number().positive() })).default([]),
  fault: z.strictObject({
    events: z.array(changeEvent.extend({ after: seconds })).default([]),
    metrics: z.array(
      z.strictObject({
        service: z.string(),
        metric: z.string(),
        to: z.number(),
        over: seconds,
        after: seconds,
      }),
    ),
    flows: z.array(flow.extend({ after: seconds })).default([]),
    stop_flows: z.array(z.strictObject({ name: z.string(), after: seconds })).default([]),
  }),
  /** Bodies of POST /api/rules, checked there. */
  rules: z.array(z.record(z.string(), z.unknown())),
  expect: z.discriminatedUnion('incident', [
    z.strictObject({ incident: z.literal(true), service: z.string(), cause_kind: z.string() }),
    z.strictObject({ incident: z.literal(false) }),
  ]),
});

export type Shop = z.output<typeof shopSchema>;
export type Scenario = z.output<typeof scenarioSchema> & { readonly name: string; readonly shop: string };
export type Flow = z.output<typeof flow>;
