import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseLevel } from '../../../libs/core/src/logs/parse-level';
import type { SourceRecord } from './log-reader/source-record';
import { utc } from './log-reader/time-zone';
import { sendLogs } from './send-logs';

const DATA = path.resolve(__dirname, '../../../../shared/benchmarks/logs/data');
const NOW_MS = Date.parse('2025-06-01T00:00:00Z');

/** What stands in a line, taken out of it in the plainest way there is. */
interface Naive {
  readonly iso: string;
  readonly level: string;
}
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';
const LETTERS: Readonly<Record<string, string>> = {
  V: 'trace',
  D: 'debug',
  I: 'info',
  W: 'warn',
  E: 'error',
  F: 'fatal',
};
const LEVELS: Readonly<Record<string, string>> = {
  INFO: 'info',
  notice: 'info',
  WARN: 'warn',
  WARNING: 'warn',
  ERROR: 'error',
  error: 'error',
  SEVERE: 'error',
  FATAL: 'fatal',
};

function level(word: string): string {
  const found = LEVELS[word];
  if (found === undefined) throw new Error(`the test knows no level ${word}`);
  return found;
}

function monthOf(name: string): string {
  return String(MONTHS.indexOf(name) / 3 + 1).padStart(2, '0');
}

function two(text: string | undefined): string {
  return (text ?? '').padStart(2, '0');
}

const SYSTEMS: Readonly<Record<string, (line: string) => Naive>> = {
  Android: (line) => {
    const [date, time, , , letter = ''] = line.split(/ +/);
    // 17 March is before the present of this test.
    return { iso: `2025-${date}T${time}Z`, level: LETTERS[letter] ?? '' };
  },
  Apache: (line) => {
    const [, month = '', day, time, year, word = ''] = line.replaceAll(/[[\]]/g, '').split(' ');
    return { iso: `${year}-${monthOf(month)}-${two(day)}T${time}.000Z`, level: level(word) };
  },
  BGL: (line) => {
    const [, seconds, , , written = '', , , , word = ''] = line.split(' ');
    const second = new Date(Number(seconds) * 1000).toISOString().slice(0, 20);
    return { iso: `${second}${written.split('.').pop()}Z`, level: level(word) };
  },
  HDFS: (line) => {
    const [d = '', t = '', , word = ''] = line.split(' ');
    const date = `20${d.slice(0, 2)}-${d.slice(2, 4)}-${d.slice(4)}`;
    return { iso: `${date}T${t.slice(0, 2)}:${t.slice(2, 4)}:${t.slice(4)}.000Z`, level: level(word) };
  },
  Hadoop: (line) => {
    const [date, time = '', word = ''] = line.split(' ');
    return { iso: `${date}T${time.replace(',', '.')}Z`, level: level(word) };
  },
  HealthApp: (line) => {
    const [stamp = ''] = line.split('|');
    const [d = '', t = ''] = stamp.split('-');
    const [hour, minute, second, ms = ''] = t.split(':');
    const date = `${d.slice(0, 4)}-${d.slice(4, 6)}-${d.slice(6)}`;
    return { iso: `${date}T${two(hour)}:${two(minute)}:${two(second)}.${ms.padEnd(3, '0')}Z`, level: 'info' };
  },
  Linux: (line) => {
    const [month = '', day, time] = line.split(/ +/);
    const isWarning = / warning: /i.test(line);
    // From 14 June to 27 July: last year, seen from 1 June.
    return { iso: `2024-${monthOf(month)}-${two(day)}T${time}.000Z`, level: isWarning ? 'warn' : 'info' };
  },
  OpenStack: (line) => {
    const [, date, time, , word = ''] = line.split(' ');
    return { iso: `${date}T${time}Z`, level: level(word) };
  },
};

async function readAll(file: string) {
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
  return { records, counts: summary.read };
}

const isThere = existsSync(DATA);
const describeWhereThere = isThere ? describe : describe.skip;

describeWhereThere(`public log samples${isThere ? '' : ` (skipped: there is no ${DATA})`}`, () => {
  it.each(Object.entries(SYSTEMS))(
    '%s: every line accounted for, with its time and level',
    async (system, naive) => {
      const file = path.join(DATA, system, 'raw.log');
      const lines = readFileSync(file, 'utf8').split('\n');
      const { records, counts } = await readAll(file);
      expect(counts.records + counts.joined + counts.blank).toBe(counts.lines);
      expect(counts).toMatchObject({
        lines: lines.length - (lines.at(-1) === '' ? 1 : 0),
        joined: 0,
        blank: 0,
        pieces: 0,
      });
      const read = records.map((record) => ({
        iso: record.timestamp,
        level: parseLevel(record.level ?? 'info'),
      }));
      expect(read).toEqual(records.map((record) => naive(lines[record.lineNumber - 1] ?? '')));
    },
  );
});
