import { z } from 'zod';
import { isPlainHttpUrl } from '../../core/src/common/is-plain-http-url';

const KIB = 1024;
const MIB = 1024 * KIB;
const POSTGRES_EXAMPLE = 'postgres://user:password@host:5432/name';

/** What has bounds is no secret: what was given is shown where it is wrong. */
function wholeNumber(defaultValue: number, min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^-?\d+$/, error)
    .transform(Number)
    .pipe(z.number(error).min(min, error).max(max, error))
    .prefault(String(defaultValue))
    .meta({ default: String(defaultValue), bounds: `${min} to ${max}` });
}

function flag(defaultValue: boolean) {
  return z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .transform((text) => text === 'true')
    .prefault(defaultValue ? 'true' : 'false')
    .meta({ default: String(defaultValue), bounds: 'true, false' });
}

function oneOf<const Words extends readonly [string, ...string[]]>(words: Words, defaultWord: Words[number]) {
  const bounds = words.join(', ');
  return z
    .enum(words, { error: `must be one of ${bounds}` })
    .prefault(defaultWord)
    .meta({ default: defaultWord, bounds });
}

/** What most often keeps a URL from being one is a password with a `#` or a `/` in it. */
function engineUrl(example: string) {
  const error = `must be a URL such as ${example}, with special characters of a password percent-encoded`;
  return z
    .string()
    .refine((text) => URL.canParse(text), { error, abort: true })
    .refine(isDecodable, `${error}: a % in it as %25`);
}

