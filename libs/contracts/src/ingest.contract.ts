import { z } from 'zod';
import { MAX_SERVICE_NAME_LENGTH } from '../../core/src/ingest/read-service-name';
import {
  MAX_MAGNITUDE,
  MAX_METRIC_NAME_LENGTH,
  MAX_SERIES_BYTES,
  MAX_TAG_KEY_LENGTH,
  MAX_TAG_VALUE_LENGTH,
  MAX_TAGS,
} from '../../core/src/metrics/to-sample';

/** More rejected records, or records with notes, are counted and not listed: an answer stays small whatever was sent. */
export const MAX_LISTED_RECORDS = 100;

const SAMPLE_LIMITS =
  `. A value lies between -${MAX_MAGNITUDE} and ${MAX_MAGNITUDE}, a name has up to ${MAX_METRIC_NAME_LENGTH} characters, a service ` +
  `${MAX_SERVICE_NAME_LENGTH}; there are up to ${MAX_TAGS} tags with keys of up to ${MAX_TAG_KEY_LENGTH} characters and values of up to ` +
  `${MAX_TAG_VALUE_LENGTH}, and name, service and tags have up to ${MAX_SERIES_BYTES} bytes of UTF-8 together`;

const records = (name: string, example: object, limits = '') =>
  z
    .array(z.unknown())
    .describe(
      `The ${name}, each checked by itself: what is wrong with one does not concern the others${limits}`,
    )
    .meta({ examples: [[example]] });

/** The body of POST /api/ingest/logs, or the bare array. */
export const logsEnvelope = z.object({
  logs: records('log records', {
    level: 'ERROR',
    message: 'Database connection failed',
    service: 'api',
    timestamp: '2024-01-01T12:00:00Z',
    context: { error_code: 'DB_001' },
    trace_id: 'abc123',
  }),
});

/** The body of POST /api/ingest/metrics, or the bare array. */
export const metricsEnvelope = z.object({
  metrics: records(
    'samples',
    {
      name: 'latency_ms_p95',
      value: 125.5,
      service: 'api',
      timestamp: '2024-01-01T12:00:00Z',
      tags: { endpoint: '/users', method: 'GET' },
    },
    SAMPLE_LIMITS,
  ),
});

/** The body of POST /api/ingest/events, or the bare array. */
export const eventsEnvelope = z.object({
  events: records('change events', {
    kind: 'deploy',
    service: 'checkout',
    title: 'checkout v2.4.1',
    version: 'v2.4.1',
    timestamp: '2024-01-01T12:00:00Z',
    link: 'https://ci.example/builds/7',
  }),
});

const index = z
  .int()
  .describe('Place of the record in the request, from 0')
  .meta({ examples: [3] });

/** The answer with status 202: everything accepted is on disk. */
export const ingestResponse = z.object({
  batch_id: z
    .string()
    .describe('Names this batch; the same for a repeated request with the same Idempotency-Key')
    .meta({ examples: ['0k3v9q2m1c'] }),
  request_id: z
    .string()
    .describe('Stands in the log lines of this request too')
    .meta({ examples: ['6f1b7a52-0d0c-4c0b-9b1e-0f8f5f0c2a11'] }),
  accepted: z
    .int()
    .describe('Records that are on disk and will be stored')
    .meta({ examples: [998] }),
  rejected: z
    .int()
    .describe('Records that were refused')
    .meta({ examples: [2] }),
  errors: z
    .array(
      z.object({
        index,
        field: z
          .string()
          .optional()
          .describe('The field that is wrong; absent where the whole record is')
          .meta({ examples: ['message'] }),
        reason: z
          .string()
          .describe('What is wrong with it')
          .meta({ examples: ['is missing'] }),
      }),
    )
    .describe(`Why records were refused, for the first ${MAX_LISTED_RECORDS} of them`)
    .meta({ examples: [[{ index: 3, field: 'message', reason: 'is missing' }]] }),
  errors_omitted: z
    .int()
    .describe('Refused records that are not listed')
    .meta({ examples: [0] }),
  notes: z
    .array(
      z.object({
        index,
        notes: z
          .array(z.string())
          .describe('What was changed, in words')
          .meta({ examples: [['level: not known; info was assumed and the original kept']] }),
      }),
    )
    .describe(`What was changed in accepted records, for the first ${MAX_LISTED_RECORDS} of them`)
    .meta({ examples: [[{ index: 7, notes: ['message: 1 secret was redacted'] }]] }),
  notes_omitted: z
    .int()
    .describe('Changed records that are not listed')
    .meta({ examples: [0] }),
});

export type IngestResponse = z.output<typeof ingestResponse>;
