import fc from 'fast-check';
import { type LogLine, toLogLine } from '../../../contracts/src/log-batch.message';
import { type ProjectId, asId } from '../common/ids';
import { utf8Length } from '../common/clean-text';
import type { NormaliseContext } from '../ingest/normalised';
import { MAX_CONTEXT_KEY_LENGTH, MAX_CONTEXT_VALUE_LENGTH } from './flatten-context';
import { instantsOfLogId } from './log-id';
import { LOG_LEVELS } from './log-level';
import type { LogRecord } from './log-record';
import { parseTimestamp } from './parse-timestamp';
import { toLogRecord } from './to-log-record';

const NOW = Date.UTC(2024, 0, 1, 12);
const CONTEXT: NormaliseContext = {
  projectId: asId<ProjectId>('00000000-0000-4000-8000-000000000001'),
  receivedAtMs: NOW,
  index: 3,
  batchHash: '0123456789',
  limits: { maxMessageBytes: 1024, maxContextFields: 10, maxFutureMs: 600_000 },
  source: 'api',
};

function accept(input: unknown): { readonly record: LogRecord; readonly notes: readonly string[] } {
  const result = toLogRecord(input, CONTEXT);
  if (!result.ok) throw new Error(`${result.field}: ${result.reason}`);
  return result;
}

describe('toLogRecord', () => {
  it("takes the seed's body as it is", () => {
    const { record, notes } = accept({
      level: 'ERROR',
      message: 'Database connection failed',
      service: 'api',
      timestamp: '2024-01-01T11:59:59.123456789Z',
      context: { error_code: 'DB_001', nested: { a: [1, 'x'], b: null } },
      trace_id: 'abc123',
    });
    expect(notes).toEqual([]);
    expect(record).toMatchObject({
      level: 'error',
      originalLevel: 'ERROR',
      message: 'Database connection failed',
      serviceName: 'api',
      timestamp: '2024-01-01T11:59:59.123456789Z',
      receivedAt: '2024-01-01T12:00:00.000Z',
      traceId: 'abc123',
      context: { error_code: 'DB_001', 'nested.a': '[1,"x"]', 'nested.b': null },
      source: 'api',
    });
    expect(instantsOfLogId(record.id)).toEqual({
      epochMs: 1_704_110_399_123,
      nanos: 456_789,
      receivedAtMs: Date.parse('2024-01-01T12:00:00Z'),
    });
    expect(record.fingerprint).toMatch(/^[0-9a-f]{16}$/);
  });

  it.each<[string, unknown, string | undefined, string]>([
    ['null', null, undefined, 'must be an object'],
    ['text', 'x', undefined, 'must be an object'],
    ['a list', [], undefined, 'must be an object'],
    ['no message', {}, 'message', 'is missing'],
    ['a null message', { message: null }, 'message', 'is missing'],
    ['an empty message', { message: '' }, 'message', 'is empty'],
    ['an object as message', { message: {} }, 'message', 'must be text, a number or true or false'],
  ])('refuses %s with field and reason', (_, input, field, reason) => {
    expect(toLogRecord(input, CONTEXT)).toEqual({ ok: false, reason, ...(field !== undefined && { field }) });
  });

  it.each<[string, Record<string, unknown>, Partial<LogRecord>, string]>([
    ['a number as message', { message: 42 }, { message: '42' }, 'message: the number was taken as text'],
    [
      'NUL and an unpaired surrogate',
      { message: 'a\u0000b\ud800c' },
      { message: 'a\uFFFDb\uFFFDc' },
      'message: NUL or unpaired surrogates were replaced by U+FFFD',
    ],
    [
      'an unknown level',
      { level: 'loud' },
      { level: 'info', originalLevel: 'loud' },
      'level: not known; info was assumed and the original kept',
    ],
    ['no level', { level: undefined }, { level: 'info' }, 'level: not given; info was assumed'],
    [
      'no service',
      { service: undefined },
      { serviceName: 'unknown' },
      'service: not given; unknown was assumed',
    ],
    [
      'an unreadable time',
      { timestamp: 'soon' },
      { timestamp: '2024-01-01T12:00:00.000Z', context: { original_timestamp: 'soon' } },
      'timestamp: unreadable; the time of arrival was used',
    ],
    [
      'a time in the far future',
      { timestamp: '2024-01-01T12:10:01Z' },
      { timestamp: '2024-01-01T12:00:00.000Z', context: { original_timestamp: '2024-01-01T12:10:01Z' } },
      'timestamp: too far in the future; the time of arrival was used',
    ],
    [
      'a time before 1970',
      { timestamp: -5 },
      { timestamp: '2024-01-01T12:00:00.000Z', context: { original_timestamp: -5 } },
      'timestamp: before 1970; the time of arrival was used',
    ],
    [
      'a trace id that is too long',
      { trace_id: 'x'.repeat(129) },
      { context: { trace_id: 'x'.repeat(129) } },
      'trace_id: not a text of at most 128 characters; kept in the context',
    ],
    [
      'a secret in the message',
      { message: 'password=hunter2' },
      { message: 'password=[redacted:secret]' },
      'message: 1 secret was redacted',
    ],
    [
      'a secret by its name',
      { context: { db: { password: 'hunter2' } } },
      { context: { 'db.password': '[redacted:secret]' } },
      'context: 1 secrets were redacted',
    ],
    [
      'a context that is no object',
      { context: 'x' },
      { context: { context: 'x' } },
      'context: not an object; kept as the field context',
    ],
    [
      'two fields of one name',
      { context: { 'a.b': 1, a: { b: 2 } } },
      { context: { 'a.b': 1 } },
      'context: 1 repeated keys were dropped',
    ],
  ])('takes %s, and notes what it changed', (_, fields, expected, note) => {
    const { record, notes } = accept({ level: 'info', message: 'm', service: 's', ...fields });
    expect(record).toMatchObject(expected);
    expect(notes).toEqual([note]);
  });

  it.each<[string, unknown, string]>([
    ['a late record', '1999-01-01T00:00:00Z', '1999-01-01T00:00:00Z'],
    ['one from as far in the future as is allowed', '2024-01-01T12:10:00Z', '2024-01-01T12:10:00Z'],
    ['one without a time', undefined, '2024-01-01T12:00:00.000Z'],
    ['one whose time is null', null, '2024-01-01T12:00:00.000Z'],
    ['one whose time is empty', '', '2024-01-01T12:00:00.000Z'],
  ])('takes %s without a note', (_, timestamp, expected) => {
    const { record, notes } = accept({ level: 'info', message: 'm', service: 's', timestamp });
    expect(Date.parse(record.timestamp)).toBe(Date.parse(expected));
    expect(notes).toEqual([]);
  });

  it('keeps fields that it does not know in the context', () => {
    expect(
      accept({ level: 'info', message: 'm', service: 's', host: 'a', id: 'order-5' }).record.context,
    ).toEqual({
      host: 'a',
      id: 'order-5',
    });
  });

  it('cuts a long message between characters, and keeps how long it was', () => {
    const { record, notes } = accept({ level: 'info', service: 's', message: '😀'.repeat(300) });
    expect(record.message).toBe('😀'.repeat(256));
    expect(record.context).toEqual({ message_original_bytes: 1200 });
    expect(notes).toEqual(['message: cut from 1200 to 1024 bytes']);
  });

  it('bounds the context, and says how much it dropped', () => {
    const many = Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`k${index}`, index]));
    const { record, notes } = accept({ level: 'info', service: 's', message: 'm', context: many });
    expect(Object.keys(record.context)).toHaveLength(10);
    expect(notes).toEqual(['context: 5 fields beyond the limit were dropped']);
  });

  it('survives nesting without end', () => {
    const depth = 100_000;
    const nested: unknown = JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
    const list: unknown = JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
    const { record, notes } = accept({
      level: nested,
      message: 'm',
      service: nested,
      context: { nested, list },
      x: nested,
    });
    expect(JSON.stringify(record).length).toBeLessThan(10_000);
    expect(notes).toContain('context: 3 fields nested deeper than 8 levels were kept as JSON text');
  });
});

const nastyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom('\u0000', '\ud800', '\udc00', '😀', 'password=', 'x', ' ', '[redacted:', '"', '\\u0000'), {
    maxLength: 600,
  }).map((parts) => parts.join('')),
); // prettier-ignore
const anyJson = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    nastyText,
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(nastyText, tie('value'), { maxKeys: 5 }),
    fc.constant(JSON.parse('{"__proto__":{"x":1},"":{"":2}}')),
  ),
})).value;
const anyInput = fc.oneof(
  fc.anything(),
  anyJson,
  fc.record(
    {
      level: fc.oneof(fc.constantFrom('ERROR', 'info', 30), anyJson),
      original_level: anyJson,
      message: fc.oneof(nastyText, anyJson),
      service: fc.oneof(nastyText, anyJson),
      service_name: anyJson,
      timestamp: fc.oneof(
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        fc.double(),
        anyJson,
      ),
      trace_id: anyJson,
      span_id: anyJson,
      correlation_id: anyJson,
      context: anyJson,
      other: anyJson,
      id: anyJson,
    },
    { requiredKeys: ['message'] },
  ),
);

describe('toLogRecord, whatever comes in', () => {
  it('never throws, and makes records within all bounds that PostgreSQL can keep', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const result = toLogRecord(input, CONTEXT);
        if (!result.ok) return;
        const { record } = result;
        const json = JSON.stringify(toLogLine(record));
        // What JSON.stringify escapes as NUL or as half a pair, jsonb refuses. An escaped backslash before u is plain text.
        expect(json.replaceAll('\\\\', '')).not.toMatch(/\\u0000|\\ud[89a-f]/);
        expect(record.message).not.toBe('');
        expect(utf8Length(record.message)).toBeLessThanOrEqual(CONTEXT.limits.maxMessageBytes);
        expect(LOG_LEVELS).toContain(record.level);
        const instant = parseTimestamp(record.timestamp);
        expect(instant).toMatchObject({ timestamp: record.timestamp });
        if (typeof instant === 'object') {
          const { epochMs, nanos } = instant;
          const receivedAtMs = Date.parse(record.receivedAt);
          expect(instantsOfLogId(record.id)).toEqual({ epochMs, nanos, receivedAtMs });
        }
        expect(Object.keys(record.context).length).toBeLessThanOrEqual(CONTEXT.limits.maxContextFields);
        for (const [key, value] of Object.entries(record.context)) {
          expect(key.length).toBeLessThanOrEqual(MAX_CONTEXT_KEY_LENGTH);
          expect(value === null || ['string', 'number', 'boolean'].includes(typeof value)).toBe(true);
          if (typeof value === 'string') expect(value.length).toBeLessThanOrEqual(MAX_CONTEXT_VALUE_LENGTH);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('changes nothing in a canonical record', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const first = toLogRecord(input, CONTEXT);
        if (!first.ok) return;
        const line = JSON.parse(JSON.stringify(toLogLine(first.record))) as LogLine;
        const second = toLogRecord(line, CONTEXT);
        expect(second).toEqual({ ok: true, record: first.record, notes: [] });
      }),
      { numRuns: 1000 },
    );
  });
});