/** Whether the engines' clients can decode it: a password with a % passes for a URL and makes them throw. */
function isDecodable(url: string): boolean {
  const { username, password, pathname } = new URL(url);
  try {
    for (const part of [username, password, pathname]) decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

/** Such as temporal:7233: what Temporal's client takes. */
function isHostAndPort(text: string): boolean {
  const port = Number(/^[^\s:/]+:(\d{1,5})$/.exec(text)?.[1]);
  return port >= 1 && port <= 65_535;
}

const httpUrl = z
  .string()
  .refine(isPlainHttpUrl, 'must be an http or https URL without user name and password');

/** Every variable that OpsPilot reads, with its default and its bounds. The README's table is checked against it. */
export const envSchema = z.object({
  OPSPILOT_HOME: z.string().min(1).default('.opspilot').describe('Folder of all state in embedded mode'),
  HOST: z.string().min(1).default('127.0.0.1').describe('Address that HTTP listens on'),
  PORT: wholeNumber(3000, 0, 65_535).describe('Port of this process; 0 takes a free one'),
  PUBLIC_URL: httpUrl
    .optional()
    .describe('How people reach OpsPilot, for links in notifications; default http://HOST:PORT'),
  OPSPILOT_URL: httpUrl
    .optional()
    .describe(
      'Where commands such as `opspilot send` find OpsPilot; default: what `npm start` left in OPSPILOT_HOME',
    ),
  OPSPILOT_API_KEY: z.string().min(1).optional().describe('The key that those commands use'),
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info').describe(
    "Least level of OpsPilot's own log lines",
  ),
  SHUTDOWN_TIMEOUT_SECONDS: wholeNumber(20, 1, 600).describe('How long a stop waits for work under way'),

  DATABASE_URL: engineUrl(POSTGRES_EXAMPLE).optional().describe('Catalog; default: the embedded PostgreSQL'),
  LOG_STORE_URL: engineUrl('http://host:9200')
    .optional()
    .describe('Where log records are kept; default DATABASE_URL'),
  LOG_STORE_INDEX_PREFIX: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,99}$/, 'must be lower-case letters, digits, _ and -, at most 100')
    .default('logs')
    .describe('What the names of the indices on OpenSearch begin with, to share one cluster'),
  LOG_STORE_TIMEOUT_MS: wholeNumber(30_000, 100, 600_000).describe(
    'Longest wait for an answer of OpenSearch',
  ),
  LOG_STORE_CONNECTIONS: wholeNumber(10, 2, 200).describe('Connections to OpenSearch per process'),
  METRIC_STORE_URL: engineUrl(POSTGRES_EXAMPLE)
    .optional()
    .describe('Where samples are kept; default DATABASE_URL'),
  QUEUE_URL: engineUrl('amqp://user:password@host:5672')
    .optional()
    .describe('Ingest queue and live feed: postgres:// or amqp://; default DATABASE_URL'),
  CACHE_URL: engineUrl('redis://:password@host:6379')
    .default('memory:')
    .describe(
      'Where rate limits and kept answers are: redis://… or rediss://…, or memory: for each process by itself',
    ),
  CACHE_TIMEOUT_MS: wholeNumber(100, 5, 5000).describe(
    'A request goes on without the cache when it does not answer by then',
  ),
  OBJECT_STORE_URL: engineUrl('s3://KEY:SECRET@host/bucket')
    .optional()
    .describe(
      'Where files such as runbooks are: s3://KEY:SECRET@HOST/BUCKET?region=… (s3+http: without TLS) or file:///folder; default: objects in OPSPILOT_HOME',
    ),
  OBJECT_STORE_TIMEOUT_MS: wholeNumber(10_000, 100, 120_000).describe(
    'Longest wait for an answer of S3; there are three attempts',
  ),
  OBJECT_MAX_BYTES: wholeNumber(16 * MIB, KIB, 1024 * MIB).describe('Largest file in the object store'),
  DATABASE_POOL_SIZE: wholeNumber(10, 2, 200).describe('Connections to each PostgreSQL per process'),
  DATABASE_STATEMENT_TIMEOUT_MS: wholeNumber(30_000, 100, 600_000).describe('Longest statement'),

  TEMPORAL_ADDRESS: z
    .string()
    .refine(isHostAndPort, 'must be HOST:PORT, with a port from 1 to 65535')
    .optional()
    .describe("A running Temporal server; default: Temporal's dev server, started in embedded mode"),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default').describe('Temporal namespace'),
  TEMPORAL_UI_URL: httpUrl.optional().describe('Shown to people beside TEMPORAL_ADDRESS'),

  INGEST_MAX_BODY_BYTES: wholeNumber(8 * MIB, KIB, 256 * MIB).describe('Largest request body as sent'),
  INGEST_MAX_INFLATED_BYTES: wholeNumber(32 * MIB, KIB, 1024 * MIB).describe(
    'Largest request body after decompression',
  ),
  INGEST_MAX_RECORDS: wholeNumber(10_000, 1, 100_000).describe('Most records in one request'),
  INGEST_MAX_MESSAGE_BYTES: wholeNumber(256 * KIB, KIB, MIB).describe('Longer messages are cut, with a note'),
  INGEST_MAX_CONTEXT_FIELDS: wholeNumber(128, 1, 1024).describe(
    'Further context fields are dropped, with a note',
  ),
  INGEST_MAX_FUTURE_SECONDS: wholeNumber(600, 0, 86_400).describe(
    'A later timestamp is replaced by the time of arrival, with a note',
  ),
  INGEST_COALESCE_MS: wholeNumber(2, 0, 1000).describe(
    'A small request waits at most this long for others to share its message, while one is under way',
  ),
  INGEST_MAX_PENDING_BYTES: wholeNumber(64 * MIB, MIB, 16_384 * MIB).describe(
    'Request bodies under way in one process, in all; above, requests are answered with 429. As much may be made of them; above, requests wait',
  ),
  IDEMPOTENCY_RETENTION_HOURS: wholeNumber(24, 1, 720).describe('How long an Idempotency-Key is remembered'),

  RATE_LIMIT_INGEST_PER_SECOND: wholeNumber(0, 0, 1_000_000).describe(
    'Ingest requests of one API key, in bursts of up to twice as many; above, 429; 0 sets no limit',
  ),
  RATE_LIMIT_API_PER_SECOND: wholeNumber(0, 0, 1_000_000).describe('The same for all other requests'),
  QUERY_CACHE_MAX_SECONDS: wholeNumber(60, 0, 3600).describe(
    'Longest that an answer about a past range is shown again without asking; 0 keeps none',
  ),
  QUERY_CACHE_MAX_BYTES: wholeNumber(32 * MIB, KIB, 4096 * MIB).describe(
    'Kept answers per process, where CACHE_URL is memory:',
  ),
  QUERY_CACHE_MAX_ENTRY_BYTES: wholeNumber(512 * KIB, KIB, 16 * MIB).describe('A longer answer is not kept'),

  QUEUE_MAX_MESSAGES: wholeNumber(200_000, 1, 100_000_000).describe(
    'Ingest answers 429 above this many waiting messages',
  ),
  QUEUE_MAX_BYTES: wholeNumber(2048 * MIB, MIB, Number.MAX_SAFE_INTEGER).describe(
    'Ingest answers 429 above this many waiting bytes',
  ),
  QUEUE_MAX_DEAD_LETTERS: wholeNumber(100_000, 1, 100_000_000).describe(
    'Ingest answers 429 for a queue with so many dead letters',
  ),
  QUEUE_MAX_DEAD_LETTERS_PER_PROJECT: wholeNumber(20_000, 1, 100_000_000).describe(
    'Ingest answers 429 to a project with so many dead letters in a queue',
  ),
  QUEUE_FRESH_BYTES: wholeNumber(8 * MIB, KIB, Number.MAX_SAFE_INTEGER).describe(
    'While more bytes wait in a queue, what comes passes them; at least a quarter of what is stored is then the oldest',
  ),
  QUEUE_MAX_ATTEMPTS: wholeNumber(10, 1, 1000).describe(
    'Deliveries before a message becomes a dead letter; on RabbitMQ, ten that ended with a lost connection or a dead process count as one',
  ),
  QUEUE_MESSAGE_BYTES: wholeNumber(256 * KIB, KIB, 8 * MIB).describe(
    'A larger batch is split into several messages',
  ),
  QUEUE_NAME_PREFIX: z
    .string()
    .max(100, 'must be at most 100 characters')
    .optional()
    .describe('Put before the names of all queues and exchanges on RabbitMQ, to share one broker'),
  QUEUE_PREFETCH_BYTES: wholeNumber(16 * MIB, MIB, 1024 * MIB).describe(
    'Bytes that a worker holds ahead of its writes, per queue on RabbitMQ',
  ),
  LOG_STREAMS_MAX: wholeNumber(100, 1, 10_000).describe(
    'Streams of log records and metrics open at once, per process; beyond, 429',
  ),
  LOG_STREAM_BUFFER_RECORDS: wholeNumber(1000, 1, 100_000).describe(
    'Records that wait for a slow reader of a stream; beyond, the oldest are lost and it is told how many',
  ),
  LOG_STREAM_MAX_MINUTES: wholeNumber(60, 1, 1440).describe(
    'A stream ends after this long, and can be opened again; readers of Server-Sent Events do so by themselves',
  ),
  WORKER_BATCH_RECORDS: wholeNumber(5000, 1, 100_000).describe('Records in one write to a store, at most'),
  WORKER_BATCH_SAMPLES: wholeNumber(20_000, 1, 100_000).describe(
    'Samples in one write to the metric store, at most',
  ),
  WORKER_GATHER_MS: wholeNumber(100, 0, 1000).describe(
    'While samples come all the time: how long to wait for more before they are written',
  ),
  WORKER_BATCH_BYTES: wholeNumber(4 * MIB, KIB, 256 * MIB).describe('Bytes in one write to a store, at most'),
  WORKER_LEASE_SECONDS: wholeNumber(20, 5, 3600).describe(
    'A message not acknowledged by then is delivered again',
  ),

  ALERT_SHARDS: wholeNumber(1, 1, 256).describe('Evaluation schedules per interval; may change at any time'),
  ALERT_DELAY_SECONDS: wholeNumber(5, 0, 600).describe(
    'Windows end this long before the scheduled instant, for late records',
  ),
  ALERT_CATCH_UP_MINUTES: wholeNumber(60, 1, 1440).describe(
    'Missed evaluations older than this are not made up for',
  ),
  EVALUATION_REQUESTS_MAX: wholeNumber(1000, 1, 1_000_000).describe(
    'Waiting requests to evaluate rules at once; above, 429',
  ),
  EVALUATION_HINT_SECONDS: wholeNumber(60, 0, 3600).describe(
    'Rules are evaluated at once where the errors of a project jump, at most so often per project and ingest worker; 0: never',
  ),
  METRIC_MAX_SERIES: wholeNumber(1_000_000, 1, 100_000_000).describe(
    'Series (metric, service and tags) per project; samples of others are set aside as dead letters',
  ),
  RULES_MAX: wholeNumber(1000, 1, 100_000).describe('Rules per project'),
  CHANNELS_MAX: wholeNumber(20, 1, 1000).describe('Notification channels per project'),
  RUNBOOKS_MAX: wholeNumber(500, 1, 10_000).describe('Runbooks per project'),
  RUNBOOK_MAX_BYTES: wholeNumber(256 * KIB, KIB, 16 * MIB).describe('Largest runbook'),
  INCIDENT_AUTO_RESOLVE_SECONDS: wholeNumber(60, 0, 86_400).describe(
    'An incident whose alerts are all over resolves after this long',
  ),
  NOTIFY_TIMEOUT_MS: wholeNumber(10_000, 100, 120_000).describe(
    'Longest wait for the answer to one delivery',
  ),
  NOTIFY_MAX_ATTEMPTS: wholeNumber(20, 1, 50).describe('Deliveries tried per notification and channel'),
  NOTIFY_FIRST_BACKOFF_MS: wholeNumber(1000, 10, 600_000).describe(
    'Wait before the second attempt; doubles after each, up to 5 minutes, with jitter',
  ),
  SNAPSHOT_INTERVAL_MINUTES: wholeNumber(5, 1, 1440).describe('How often every project is captured'),
  SNAPSHOT_RETENTION_DAYS: wholeNumber(400, 1, 36_500).describe('How long snapshots are kept'),

  LOG_CLUSTERING_INTERVAL_MINUTES: wholeNumber(5, 1, 1440).describe(
    'How often the pattern catalogue of every project is brought up to date',
  ),
  LOG_PATTERNS_MAX: wholeNumber(2000, 100, 20_000).describe(
    'Log patterns learned per project; beyond, the rarest are given up',
  ),
  LOG_PATTERN_LABELS_MAX: wholeNumber(100, 1, 1000).describe('Own labels of log patterns per project'),

  ANOMALY_INTERVAL_MINUTES: wholeNumber(5, 1, 1440).describe(
    'How often the new values of every series are judged without being asked',
  ),
  ANOMALY_MAX_SERIES: wholeNumber(2000, 10, 100_000).describe('Series judged per project'),
  ANOMALY_MAX_PATTERNS: wholeNumber(200, 0, 5000).describe(
    'Log patterns whose counts are judged per project, the most frequent ones',
  ),
  ANOMALY_RETENTION_DAYS: wholeNumber(90, 15, 3650).describe(
    'How long found anomalies, scores of services and series that nobody sends any more are kept',
  ),
  ANOMALY_LABELS_MAX: wholeNumber(200, 1, 10_000).describe('What people may say about anomalies per project'),

  LOG_RETENTION_DAYS: wholeNumber(0, 0, 36_500).describe(
    'Whole days that log records are kept, by their own timestamps, where a project has no number of its own; 0 for ever',
  ),
  METRIC_RETENTION_DAYS: wholeNumber(0, 0, 36_500).describe('The same for samples of metrics'),
  CHANGE_EVENT_RETENTION_DAYS: wholeNumber(0, 0, 36_500).describe(
    'Whole days that change events are kept, of all projects; 0 for ever',
  ),
  INCIDENT_RETENTION_DAYS: wholeNumber(0, 0, 36_500).describe(
    'The same for resolved incidents with their timelines and investigations, since the last event of each; a week at least',
  ),

  INVESTIGATION_BASELINE_MINUTES: wholeNumber(30, 1, 1440).describe(
    'How much time before the incident it is compared with',
  ),
  INVESTIGATION_MAX_SERIES: wholeNumber(2000, 10, 100_000).describe('Series looked at per investigation'),
  INVESTIGATION_MAX_PATTERNS: wholeNumber(5000, 10, 100_000).describe(
    'Log patterns looked at per investigation',
  ),
  OPENAI_BASE_URL: httpUrl.optional().describe('A server that speaks the OpenAI API'),
  OPENAI_API_KEY: z
    .string()
    .min(1)
    .optional()
    .describe('Its key; a model writes summaries where this or OPENROUTER_API_KEY is set'),
  OPENAI_MODEL: z.string().min(1).default('gpt-4o-mini').describe('Model asked at OPENAI_BASE_URL'),
  OPENROUTER_API_KEY: z.string().min(1).optional().describe('Key for OpenRouter'),
  OPENROUTER_MODEL: z.string().min(1).default('moonshotai/kimi-k2').describe('Model asked at OpenRouter'),
  MODEL_TIMEOUT_MS: wholeNumber(60_000, 1000, 600_000).describe('Longest wait for a model'),
  MODEL_MAX_OUTPUT_TOKENS: wholeNumber(1200, 64, 32_000).describe('Longest answer of a model'),
  METRICS_REQUIRE_KEY: flag(false).describe('Whether /metrics asks for an API key'),
});

export type Env = z.output<typeof envSchema>;
