import fc from 'fast-check';
import { looseObjectJson } from '../../../test/support/loose-object-json';
import { type ProjectId, asId } from '../../core/src/common/ids';
import type { NormaliseContext } from '../../core/src/ingest/normalised';
import { toLogRecord } from '../../core/src/logs/to-log-record';
import { encodeLogBatch } from './log-batch.message';
import type { LineTaker } from './plain-lines';
import { PlainLogLines } from './plain-log-lines';

const CONTEXT: NormaliseContext = {
  projectId: asId<ProjectId>('00000000-0000-4000-8000-000000000001'),
  receivedAtMs: Date.UTC(2024, 0, 1, 12),
  index: 3,
  batchHash: '0123456789',
  limits: { maxMessageBytes: 200, maxContextFields: 8, maxFutureMs: 600_000 },
  source: 'api',
};

/** Keeps the lines that it is given. */
class KeptLines implements LineTaker {
  roomForLines = 1_000_000;
  readonly taken: string[] = [];

  writeLine(): void {
    throw new Error('lines are given many at a time');
  }

  writeLines(bytes: Buffer, start: number, end: number, count: number): void {
    const lines = bytes.toString('latin1', start, end).split('\n');
    expect(lines).toHaveLength(count + 1);
    expect(lines.pop()).toBe('');
    this.taken.push(...lines);
  }
}

/** The line that the short way gives, where it gives one. The record stands in the middle of a request. */
function plainLine(json: string): string | undefined {
  const before = '"timestamp"\n';
  const kept = new KeptLines();
  const lines = new PlainLogLines(Buffer.from(before + json), CONTEXT);
  const { end, ending } = lines.take(before.length, true, CONTEXT.index, 1, kept);
  if (ending === 'not plain' || json.slice(end - before.length).trim() !== '') return undefined;
  return kept.taken[0];
}

/** The line that the specified way gives; undefined where something had to be refused or noted. */
function specifiedLine(json: string): string | undefined {
  const result = toLogRecord(JSON.parse(json), CONTEXT);
  if (!result.ok || result.notes.length > 0) return undefined;
  return new TextDecoder().decode(encodeLogBatch([result.record]).ndjson).trimEnd();
}

const text = fc.oneof(
  fc.string(),
  fc.stringMatching(/^[ -~]{0,40}$/),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '"quoted" and \\ and \n',
    'password=hunter2',
    'http://host:80/path',
    'postgres://app:hunter2@db/shop',
    'Authorization: Bearer abc123def456',
    ' padded ',
    'x'.repeat(201),
  ),
);
const name = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'a.b',
    'status',
    'class',
    'pass',
    'cookie',
    'db.pwd',
    'apiKey',
    '0',
    '',
    '__proto__',
  ),
  fc.constantFrom('id', 'source', 'context', 'message', 'trace_id', 'service_name', 'original_level'),
  fc.stringMatching(/^[a-z._-]{1,8}$/),
);
/** JSON text of a value, often written in another way than JSON.stringify would. */
const valueJson = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text.map((value) => JSON.stringify(value)),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.integer().map(String),
    fc.constantFrom('-0', '0', '1.0', '1.50', '0.0001', '1e3', '12345678901234567890', '-12.5', '0.25'),
    fc.constantFrom('true', 'false', 'null', '{}', '[]', '[1]', '"\\u0041"', '"\\/"', '"\\t"'),
    fc
      .array(fc.tuple(name, tie('value')), { maxLength: 3 })
      .map((entries) => `{${entries.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(',')}}`),
  ),
})).value;
const timestampJson = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => JSON.stringify(date.toISOString())),
  fc.constantFrom(
    '"2024-01-01T10:00:00.123456Z"',
    '"2024-01-01 10:00:00+02:00"',
    '1704103200000',
    'null',
    '""',
  ),
  valueJson,
);
const levelJson = fc.oneof(fc.constantFrom('"info"', '"ERROR"', '" Warn"', '30', '"odd"'), valueJson);
const field = fc.oneof(
  fc.tuple(fc.constantFrom('message', 'message', 'service', 'context', 'trace_id', 'attributes'), valueJson),
  fc.tuple(fc.constant('timestamp'), timestampJson),
  fc.tuple(fc.constant('level'), levelJson),
  fc.tuple(name, valueJson),
);
const recordJson = looseObjectJson(
  ['"level":"info"', '"message":"GET /orders took 12 ms"', '"service":"cart"', '"trace_id":"4bf92f35"'],
  field,
  5,
);

describe('PlainLogLines', () => {
  it('gives, wherever it gives a line, exactly the line that parsing and normalising give', () => {
    fc.assert(
      fc.property(recordJson, (json) => {
        const line = plainLine(json);
        if (line !== undefined) expect(line).toBe(specifiedLine(json));
      }),
      { numRuns: 3000 },
    );
  });

  it('gives a line for nearly all records of real programs', () => {
    const usual = fc.record(
      {
        level: fc.constantFrom('info', 'WARN', 'error'),
        message: fc.stringMatching(/^[A-Z][a-z0-9 "=/\n]{3,60}$/),
        service: fc.constantFrom('cart', 'checkout-api'),
        timestamp: fc
          .date({ min: new Date(0), max: new Date(CONTEXT.receivedAtMs), noInvalidDate: true })
          .map((date) => date.toISOString()),
        trace_id: fc.stringMatching(/^[0-9a-f]{32}$/),
        context: fc.record({
          host: fc.constant('node-1'),
          status: fc.nat(),
          ms: fc.nat().map((ms) => ms / 8),
        }),
        attributes: fc.record({
          region: fc.constant('eu-west-1'),
          http: fc.record({ method: fc.constant('GET') }),
        }),
      },
      { requiredKeys: ['level', 'message', 'service'] },
    );
    fc.assert(
      fc.property(usual, (record) => {
        const json = JSON.stringify(record);
        expect(plainLine(json)).toBe(specifiedLine(json));
      }),
    );
  });

  it.each([
    ['a secret in the message', '{"level":"info","service":"a","message":"password=hunter2"}'],
    ['a secret name in the context', '{"level":"info","service":"a","message":"m","context":{"cookie":"x"}}'],
    ['a nested secret name', '{"level":"info","service":"a","message":"m","context":{"db":{"pass":"x"}}}'],
    ['a repeated name', '{"level":"info","service":"a","message":"m","a":1,"context":{"a":2}}'],
    ['an object twice', '{"level":"info","service":"a","message":"m","o":{"x":1},"o":{"y":2}}'],
    ['a value, then an object', '{"level":"info","service":"a","message":"m","o":1,"o":{"y":2}}'],
    ['an object, then a value', '{"level":"info","service":"a","message":"m","o":{"y":2},"o":1}'],
    ['a name that sorts first', '{"level":"info","service":"a","message":"m","context":{"b":1,"1":2}}'],
    ['two messages', '{"level":"info","service":"a","message":"m","message":"n"}'],
    ['bytes beyond ASCII', '{"level":"info","service":"a","message":"grün"}'],
    [
      'a name whose hash is nothing, and the same name',
      '{"level":"info","service":"a","message":"m","ppkttia":{"b":1},"ppkttia.b":2}',
    ],
    ['no end', '{"level":"info","service":"a","message":"m"'],
    ['a broken escape', '{"level":"info","service":"a","message":"\\x"}'],
    ['a broken number', '{"level":"info","service":"a","message":"m","context":{"a":01}}'],
    ['a comma too many', '{"level":"info","service":"a","message":"m",}'],
  ])('leaves %s to parsing', (_, json) => {
    expect(plainLine(json)).toBeUndefined();
  });
});
