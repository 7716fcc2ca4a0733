import fc from 'fast-check';
import { encodeLogBatch, type LogLine, toLogLine } from '../../../contracts/src/log-batch.message';
import { joinBatches } from '../../../contracts/src/ndjson';
import { asId, type Fingerprint, type ProjectId } from '../../../core/src/common/ids';
import { encodeLogId } from '../../../core/src/logs/log-id';
import { LOG_LEVELS, type LogLevel } from '../../../core/src/logs/log-level';
import type { LogRecord } from '../../../core/src/logs/log-record';
import { type BulkBody, toBulkBody } from './bulk-body';
import { contextTerm, MAX_TERM_VALUE_BYTES } from './context-term';
import { countKey } from './count-keys';
import { LogIndexNames } from './index-names';
import { SEARCHABLE_CHARS, toSearchWords } from './search-words';

const PROJECT = '0b1c2d3e-4f50-4a61-8b72-93a4b5c6d7e8';
const NAMES = new LogIndexNames('logs');
const RECEIVED_AT = '2026-03-10T12:00:00.000Z';
const DAY_SECONDS = Date.parse('2026-03-10') / 1000;

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('","context":{"', '\\"', '\\', 'GET /a?b=1', 'Größe\n7', '{"id":"', '\u0000\u001f\ud800'),
);
/** About as long as values may be to be searchable, their escapes counted or not. */
const longText = fc.string({
  unit: fc.constantFrom('a', 'é', '"', '\\', '\n', '\u0001', '\ud800'),
  minLength: 80,
  maxLength: 270,
});
const value = fc.oneof(
  text,
  longText,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);

const record: fc.Arbitrary<LogRecord> = fc
  .record({
    index: fc.nat(1000),
    secondOfDay: fc.nat(86_399),
    level: fc.constantFrom(...LOG_LEVELS),
    serviceName: text,
    message: text,
    context: fc.dictionary(fc.oneof(text, fc.string({ unit: fc.constantFrom('a', '=') })), value, {
      maxKeys: 4,
    }),
    traceId: fc.option(text, { nil: undefined }),
  })
  .map(({ index, secondOfDay, traceId, ...rest }) => ({
    ...rest,
    id: encodeLogId({
      timestampNs: BigInt(DAY_SECONDS + secondOfDay) * 1_000_000_000n + 999_999_999n,
      receivedAtMs: Date.parse(RECEIVED_AT),
      index,
      hash: '0123456789',
    }),
    projectId: asId<ProjectId>(PROJECT),
    timestamp: new Date((DAY_SECONDS + secondOfDay) * 1000 + 999).toISOString(),
    receivedAt: RECEIVED_AT,
    fingerprint: asId<Fingerprint>('f1'),
    source: 'api',
    ...(traceId !== undefined && { traceId }),
  }));

/** Actions and documents in turn, parsed. */
function parsed(bytes: Buffer): readonly Record<string, unknown>[] {
  return bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line));
}

/** What the specified way of adding fields gives: parse, add, write. */
function specifiedDocument(line: LogLine): unknown {
  const terms = Object.entries(line.context ?? {}).filter(
    ([, one]) =>
      one !== null &&
      Buffer.byteLength(typeof one === 'string' ? one : JSON.stringify(one)) <= MAX_TERM_VALUE_BYTES,
  );
  return {
    ...JSON.parse(JSON.stringify(line)),
    words: toSearchWords(JSON.parse(JSON.stringify(line.message))),
    context_terms: terms.map(([key, one]) =>
      contextTerm(key, typeof one === 'string' ? one : JSON.stringify(one)),
    ),
    count_key: countKey(
      asId<ProjectId>(PROJECT),
      line.level as LogLevel,
      Math.floor(Date.parse(line.timestamp) / 1000) - DAY_SECONDS,
    ),
  };
}

/** The line of each document. */
function linesOf({ documents }: BulkBody): readonly number[] {
  return Array.from({ length: documents.length }, (_, document) => documents.lineOf(document));
}

