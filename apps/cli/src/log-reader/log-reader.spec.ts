import fc from 'fast-check';
import { LineClock } from './line-clock';
import { LineSplitter } from './line-splitter';
import { LogReader } from './log-reader';
import type { ReadCounts, SourceRecord } from './source-record';
import { utc } from './time-zone';

const NOW_MS = Date.parse('2024-11-21T12:00:00Z');

interface Result {
  readonly records: readonly SourceRecord[];
  readonly counts: ReadCounts;
}

function read(
  chunks: readonly Buffer[],
  limits = { maxLineBytes: 1 << 20, maxMessageBytes: 1 << 18 },
): Result {
  const records: SourceRecord[] = [];
  const reader = new LogReader({
    clock: new LineClock({ nowMs: NOW_MS, zone: utc }),
    service: 'test',
    isServiceFixed: false,
    maxMessageBytes: limits.maxMessageBytes,
    onRecord: (record) => void records.push(record),
  });
  const splitter = new LineSplitter(limits.maxLineBytes, (line) => reader.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  reader.flush();
  return { records, counts: reader.counts };
}

function readText(text: string): Result {
  return read([Buffer.from(text)]);
}

const logLine = fc.constantFrom(
  '2024-05-06 07:08:09,123 INFO [main] a.B: one',
  '2024-05-06 07:08:10,123 ERROR [main] a.B: two',
  '\tat a.B.c(B.java:1)',
  'Caused by: x',
  'Traceback (most recent call last):',
  '',
  '   ',
  '{"level":"info","msg":"json","time":"2024-05-06T07:08:09Z"}',
  'Feb  3 23:59:58 host sshd[1]: x',
  '{"log":"\\tat x\\n","stream":"stdout","time":"2024-05-06T07:08:09Z"}',
  'goroutine 1 [running]:',
  'main.main()',
  'plain text',
  'x'.repeat(100),
  ' '.repeat(100),
  'grüße 🌧 e\u0301',
);
const logBytes = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: logLine.map((line) => Buffer.from(line)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
    ),
    { maxLength: 40 },
  )
  .chain((lines) =>
    fc.tuple(fc.constantFrom('\n', '\r\n'), fc.boolean()).map(([end, isEnded]) => {
      const parts = lines.flatMap((line, index) =>
        index < lines.length - 1 || isEnded ? [line, Buffer.from(end)] : [line],
      );
      return Buffer.concat(parts);
    }),
  );
const limits = fc.record({
  maxLineBytes: fc.integer({ min: 8, max: 200 }),
  maxMessageBytes: fc.integer({ min: 8, max: 300 }),
});

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

function lineCountOf(bytes: Buffer): number {
  const newlines = bytes.filter((byte) => byte === 10).length;
  return newlines + (bytes.length > 0 && bytes.at(-1) !== 10 ? 1 : 0);
}

describe('LogReader', () => {
  it('gives the same records however the bytes are cut into chunks', () => {
    fc.assert(
      fc.property(logBytes, fc.array(fc.nat(5000), { maxLength: 30 }), limits, (bytes, places, bounds) => {
        expect(read(cut(bytes, places), bounds)).toEqual(read([bytes], bounds));
      }),
      { numRuns: 300 },
    );
  });

  it('accounts for every line: a record, joined, or blank', () => {
    fc.assert(
      fc.property(logBytes, limits, (bytes, bounds) => {
        const { records, counts } = read([bytes], bounds);
        expect(counts.lines).toBe(lineCountOf(bytes));
        expect(counts.records).toBe(records.length);
        expect(counts.records - counts.pieces + counts.joined + counts.blank).toBe(counts.lines);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps every message within its bound', () => {
    fc.assert(
      fc.property(logBytes, limits, (bytes, bounds) => {
        // Bytes that are no UTF-8 become a character of three.
        for (const { message } of read([bytes], bounds).records)
          expect(Buffer.byteLength(message)).toBeLessThanOrEqual(bounds.maxMessageBytes);
      }),
    );
  });

  it('loses no text of lines without a header', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,40}$/), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(words, limits, (lines, bounds) => {
        const { records } = read([Buffer.from(lines.join('\n'))], bounds);
        const text = records.map((record) => record.message).join('');
        expect(text.replaceAll('\n', '')).toBe(lines.join(''));
      }),
    );
  });

  it('never fails, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2000 }),
        limits,
        (bytes, bounds) => void read([Buffer.from(bytes)], bounds),
      ),
      { numRuns: 500 },
    );
  });

  it('makes plain records of lines before the first one with a header', () => {
    const { records } = readText('banner\nmore banner\n2024-05-06 07:08:09 INFO one\njoined\n');
    expect(records.map((record) => record.message)).toEqual(['banner', 'more banner', 'one\njoined']);
  });

  it('does not join the rest of a plain file to its one line with a time', () => {
    const plain = Array.from({ length: 50 }, (_, index) => `line ${index}`).join('\n');
    const { records } = readText(`${plain}\n2024-05-06 07:08:09 INFO one\n${plain}\n`);
    expect(records).toHaveLength(101);
  });

  it.each([
    ['of one byte', 'x', 999],
    ['of two bytes', 'ü', 499],
  ])(
    'joins lines until their message is as long as it may be, in characters %s',
    (_what, character, length) => {
      const maxMessageBytes = 10_000;
      const line = ` ${character.repeat(length)}`;
      const bytes = Buffer.from(`2024-05-06 07:08:09 INFO one\n${`${line}\n`.repeat(11)}`);
      const { records } = read([bytes], { maxLineBytes: 4000, maxMessageBytes });
      const sizes = records.map(({ message }) => Buffer.byteLength(message));
      expect(sizes).toHaveLength(2);
      expect(sizes[0]).toBeGreaterThan(maxMessageBytes - Buffer.byteLength(line) - 1);
    },
  );

  it('changes format within a file', () => {
    const log4j = '2024-05-06 07:08:09 INFO [main] a.B: one\n'.repeat(600);
    const json = '{"level":"warn","msg":"two","time":"2024-05-06T07:08:10Z"}\n'.repeat(3);
    const { counts } = readText(log4j + json + log4j);
    expect(Object.fromEntries(counts.byFormat)).toEqual({ timestamped: 1200, json: 3 });
  });

  it('cuts a line that is too long into records of the same time and level', () => {
    const bytes = Buffer.from(`2024-05-06 07:08:09 ERROR ${'ü'.repeat(500)}\n`);
    const { records, counts } = read([bytes], { maxLineBytes: 400, maxMessageBytes: 300 });
    expect(counts).toMatchObject({
      lines: 1,
      joined: 0,
      blank: 0,
      records: records.length,
      pieces: records.length - 1,
    });
    expect(new Set(records.map(({ timestamp, level }) => `${timestamp} ${level}`))).toEqual(
      new Set(['2024-05-06T07:08:09.000Z ERROR']),
    );
    expect(records.map((record) => record.message).join('')).toBe('ü'.repeat(500));
  });
});
