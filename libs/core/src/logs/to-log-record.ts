import { cleanText, cutToBytes, cutToLength, utf8Length } from '../common/clean-text';
import { toIso } from '../common/time-range';
import type { NormaliseContext, Normalised } from '../ingest/normalised';
import { readServiceName } from '../ingest/read-service-name';
import { resolveTimestamp } from '../ingest/resolve-timestamp';
import { ContextDraft, toBoundedJson } from './flatten-context';
import { fingerprintOf } from './fingerprint-of';
import { encodeLogIdAt, isLogId } from './log-id';
import type { LogLevel } from './log-level';
import type { LogRecord } from './log-record';
import { parseLevel } from './parse-level';
import { redactText, withoutOpenEnd } from './redact';

const MAX_ID_LENGTH = 128;
const MAX_ORIGINAL_LEVEL_LENGTH = 64;

type Fields = Readonly<Record<string, unknown>>;
type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

const READ_FIELDS = new Set([
  'level',
  'original_level',
  'message',
  'service',
  'service_name',
  'timestamp',
  'trace_id',
  'span_id',
  'correlation_id',
  'context',
]);
/** What only OpsPilot writes; a record that comes back from an export has these beside what its sender wrote. */
const SERVER_FIELDS = new Set(['id', 'project_id', 'received_at', 'fingerprint', 'source']);

/**
 * Any JSON value to a canonical log record, or why it is none. Never throws; whatever it changes is noted. Fields it does not
 * know go into the context. A canonical record comes out as it went in.
 */
export function toLogRecord(input: unknown, context: NormaliseContext): Normalised<LogRecord> {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return { ok: false, reason: 'must be an object' };
  const fields = input as Fields;
  const notes: string[] = [];
  const draft = new ContextDraft({ maxFields: context.limits.maxContextFields });

  const message = readMessage(fields['message'], context.limits.maxMessageBytes, draft, notes);
  if (message === undefined)
    return { ok: false, field: 'message', reason: messageProblem(fields['message']) };
  const level = readLevel(fields, notes);
  const instant = resolveTimestamp(fields['timestamp'], context, notes);
  if (instant.original !== undefined) draft.add('original_timestamp', instant.original);
  const serviceName = readServiceName(fields, notes, (key, value) => draft.addNested(key, value));
  const traceId = readId(fields, 'trace_id', draft, notes);
  const spanId = readId(fields, 'span_id', draft, notes);
  const correlationId = readId(fields, 'correlation_id', draft, notes);
  readContext(fields, draft, notes);
  for (const note of draft.notes()) notes.push(`context: ${note}`);

  const record: Mutable<LogRecord> = {
    id: encodeLogIdAt(instant.epochMs, instant.nanos, context.receivedAtMs, context.index, context.batchHash),
    projectId: context.projectId,
    timestamp: instant.timestamp,
    receivedAt: arrivalText(context.receivedAtMs),
    level: level.level,
    serviceName,
    message,
    context: draft.fields,
    fingerprint: fingerprintOf(message),
    source: context.source,
  };
  if (level.original !== undefined) record.originalLevel = level.original;
  if (traceId !== undefined) record.traceId = traceId;
  if (spanId !== undefined) record.spanId = spanId;
  if (correlationId !== undefined) record.correlationId = correlationId;
  return { ok: true, record, notes };
}

/** All records of a request came at the same time: its text is made once. */
let lastArrival = { ms: 0, text: toIso(0) };
function arrivalText(ms: number): string {
  if (lastArrival.ms !== ms) lastArrival = { ms, text: toIso(ms) };
  return lastArrival.text;
}

function messageProblem(value: unknown): string {
  if (value === undefined || value === null) return 'is missing';
  return value === '' ? 'is empty' : 'must be text, a number or true or false';
}

function readMessage(
  value: unknown,
  maxBytes: number,
  draft: ContextDraft,
  notes: string[],
): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    notes.push(`message: the ${typeof value} was taken as text`);
  else if (typeof value !== 'string' || value === '') return undefined;
  const given = String(value);
  const clean = cleanText(given);
  if (clean !== given) notes.push('message: NUL or unpaired surrogates were replaced by U+FFFD');
  const { text, count } = redactText(clean);
  if (count > 0) notes.push(`message: ${count} ${count === 1 ? 'secret was' : 'secrets were'} redacted`);
  const cut = cutToBytes(text, maxBytes);
  if (cut.length === text.length) return text;
  const bytes = utf8Length(clean);
  notes.push(`message: cut from ${bytes} to ${maxBytes} bytes`);
  draft.add('message_original_bytes', bytes);
  return withoutOpenEnd(cut);
}

function readLevel(
  fields: Fields,
  notes: string[],
): { readonly level: LogLevel; readonly original?: string } {
  const given = fields['level'] ?? fields['original_level'];
  if (given === undefined || given === null || given === '') {
    notes.push('level: not given; info was assumed');
    return { level: 'info' };
  }
  const known = parseLevel(given);
  if (known === undefined) notes.push('level: not known; info was assumed and the original kept');
  const level = known ?? 'info';
  // A canonical record brings the level that its source wrote along.
  const original = known === given ? fields['original_level'] : given;
  if (original === undefined || original === null || original === level) return { level };
  const text = cleanText(typeof original === 'object' ? toBoundedJson(original).text : String(original));
  return text === '' ? { level } : { level, original: cutToLength(text, MAX_ORIGINAL_LEVEL_LENGTH) };
}

/** An id that is no text of a fair length is kept in the context: it can still be read, only not searched for. */
function readId(fields: Fields, name: string, draft: ContextDraft, notes: string[]): string | undefined {
  const given = fields[name];
  if (given === undefined || given === null || given === '') return undefined;
  if (typeof given === 'string' || typeof given === 'number') {
    const text = cleanText(String(given));
    if (text !== given) notes.push(`${name}: taken as text, with NUL or unpaired surrogates replaced`);
    if (text.length <= MAX_ID_LENGTH) return text;
  }
  notes.push(`${name}: not a text of at most ${MAX_ID_LENGTH} characters; kept in the context`);
  draft.addNested(name, given);
  return undefined;
}

function readContext(fields: Fields, draft: ContextDraft, notes: string[]): void {
  const given = fields['context'];
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) draft.addObject(given);
  else if (given !== undefined && given !== null) {
    notes.push('context: not an object; kept as the field context');
    draft.addNested('context', given);
  }
  const id = fields['id'];
  const isCanonical = typeof id === 'string' && isLogId(id);
  for (const key of Object.keys(fields)) {
    if (READ_FIELDS.has(key) || (isCanonical && SERVER_FIELDS.has(key))) continue;
    draft.addNested(key, fields[key]);
  }
}