function none(): never {
  throw new Error('there is no such record');
}

const [SAMPLE] = fc.sample(record, { numRuns: 1, seed: 4 });

function wordsOf(message: string): unknown {
  const batch = encodeLogBatch(SAMPLE === undefined ? [] : [{ ...SAMPLE, message }]);
  return parsed(toBulkBody(batch, PROJECT, NAMES).bytes)[1]?.['words'];
}

describe('toBulkBody', () => {
  it('keeps every line as it is and adds its words, terms and key, whatever its texts hold', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), (records) => {
        const body = toBulkBody(encodeLogBatch(records), PROJECT, NAMES);
        expect(body.rejected).toEqual([]);
        const lines = linesOf(body);
        expect([...lines].sort()).toEqual([...records.keys()]);
        expect(parsed(body.bytes).filter((_, index) => index % 2 === 1)).toEqual(
          lines.map((line) => specifiedDocument(toLogLine(records[line] ?? none()))),
        );
        for (const [place, line] of lines.entries()) {
          const bytes = body.bytes.subarray(body.documents.startOf(place), body.documents.endOf(place));
          expect(parsed(bytes)[1]).toMatchObject({ id: records[line]?.id });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('names the index and an id that follow from the record and its project', () => {
    const [one] = fc.sample(record, { numRuns: 1, seed: 1 });
    const batch = encodeLogBatch(one === undefined ? [] : [one]);
    const other = 'ffffffff-ffff-4fff-bfff-ffffffffffff';
    const [action] = parsed(toBulkBody(batch, PROJECT, NAMES).bytes);
    expect(action).toEqual({
      create: { _index: 'logs-day-2026.03.10', _id: `CxwtPk9QSmGLcpOktcbX6A${one?.id}` },
    });
    const [otherAction, otherLine] = parsed(toBulkBody(batch, other, NAMES).bytes);
    expect(otherAction).not.toEqual(action);
    expect(otherLine).toMatchObject({ project_id: other });
  });

  it('refuses what is no canonical line, by its place, and takes its neighbours', () => {
    const good = encodeLogBatch(fc.sample(record, { numRuns: 1, seed: 2 }));
    const line = new TextDecoder().decode(good.ndjson).trimEnd();
    const bad = [
      '{}',
      '',
      'not JSON',
      line.slice(0, -1),
      line.slice(0, 60),
      line.replace(/"level":"\w+"/, '"level":"loud"'),
      line.replace('{"id":"', '{"id":"z'),
      line.replace('"context":{', '"context":['),
      line.replace(/"context":{.*},"fing/, '"context":{"a":1,"fing'),
    ];
    for (const text of bad) {
      const batch = { ndjson: new TextEncoder().encode(`${text}\n`), recordCount: 1 };
      const body = toBulkBody(joinBatches([good, batch, good]), PROJECT, NAMES);
      expect([text, body.rejected.map(({ index }) => index)]).toEqual([text, [1]]);
      expect(linesOf(body)).toEqual([0, 2]);
      expect(parsed(body.bytes)).toHaveLength(4);
    }
  });

  it.each([
    ['', ''],
    ['--', ''],
    ['GET /api/v1/orders?id=42', 'get api v1 orders id 42'],
    ['say "hello"\tto \\world\\', 'say hello to world'],
    ['blk_-160 10.0.0.7:80', 'blk 160 10 0 0 7 80'],
    ['ÜBERLAUF — größe=7', 'überlauf größe 7'],
    ['接続が 拒否', '接続が 拒否'],
    ['ΛΟΓΟΣ ΛΟΓΟΣ.ΤΧΤ', 'λογος λογος τχτ'],
  ])('makes of the message %j the words %j', (message, words) => {
    expect(wordsOf(message)).toBe(words);
  });

  it('makes of every message the words that searches ask for', () => {
    const any = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[ -~\n\t]{0,80}$/));
    fc.assert(
      fc.property(any, (message) => {
        expect(wordsOf(message)).toBe(toSearchWords(message));
      }),
      { numRuns: 1000 },
    );
  });

  it.each(['a ', 'a\n', 'a"', 'é\n', '🌧', 'é🌧'])(
    'stops where messages cease to be searchable, whatever their characters take: %j',
    (characters) => {
      const message = characters.repeat(SEARCHABLE_CHARS / [...characters].length);
      expect(wordsOf(`${message}end`)).toBe(toSearchWords(message));
      expect(wordsOf(`${[...message].slice(3).join('')}end`)).toMatch(/end$/);
    },
  );

  it('makes a document of each line, however many it was told of', () => {
    const { ndjson } = encodeLogBatch(fc.sample(record, { numRuns: 9, seed: 5 }));
    const lines = linesOf(toBulkBody({ ndjson, recordCount: 2 }, PROJECT, NAMES));
    expect([...lines].sort()).toEqual([...Array(9).keys()]);
  });

  it.each([
    [
      'as their messages begin',
      ['Timeout of a', 'order 1 paid', 'timeout of b', 'order 2 paid', 'timeout of c'],
    ],
    ['whatever number a message begins with', ['1 was lost', 'x', '77 was lost', '(x)', '[3] "was" lost']],
  ])('puts records together that are alike, %s, and leaves the order otherwise', (_, messages) => {
    const records = messages.map((message) => ({ ...(SAMPLE ?? none()), message }));
    const lines = linesOf(toBulkBody(encodeLogBatch(records), PROJECT, NAMES));
    expect([
      [0, 2, 4, 1, 3],
      [1, 3, 0, 2, 4],
    ]).toContainEqual(lines);
  });

  it('puts records together that have a fingerprint in common, where messages begin alike', () => {
    const records = ['aaaa1', 'bbbb1', 'aaaa2', 'bbbb2'].map((fingerprint) => ({
      ...(SAMPLE ?? none()),
      fingerprint: asId<Fingerprint>(fingerprint),
    }));
    const lines = linesOf(toBulkBody(encodeLogBatch(records), PROJECT, NAMES));
    expect([
      [0, 2, 1, 3],
      [1, 3, 0, 2],
    ]).toContainEqual(lines);
  });

  it('leaves a body alone until it is released, and then uses its memory again', () => {
    const batch = encodeLogBatch(fc.sample(record, { numRuns: 3, seed: 7 }));
    const other = encodeLogBatch(fc.sample(record, { numRuns: 50, seed: 8 }));
    const body = toBulkBody(batch, PROJECT, NAMES);
    const bytes = Buffer.from(body.bytes);
    toBulkBody(other, PROJECT, NAMES).release();
    expect(body.bytes.equals(bytes)).toBe(true);
    body.release();
    expect(toBulkBody(batch, PROJECT, NAMES).bytes.buffer).toBe(body.bytes.buffer);
  });

  it('makes room for many short lines that go to an index of a long name', () => {
    const records = fc
      .sample(record, { numRuns: 300, seed: 6 })
      .map((one) => ({ ...one, message: 'm', context: {} }));
    const prefix = 'logs'.repeat(50);
    const { bytes, indexNames } = toBulkBody(encodeLogBatch(records), PROJECT, new LogIndexNames(prefix));
    expect(parsed(bytes)).toHaveLength(600);
    expect(indexNames).toEqual([`${prefix}-day-2026.03.10`]);
  });

  it('makes room for many long lines', () => {
    const records = fc.sample(record, { numRuns: 20, seed: 3 });
    const long = records.map((one) => ({ ...one, message: 'ⱥ Ⱥ'.repeat(20_000) }));
    const body = toBulkBody(encodeLogBatch(long), PROJECT, NAMES);
    const lines = parsed(body.bytes);
    expect(lines).toHaveLength(40);
    expect(lines[39]).toMatchObject({ id: long[body.documents.lineOf(19)]?.id, message: long[19]?.message });
  });
});
