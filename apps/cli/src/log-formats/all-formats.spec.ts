import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type { SourceRecord } from '../log-reader/source-record';
import { utc } from '../log-reader/time-zone';
import { sendLogs } from '../send-logs';
import { ALL_FORMATS } from './all-formats';

const CORPUS = path.resolve(__dirname, '../../../../test/corpus');
const NOW_MS = Date.parse('2024-11-21T12:00:00Z');

interface Expectations {
  readonly lines: number;
  readonly records: number;
  readonly joined: number;
  readonly blank: number;
  readonly undecodable?: number;
  readonly formats: Readonly<Record<string, number>>;
  readonly expected: readonly object[];
}

async function read(
  file: string,
): Promise<{ records: SourceRecord[]; facts: Omit<Expectations, 'expected'>; problem: string | undefined }> {
  const records: SourceRecord[] = [];
  const summary = await sendLogs(
    file,
    {
      add: (record) => void records.push(record),
      flush: () => undefined,
      ready: () => Promise.resolve(),
      failure: undefined,
    },
    {
      service: undefined,
      zone: utc,
      firstYear: undefined,
      maxMessageBytes: 262_144,
      isTextAssured: false,
      clock: { now: () => NOW_MS },
      signal: new AbortController().signal,
      onProgress: () => undefined,
    },
  );
  const { lines, joined, blank, undecodable, byFormat } = summary.read;
  const facts = {
    lines,
    records: summary.read.records,
    joined,
    blank,
    formats: Object.fromEntries(byFormat),
  };
  return { records, facts: undecodable === 0 ? facts : { ...facts, undecodable }, problem: summary.problem };
}

/** In the words of the expectations: absent parts left out, the service only where the line names one. */
function describeRecord(record: SourceRecord, fileService: string): object {
  const { lineNumber, timestamp, level, service, traceId, spanId, correlationId, message, context } = record;
  const given = {
    line: lineNumber,
    timestamp,
    level,
    service: service === fileService ? undefined : service,
    trace_id: traceId,
    span_id: spanId,
    correlation_id: correlationId,
    message,
    context: Object.keys(context).length === 0 ? undefined : context,
  };
  return JSON.parse(JSON.stringify(given)) as object;
}

const files = readdirSync(CORPUS).filter((name) => name.endsWith('.log'));

describe('every log format', () => {
  it.each(files)('reads test/corpus/%s as described beside it', async (name) => {
    const expectations = parse(
      readFileSync(path.join(CORPUS, name.replace(/\.log$/, '.yaml')), 'utf8'),
    ) as Expectations;
    const { records, facts, problem } = await read(path.join(CORPUS, name));
    const { expected, ...expectedFacts } = expectations;
    expect(problem).toBeUndefined();
    expect(facts).toEqual(expectedFacts);
    expect(records.map((record) => describeRecord(record, name.replace(/\.log$/, '')))).toEqual(expected);
  });

  it('has lines in the corpus', () => {
    const seen = new Set(
      files.flatMap((name) =>
        Object.keys(
          (parse(readFileSync(path.join(CORPUS, name.replace(/\.log$/, '.yaml')), 'utf8')) as Expectations)
            .formats,
        ),
      ),
    );
    expect(ALL_FORMATS.map((format) => format.name).filter((name) => !seen.has(name))).toEqual([]);
  });
});

describe('hostile lines of a megabyte', () => {
  const MEGABYTE = 1_000_000;
  const time = '2024-05-06 07:08:09,123 ';
  const hostile: readonly (readonly [name: string, line: string])[] = [
    ['brackets', `${time}${'['.repeat(MEGABYTE)}`],
    ['separators', `${time}${' -'.repeat(MEGABYTE / 2)}`],
    ['open quotes in logfmt', `a="${'\\"'.repeat(MEGABYTE / 2)}`],
    ['pairs', 'a=b '.repeat(MEGABYTE / 4)],
    ['digits', '1'.repeat(MEGABYTE)],
    ['spaces', `x${' '.repeat(MEGABYTE)}y`],
    ['colons', `May  6 07:08:09 host ${'a:'.repeat(MEGABYTE / 2)}`],
    [
      'an access log that does not end',
      `192.0.2.1 - - [06/May/2024:07:08:09 +0200] "${'\\x'.repeat(MEGABYTE / 2)}`,
    ],
    ['structured data', `<34>1 - h a p m [a${' b="c"'.repeat(MEGABYTE / 6)}`],
    ['nested JSON', '{"a":'.repeat(MEGABYTE / 5)],
    ['nested arrays', `{"a":${'['.repeat(MEGABYTE)}`],
    ['dots', `${time}${'a.'.repeat(MEGABYTE / 2)}: x`],
    ['bars', `${time}${'|'.repeat(MEGABYTE)}`],
    ['parentheses', `goroutine ${'('.repeat(MEGABYTE)}`],
  ];
  it.each(hostile)('take time in proportion to their length: %s', (_, line) => {
    const startedAt = process.cpuUsage();
    for (const format of ALL_FORMATS) format.parse(line);
    const used = process.cpuUsage(startedAt);
    // Quadratic time would be minutes.
    expect((used.user + used.system) / 1000).toBeLessThan(2000);
  });
});
